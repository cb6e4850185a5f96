import { failed, libc, loadLibc, pinned } from "./libc.ts";

/* This process: what the runtime does not offer. */

const F_GETFD = 1;
const FD_CLOEXEC = 1;
const RLIMIT_NOFILE = 7;

/**
 * Whether a standard descriptor was closed when the process began. The runtime puts /dev/null in its place, and marks
 * it close-on-exec, which no descriptor that came through an exec can be.
 */
export function wasClosed(fd: 0 | 1 | 2): boolean {
  const flags = libc.fcntl(fd, F_GETFD, 0);
  return flags < 0 || (flags & FD_CLOEXEC) !== 0;
}

const F_GETFL = 3;
const O_ACCMODE = 3;

/** Whether a descriptor is open, and for writing. */
export function openForWriting(fd: number): boolean {
  const flags = libc.fcntl(fd, F_GETFL, 0);
  return flags >= 0 && (flags & O_ACCMODE) !== 0 && !(fd <= 2 && wasClosed(fd as 0 | 1 | 2));
}

export interface FileLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Returns RLIMIT_NOFILE of this process. Throws SystemError. */
export function fileLimit(): FileLimit {
  const limit = new BigUint64Array(2);
  if (libc.getrlimit(RLIMIT_NOFILE, limit) < 0) throw failed("getrlimit");
  return { soft: limit[0]!, hard: limit[1]! };
}

/** Throws SystemError. */
export function setFileLimit(limit: FileLimit): void {
  if (libc.setrlimit(RLIMIT_NOFILE, BigUint64Array.of(limit.soft, limit.hard)) < 0) throw failed("setrlimit");
}

export function isTerminal(fd: number): boolean {
  return libc.isatty(fd) === 1;
}

const TIOCGWINSZ = 0x5413;
/** Indexes in `struct winsize`, in 16-bit words. */
const WS_ROW = 0;
const WS_COL = 1;

/** Returns the number of columns of a descriptor's terminal; undefined: it is not one, or has no size. */
export function terminalWidth(fd: number): number | undefined {
  return sizeOf(fd, WS_COL);
}

/** Returns the number of rows, likewise. */
export function terminalHeight(fd: number): number | undefined {
  return sizeOf(fd, WS_ROW);
}

function sizeOf(fd: number, word: number): number | undefined {
  const size = new Uint16Array(4);
  const { ioctl } = loadLibc({ ioctl: { args: ["int", "u64", "ptr"], returns: "int" } });
  return ioctl(fd, TIOCGWINSZ, size) === 0 && size[word]! > 0 ? size[word] : undefined;
}

/** Sends a signal by kill(2); false: there is no such process. Throws SystemError. */
export function sendSignal(pid: number, signal: number): boolean {
  if (libc.kill(pid, signal) === 0) return true;
  const error = failed("kill");
  if (error.code === "ESRCH") return false;
  throw error;
}

const PR_SET_DUMPABLE = 4;

/** From now on this process leaves no core dump, to a file or to a program; false: it may. */
export function forgoCore(): boolean {
  return libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) === 0;
}

/** Ends the process at once: no handler runs, and the runtime does not put the terminal's modes back. */
export function exitNow(status: number): never {
  libc._exit(status);
  throw new Error("_exit returned");
}

let page = 0;

/** Returns the number of bytes of a page of memory. */
export function pageBytes(): number {
  if (page === 0) page = libc.getpagesize();
  return page;
}

const RUSAGE_SELF = 0;
const MICROSECONDS = 1e6;

/** CPU time of this process and all its threads, getrusage(2). */
export class OwnUsage {
  /** `struct rusage` begins with two `struct timeval`; a process's seconds fit into the low half of theirs. */
  private readonly answer = pinned(512);
  private readonly words = new Int32Array(this.answer.bytes.buffer);

  get userSeconds(): number {
    return this.seconds(0);
  }
  get systemSeconds(): number {
    return this.seconds(4);
  }

  /** Throws SystemError. */
  read(): void {
    if (libc.getrusage(RUSAGE_SELF, this.answer.address) < 0) throw failed("getrusage");
  }

  private seconds(at: number): number {
    return this.words[at]! + this.words[at + 2]! / MICROSECONDS;
  }
}

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

function loadClock() {
  return loadLibc({ clock_gettime: { args: ["int", "ptr"], returns: "int" } });
}

let clockCalls: ReturnType<typeof loadClock> | undefined;

/** Returns the wall clock in milliseconds since the epoch; the runtime's lacks the fraction. Throws SystemError. */
export function wallMs(): number {
  return clockMs(CLOCK_REALTIME);
}

/** Returns milliseconds by CLOCK_MONOTONIC, the same in all processes; the runtime's begin with the process. Throws SystemError. */
export function monotonicMs(): number {
  return clockMs(CLOCK_MONOTONIC);
}

function clockMs(clock: number): number {
  clockCalls ??= loadClock();
  const time = new BigInt64Array(2);
  if (clockCalls.clock_gettime(clock, time) < 0) throw failed("clock_gettime");
  return Number(time[0]!) * 1000 + Number(time[1]!) / 1e6;
}

/** The variable with the pid of the recorder that started this process to show its run. */
export const RECORDER_VARIABLE = "STATEXEC_RECORDER";

const LIFE_POLL_MS = 500;

/**
 * Calls `then` when this process is asked to end: by a signal; where a recorder started it to show its run, by SIGTERM or by
 * the recorder's end, in whatever way. Returns whether there is a recorder.
 */
export function whenAskedToEnd(env: Readonly<Record<string, string | undefined>>, then: () => void): boolean {
  const pid = Number(env[RECORDER_VARIABLE]);
  process.on("SIGTERM", then);
  if (!(pid > 0)) {
    for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, then);
    return false;
  }
  const timer = setInterval(() => {
    if (libc.kill(pid, 0) === 0) return;
    clearInterval(timer);
    then();
  }, LIFE_POLL_MS);
  timer.unref();
  return true;
}
