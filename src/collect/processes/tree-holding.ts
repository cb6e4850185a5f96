import type { PidStatus } from "../../proc/pid-status.ts";

/** What a process' stat says, by which it is told whether more is to be looked into. */
export interface Moment {
  /** How many different texts it has had. */
  readonly texts: number;
  readonly residentBytes: number;
  /** Its own, and the major ones with its waited-for children's. */
  readonly faults: number;
  readonly majorFaults: number;
}

/** What one process holds, by its status: as of the last time that this was read. NaN: not known. */
export class Holding {
  anonymousBytes = Number.NaN;
  fileBytes = Number.NaN;
  sharedBytes = Number.NaN;
  /** The most that it ever held. */
  highestBytes = 0;
  /** It has the kernel end its children unseen. */
  ignoresChildren = false;
  /** It may share memory with another of the tree, as of the last sum. */
  isSharing = false;
  /** The number of the last walk over its pages, and what it held then. */
  walk = 0;
  walkedAnonymousBytes = 0;
  walkedSharedBytes = 0;
  /** Its resident memory at a sample that could not tell what it shares; NaN: none, or it was told afterwards. */
  untoldBytes = Number.NaN;
  /** What its stat said when its status was read, and when its pages were walked over. */
  private texts = 0;
  private residentBytes = Number.NaN;
  private faults = Number.NaN;
  private walkedFaults = 0;
  private walkedMajorFaults = 0;

  /** What cannot be dropped of it: anonymous memory, and shared memory that it maps. */
  get bytes(): number {
    return this.anonymousBytes + this.sharedBytes;
  }

  /** Whether this still holds: without a fault a process takes nothing, and its resident memory falls by what it gives back. */
  isOf({ residentBytes, faults }: Moment): boolean {
    return this.residentBytes === residentBytes && this.faults === faults;
  }

  /** Whether its status says what it said: its stat has the signals that it ignores, too. */
  isAllOf({ texts }: Moment): boolean {
    return this.texts === texts;
  }

  /** Takes its status; one without any memory is on its way to its end. */
  take(status: PidStatus, { texts, residentBytes, faults }: Moment): void {
    const hasNone = Number.isNaN(status.highestBytes);
    this.texts = texts;
    this.highestBytes = hasNone ? 0 : status.highestBytes;
    this.ignoresChildren = status.ignoresChildren;
    this.anonymousBytes = hasNone ? 0 : status.anonymousBytes;
    this.fileBytes = hasNone ? 0 : status.fileBytes;
    this.sharedBytes = hasNone ? 0 : status.sharedBytes;
    this.residentBytes = residentBytes;
    this.faults = faults;
  }

  /**
   * The most that it can hold, by its stat alone: at most all that is resident, and at most what it held and has taken
   * since. A page that a fault put in another's place does not show in resident memory.
   */
  most({ residentBytes, faults }: Moment, pageBytes: number): number {
    const grown = Math.max(0, residentBytes - this.residentBytes);
    const most = this.bytes + grown + (faults - this.faults) * pageBytes;
    return most < residentBytes ? most : residentBytes;
  }

  /** Its pages were walked over in this state. */
  walked(walk: number, { faults, majorFaults }: Moment): void {
    this.walk = walk;
    this.walkedAnonymousBytes = this.anonymousBytes;
    this.walkedSharedBytes = this.sharedBytes;
    this.walkedFaults = faults;
    this.walkedMajorFaults = majorFaults;
  }

  /**
   * The most that it can have taken since that walk: a fault brings one page of its own in, which may have replaced one
   * that it shares, or more than one, by which it holds more.
   */
  takenBytes({ faults }: Moment, pageBytes: number): number {
    const grown = Math.max(0, this.anonymousBytes - this.walkedAnonymousBytes);
    const mapped = Math.max(0, this.sharedBytes - this.walkedSharedBytes);
    return Math.min(this.bytes, grown + mapped + (faults - this.walkedFaults) * pageBytes);
  }

  /** Whether it may have taken or given back anything since that walk. */
  hasMoved({ faults }: Moment): boolean {
    return faults !== this.walkedFaults || this.bytes !== this.walkedAnonymousBytes + this.walkedSharedBytes;
  }

  /** Whether some of what it holds may have come back from swap since, which adds nothing to what others hold of it. */
  mayHaveSwapped({ majorFaults }: Moment): boolean {
    return majorFaults !== this.walkedMajorFaults;
  }

  /** All of this was another program's. */
  forget(): void {
    this.texts = 0;
    this.residentBytes = Number.NaN;
    this.walk = 0;
    this.untoldBytes = Number.NaN;
  }
}
