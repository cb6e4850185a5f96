/** How often something is tried that must go well each time: all of it in the long form, a tenth in the gate. */
export function effort(times: number): number {
  return process.env.STATEXEC_TEST_LONG ? times : Math.max(1, Math.floor(times / 10));
}
