import type { PidStat } from "../proc/pid-stat.ts";

/** One living process of the command's tree, as it was last seen. */
export class Member {
  readonly pid: number;
  /** With the pid, what it is known by. */
  readonly startTicks: number;
  parent = 0;
  /** Its own time, and its waited-for children's. */
  userSeconds = 0;
  systemSeconds = 0;
  childrenUserSeconds = 0;
  childrenSystemSeconds = 0;
  /** Own and waited-for children's. */
  minorFaults = 0;
  majorFaults = 0;
  threads = 0;
  residentBytes = 0;
  /** It has ended, and its parent has not waited for it. */
  ended = false;
  /** Found gone in this update. */
  gone = false;
  /** Its memory is its parent's, until it executes a program: it counts there. */
  borrows = false;
  /** Its name's place among the names. */
  name = -1;
  /** The most that it ever held; NaN: not known. */
  highestBytes = Number.NaN;
  /** Its children's time when ended children were last looked for in it, and what theirs then was. */
  childrenChecked = 0;
  expected = 0;

  constructor(pid: number, stat: PidStat) {
    this.pid = pid;
    this.startTicks = stat.startTicks;
    this.take(stat);
    this.childrenChecked = this.childrenSeconds;
  }

  get ownSeconds(): number {
    return this.userSeconds + this.systemSeconds;
  }

  get childrenSeconds(): number {
    return this.childrenUserSeconds + this.childrenSystemSeconds;
  }

  /** Takes what its stat says now. */
  take(stat: PidStat): void {
    this.parent = stat.parent;
    this.userSeconds = stat.userSeconds;
    this.systemSeconds = stat.systemSeconds;
    this.childrenUserSeconds = stat.childrenUserSeconds;
    this.childrenSystemSeconds = stat.childrenSystemSeconds;
    this.minorFaults = stat.minorFaults + stat.childrenMinorFaults;
    this.majorFaults = stat.majorFaults + stat.childrenMajorFaults;
    this.threads = stat.threads;
    this.residentBytes = stat.residentBytes;
    // A process whose first thread has ended goes on with the others.
    this.ended = stat.ended && stat.threads <= 1;
  }
}
