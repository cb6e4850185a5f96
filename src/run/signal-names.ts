/** Signals of Linux by number, signal(7), as x86 and ARM have them; 16 is unused. */
const NAMES = [
  ...["", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1"],
  ...["SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP"],
  ...["SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR"],
  "SIGSYS",
];

/** Returns `SIGTERM`, or `signal 34` for one that has no name of its own. */
export function signalName(signal: number): string {
  return NAMES[signal] || `signal ${signal}`;
}

/** Throws RangeError for a name that no signal has. */
export function signalNumber(name: string): number {
  const number = NAMES.indexOf(name);
  if (number < 1) throw new RangeError(`no signal is called ${name}`);
  return number;
}

/** Returns the signals of a mask in the text of proc_pid_status(5), `SigIgn` or `ShdPnd`; none where it is missing. */
export function signalsIn(status: string, mask: "SigIgn" | "ShdPnd"): number[] {
  const signals: number[] = [];
  // Hexadecimal, one bit a signal; the lowest is signal 1.
  let bits = BigInt(`0x${statusField(status, mask) ?? "0"}`);
  for (let signal = 1; bits > 0n; signal++, bits >>= 1n) if (bits & 1n) signals.push(signal);
  return signals;
}

/** Returns the value of a line `name: value` in the text of proc_pid_status(5); undefined: there is no such line. */
export function statusField(status: string, name: string): string | undefined {
  const isFirst = status.startsWith(`${name}:`);
  const start = isFirst ? 0 : status.indexOf(`\n${name}:`) + 1;
  if (start === 0 && !isFirst) return undefined;
  const end = status.indexOf("\n", start);
  return status.slice(start + name.length + 1, end < 0 ? status.length : end).trim();
}
