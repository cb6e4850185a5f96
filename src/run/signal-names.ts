/** Signals of Linux by number, signal(7), as x86 and ARM have them; 16 is unused. */
const NAMES = [
  ...["", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1"],
  ...["SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP"],
  ...["SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR"],
  "SIGSYS",
];

/** `SIGTERM`, or `signal 34` for one that has no name of its own. */
export function signalName(signal: number): string {
  return NAMES[signal] || `signal ${signal}`;
}

export function signalNumber(name: string): number {
  const number = NAMES.indexOf(name);
  if (number < 1) throw new RangeError(`no signal is called ${name}`);
  return number;
}

/** The signals of a mask as proc_pid_status(5) has them: hexadecimal, a bit each, signal 1 the lowest. */
export function signalsOf(mask: string): number[] {
  const bits = BigInt(`0x${mask}`);
  const signals: number[] = [];
  for (let signal = 1, rest = bits; rest > 0n; signal++, rest >>= 1n) if (rest & 1n) signals.push(signal);
  return signals;
}
