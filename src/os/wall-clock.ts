import { failed, loadLibc } from "./libc.ts";

const libc = loadLibc({ clock_gettime: { args: ["int", "ptr"], returns: "int" } });

const CLOCK_REALTIME = 0;

/** The wall clock in milliseconds since the epoch, with fractions, which the runtime's cuts off. Throws SystemError. */
export function wallMs(): number {
  const time = new BigInt64Array(2);
  if (libc.clock_gettime(CLOCK_REALTIME, time) < 0) throw failed("clock_gettime");
  return Number(time[0]!) * 1000 + Number(time[1]!) / 1e6;
}
