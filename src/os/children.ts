import { failed, lastErrno, libc } from "./libc.ts";

/* Children of this process, and the orphans that it adopts. */

const PR_SET_CHILD_SUBREAPER = 36;

/** Makes this process, instead of the system's first, the parent of every orphaned descendant; false: refused. */
export function adoptOrphans(): boolean {
  return libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0;
}

/** Leaves orphans to the system's first process again. */
export function releaseOrphans(): void {
  libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

const RUSAGE_CHILDREN = -1;

/** getrusage(2) counts in these, whatever blocks the disk has. */
const BLOCK_BYTES = 512;
const KILOBYTE = 1024;
const TWO_TO_32 = 2 ** 32;

/** `struct rusage`, getrusage(2). */
export class ChildUsage {
  readonly raw = new Uint32Array(36);

  get userSeconds(): number {
    return this.long(0) + this.long(1) / 1e6;
  }
  get systemSeconds(): number {
    return this.long(2) + this.long(3) / 1e6;
  }
  /** Peak RSS of the largest one; it may include the process that started it. */
  get largestBytes(): number {
    return this.long(4) * KILOBYTE;
  }
  get minorFaults(): number {
    return this.long(8);
  }
  get majorFaults(): number {
    return this.long(9);
  }
  get diskReadBytes(): number {
    return this.long(11) * BLOCK_BYTES;
  }
  get diskWriteBytes(): number {
    return this.long(12) * BLOCK_BYTES;
  }
  get voluntarySwitches(): number {
    return this.long(16);
  }
  get involuntarySwitches(): number {
    return this.long(17);
  }

  private long(index: number): number {
    return this.raw[2 * index]! + this.raw[2 * index + 1]! * TWO_TO_32;
  }
}

/** Exact usage of all descendants that have ended and were waited for, RUSAGE_CHILDREN. */
export class EndedChildren extends ChildUsage {
  /** Reads it again. Throws SystemError. */
  update(): void {
    if (libc.getrusage(RUSAGE_CHILDREN, this.raw) < 0) throw failed("getrusage");
  }
}

const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WSTOPPED = 2;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
const ECHILD = 10;
/** Indexes in `siginfo_t`, in 32-bit words, on 64-bit Linux. */
const SI_PID = 4;
const SI_STATUS = 6;

const info = new Int32Array(32);

/** Returns the pid of a child that has ended, without waiting for it; 0: there is none. Throws SystemError. */
export function endedChild(): number {
  info.fill(0);
  if (libc.waitid(P_ALL, 0, info, WNOHANG | WEXITED | WNOWAIT) === 0) return info[SI_PID]!;
  if (lastErrno() === ECHILD) return 0;
  throw failed("waitid");
}

/** Whether a child has ended. It is not waited for; one that was has ended. */
export function hasEnded(pid: number): boolean {
  info.fill(0);
  if (libc.waitid(P_PID, pid, info, WNOHANG | WEXITED | WNOWAIT) === 0) return info[SI_PID] !== 0;
  return lastErrno() === ECHILD;
}

/** Returns the signal by which a child is stopped; undefined: it is not. */
export function stopSignal(pid: number): number | undefined {
  info.fill(0);
  if (libc.waitid(P_PID, pid, info, WNOHANG | WSTOPPED | WNOWAIT) !== 0 || info[SI_PID] === 0) return undefined;
  return info[SI_STATUS];
}

/** How a child ended: its status, or the signal that ended it; undefined: it has not, or another has waited for it. */
export type ChildExit = { readonly status: number } | { readonly signal: number } | undefined;

/** Waits for a child that has ended, so that it is no zombie any more. Returns how it ended. */
export function forgetChild(pid: number): ChildExit {
  if (libc.wait4(pid, info, WNOHANG, null) !== pid) return undefined;
  const word = info[0]!;
  const signal = word & 0x7f;
  return signal === 0 ? { status: (word >> 8) & 0xff } : { signal };
}

/** Waits until a child ends, and reads what it used into `usage`. */
export function awaitChild(pid: number, usage: ChildUsage): void {
  libc.wait4(pid, info, 0, usage.raw);
}
