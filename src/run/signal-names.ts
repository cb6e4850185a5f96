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
