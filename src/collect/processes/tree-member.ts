import type { PidStat } from "../../proc/pid-stat.ts";
import { Holding } from "./tree-holding.ts";

/** Processes that are copies of one another by fork(2) and have executed no program since: they may share memory. */
export interface Family {
  /** Where the stack of each begins: the kernel draws it for a program that is executed, a copy has the same. */
  readonly stackStart: number;
  size: number;
  /** The most that one of them holds, in the look of this number. */
  mostBytes: number;
  look: number;
}

/** Where the kernel hides it: such processes may be copies of any other. */
const HIDDEN = 0;

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
  /** Its own alone: while they stay as they are it takes no memory, and executes no program. */
  faults = 0;
  /** How many of them are new since it was seen before, and by how much its resident memory has changed. */
  newFaults = 0;
  changedBytes = 0;
  threads = 0;
  residentBytes = 0;
  /** It has ended, and its parent has not waited for it. */
  ended = false;
  /** Its first thread has ended, and it goes on with the others: the kernel shows nothing of its memory. */
  isHeadless = false;
  /** How many different texts its stat has had: while it is the same one, most of its status is, too. */
  texts = 0;
  /** Found in this update, and found gone in it. */
  isNew = true;
  gone = false;
  /** Its memory is its parent's, until it executes a program: it counts there. So it is taken to be until it was asked. */
  borrows = true;
  /** Those that may have memory in common with it; undefined: it has no memory of its own. */
  family: Family | undefined;
  readonly holding = new Holding();
  /** Its name's place among the names. */
  name = -1;
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

  /** It has memory, and of its own. */
  get hasMemory(): boolean {
    return this.family !== undefined;
  }

  /** Whether the kernel does not show whose copy it is. */
  get isHidden(): boolean {
    return this.family?.stackStart === HIDDEN;
  }

  /** Its stat says what it said before. */
  stay(): void {
    this.isNew = false;
    this.newFaults = 0;
    this.changedBytes = 0;
  }

  /** Takes what its stat says now. */
  take(stat: PidStat): void {
    this.texts++;
    this.parent = stat.parent;
    this.userSeconds = stat.userSeconds;
    this.systemSeconds = stat.systemSeconds;
    this.childrenUserSeconds = stat.childrenUserSeconds;
    this.childrenSystemSeconds = stat.childrenSystemSeconds;
    this.minorFaults = stat.minorFaults + stat.childrenMinorFaults;
    this.majorFaults = stat.majorFaults + stat.childrenMajorFaults;
    const faults = stat.minorFaults + stat.majorFaults;
    this.newFaults = faults - this.faults;
    this.faults = faults;
    this.threads = stat.threads;
    this.changedBytes = Math.abs(stat.residentBytes - this.residentBytes);
    this.residentBytes = stat.residentBytes;
    this.isHeadless = stat.ended && stat.threads > 1;
    this.ended = stat.ended && !this.isHeadless;
  }
}
