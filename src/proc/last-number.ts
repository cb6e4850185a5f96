const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const DOT = 0x2e;

/**
 * Returns the last number of a line: of proc_loadavg(5) the pid that was given last in our pid namespace, of
 * proc_uptime(5) the seconds that all CPUs were idle. NaN: the text does not end in a number.
 */
export function lastNumberOf(bytes: Uint8Array): number {
  let at = bytes.lastIndexOf(SPACE) + 1;
  if (at === 0) return Number.NaN;
  let number = Number.NaN;
  let scale = 0;
  for (; at < bytes.length; at++) {
    const digit = bytes[at]!;
    if (digit === DOT && scale === 0) scale = 1;
    else if (digit < ZERO || digit > NINE) break;
    else {
      number = (Number.isNaN(number) ? 0 : number) * 10 + digit - ZERO;
      scale *= 10;
    }
  }
  return scale > 1 ? number / scale : number;
}
