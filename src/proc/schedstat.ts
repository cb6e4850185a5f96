const SPACE = 0x20;
const ZERO = 0x30;
const NANOSECONDS = 1e9;

/**
 * Returns the time in seconds that a thread was ready to run and waited for a CPU: the second number of
 * /proc/PID/schedstat, in nanoseconds, after the time that it ran (Documentation/scheduler/sched-stats.rst of the kernel).
 * NaN: the kernel does not count it, or the text is another one. A thread that is there has run, so that a first number of 0
 * says that nothing is counted.
 */
export function runDelayIn(bytes: Uint8Array, length: number): number {
  let at = 0;
  let ran = false;
  for (; at < length && isDigit(bytes[at]!); at++) ran ||= bytes[at] !== ZERO;
  if (!ran || bytes[at] !== SPACE) return Number.NaN;
  const start = ++at;
  let nanoseconds = 0;
  for (; at < length && isDigit(bytes[at]!); at++) nanoseconds = nanoseconds * 10 + (bytes[at]! - ZERO);
  return at === start ? Number.NaN : nanoseconds / NANOSECONDS;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
