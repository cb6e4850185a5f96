import { PidStatus } from "../../proc/pid-memory.ts";
import type { PidStat } from "../../proc/pid-stat.ts";
import type { Processes } from "../../proc/processes.ts";
import { encode } from "../../proc/scanner.ts";
import type { FileDamage } from "./file-damage.ts";

/** Processes that are copies of one another by fork(2) and have executed no program since: they may share memory. */
interface ForkFamily {
  /** Where the stack of each begins: at random for a program that is executed, and at the same address in a copy. */
  readonly stackStart: number;
  size: number;
  /** The most anonymous memory that one of them holds, as of the last `MemoryTotals.update`. */
  largestAnonymousBytes: number;
}

/** `stackStart` where the kernel hides it: such a process may be a copy of any other. */
const HIDDEN = 0;

/** No walk over its pages. */
const NEVER = 0;

/**
 * The memory of one process, by three readings: stat, at every sample; status, when a sample needs more than that; and
 * the state in which it was at the last PSS walk, from which the bounds of shared memory follow.
 */
export class ProcessMemory {
  // By stat, as of the last sample.
  residentBytes = 0;
  /** Its own page faults: while they stay the same it takes no memory, and executes no program. */
  faults = 0;
  /** Page faults of its waited-for children. */
  childrenFaults = 0;
  /** Major faults, its own and those of its waited-for children. */
  majorFaults = 0;
  /** By how much faults and resident memory differ from the sample before. */
  newFaults = 0;
  changedBytes = 0;
  /** It was found in this sample. */
  isNew = true;
  /** Its first thread has ended and others go on, and no other one has shown the memory. */
  isLeaderGone = false;
  /** The thread whose files show the memory: the first one, or another if that has ended. */
  thread: number;
  /** It has the memory of its parent, as between vfork(2) and exec. Supposed until the kernel was asked. */
  isBorrowed = true;
  /** Those that may have anonymous memory in common with it; undefined: it has no memory of its own. */
  family: ForkFamily | undefined;

  // By status, as of the last time that it was read; NaN: not known.
  anonymousBytes = Number.NaN;
  fileBytes = Number.NaN;
  sharedBytes = Number.NaN;
  /** Reserved huge pages, which are not resident memory to the kernel. */
  hugeBytes = 0;
  /** The most that was ever resident. */
  highestBytes = 0;
  /** It has the kernel end its children unseen. */
  ignoresChildren = false;

  /** Its PSS in the last walk. */
  pssBytes = 0;
  /** Whether it may share memory with another one, as of the last `MemoryTotals.update`. */
  isSharing = false;
  /** Its resident memory at an open sample, see `MemoryPeak`; NaN: it was in none. */
  residentAtOpenSample = Number.NaN;

  /** How many different texts its stat has had. */
  private statTexts = 0;
  /** What stat said when status was read. */
  private readonly atStatus = { statTexts: 0, residentBytes: Number.NaN, faults: Number.NaN };
  /** The last walk that it was in, and what it held then. */
  private readonly atWalk = { walk: NEVER, anonymousBytes: 0, sharedBytes: 0, faults: 0, majorFaults: 0 };

  constructor(
    readonly pid: number,
    /** With the pid, what a process is identified by. */
    readonly startTicks: number,
  ) {
    this.thread = pid;
  }

  /** Whether it has memory, and not that of its parent. */
  get isOwn(): boolean {
    return this.family !== undefined;
  }

  /** Whether the kernel hides which family it is of. */
  get isHidden(): boolean {
    return this.family?.stackStart === HIDDEN;
  }

  /** What the kernel cannot drop: anonymous memory, and the shared memory that it maps. */
  get bytes(): number {
    return this.anonymousBytes + this.sharedBytes;
  }

  /**
   * Whether its memory in status is unchanged: taking some needs a fault, giving it back lowers resident memory. Huge pages
   * are given back unseen.
   */
  get isCurrent(): boolean {
    return (
      this.hugeBytes === 0 && this.atStatus.residentBytes === this.residentBytes && this.atStatus.faults === this.faults
    );
  }

  /** Whether all that we read of status is unchanged: stat has the ignored signals, too. */
  get isStatusCurrent(): boolean {
    return this.hugeBytes === 0 && this.atStatus.statTexts === this.statTexts;
  }

  /** Takes a sample at which stat is the same text. */
  keepStat(): void {
    this.isNew = false;
    this.newFaults = 0;
    this.changedBytes = 0;
  }

  /** Takes a sample. */
  takeStat(stat: PidStat): void {
    const { residentBytes } = stat;
    const faults = stat.minorFaults + stat.majorFaults;
    this.statTexts++;
    this.newFaults = faults - this.faults;
    this.changedBytes = Math.abs(residentBytes - this.residentBytes);
    this.faults = faults;
    this.residentBytes = residentBytes;
    this.childrenFaults = stat.childrenMinorFaults + stat.childrenMajorFaults;
    this.majorFaults = stat.majorFaults + stat.childrenMajorFaults;
    this.isLeaderGone = stat.isLeaderGone;
    this.thread = stat.thread > 0 ? stat.thread : this.pid;
  }

  /** Takes the status that was just read. */
  takeStatus(status: PidStatus): void {
    const { atStatus } = this;
    // A process without any memory is about to end.
    const hasNone = Number.isNaN(status.highestBytes) && status.isWhole;
    this.highestBytes = hasNone ? 0 : status.highestBytes;
    this.anonymousBytes = hasNone ? 0 : status.anonymousBytes;
    this.fileBytes = hasNone ? 0 : status.fileBytes;
    this.sharedBytes = hasNone ? 0 : status.sharedBytes;
    this.hugeBytes = hasNone ? 0 : status.hugeBytes;
    this.ignoresChildren = status.ignoresChildren;
    atStatus.statTexts = this.statTexts;
    atStatus.residentBytes = this.residentBytes;
    atStatus.faults = this.faults;
  }

  /**
   * Returns the most that it can hold, by stat: no more than is resident, and no more than status said and it has taken
   * since. A page that a fault has put in the place of another does not show in resident memory.
   */
  upperBytes(pageBytes: number): number {
    const { atStatus, residentBytes } = this;
    const grown = Math.max(0, residentBytes - atStatus.residentBytes);
    const upper = this.bytes + grown + (this.faults - atStatus.faults) * pageBytes;
    return Number.isNaN(upper) ? residentBytes : Math.min(upper, residentBytes);
  }

  /** Keeps what it holds, for the walk of this number. */
  takeWalk(walk: number): void {
    const { atWalk } = this;
    atWalk.walk = walk;
    atWalk.anonymousBytes = this.anonymousBytes;
    atWalk.sharedBytes = this.sharedBytes;
    atWalk.faults = this.faults;
    atWalk.majorFaults = this.majorFaults;
  }

  /** Whether it may have taken or given back pages since a walk, or was not in it. */
  hasMovedSince(walk: number): boolean {
    const { atWalk } = this;
    if (atWalk.walk !== walk) return true;
    return this.faults !== atWalk.faults || this.bytes !== atWalk.anonymousBytes + atWalk.sharedBytes;
  }

  /**
   * Returns what it surely holds of the pages that it held at a walk, and of anonymous ones that it has taken since.
   * After a major fault these may have come from swap, where others may still have them: they are not surely its own.
   */
  keptBytesSince(walk: number): number {
    const { atWalk } = this;
    if (atWalk.walk !== walk) return 0;
    const anonymous = this.majorFaults === atWalk.majorFaults ? this.anonymousBytes : 0;
    return anonymous + (this.hasMovedSince(walk) ? 0 : atWalk.sharedBytes);
  }

  /**
   * Returns the most that it can have added to the sum since a walk, if a fault brings in one small page: it then holds
   * more, or the page is in the place of one that it shared.
   */
  takenBytesSince(walk: number, pageBytes: number): number {
    const { atWalk, bytes } = this;
    if (atWalk.walk !== walk) return bytes;
    const anonymous = Math.max(0, this.anonymousBytes - atWalk.anonymousBytes);
    const shared = Math.max(0, this.sharedBytes - atWalk.sharedBytes);
    return Math.min(bytes, anonymous + shared + (this.faults - atWalk.faults) * pageBytes);
  }

  /** Forgets what was read: the process has executed a program. */
  reset(): void {
    this.atStatus.statTexts = 0;
    this.atStatus.residentBytes = Number.NaN;
    this.atWalk.walk = NEVER;
    this.residentAtOpenSample = Number.NaN;
  }
}

/** Which processes may have anonymous memory in common: two that have executed different programs never do. */
export class ForkFamilies {
  private readonly all = new Map<number, ForkFamily>();

  /** Puts a process into the family of those whose stack begins at the same address. */
  place(memory: ProcessMemory, stackStart: number): void {
    if (memory.family?.stackStart === stackStart) return;
    this.remove(memory);
    const family = this.all.get(stackStart) ?? { stackStart, size: 0, largestAnonymousBytes: 0 };
    if (family.size === 0) this.all.set(stackStart, family);
    family.size++;
    memory.family = family;
    memory.reset();
  }

  /** Takes a process out that has no memory of its own any more. */
  remove(memory: ProcessMemory): void {
    const { family } = memory;
    if (!family) return;
    memory.family = undefined;
    family.size--;
    if (family.size === 0) this.all.delete(family.stackStart);
  }
}

const NO_STATUS = encode("\nSigIgn:\t0000000000000000\n");

/**
 * The memory of all processes that the kernel cannot drop, in three parts: of those that share none, which is exact; of
 * those that may share some, between two bounds; and of those of which the kernel hides whether they share.
 */
export class MemoryTotals {
  aloneAnonymousBytes = 0;
  aloneSharedBytes = 0;
  /** Those that may share, and what they hold together, at least and at most. */
  readonly sharing: ProcessMemory[] = [];
  sharingLowerBytes = 0;
  sharingUpperBytes = 0;
  /** What the hidden hold together at most, and the most that one of them holds. */
  hiddenBytes = 0;
  hiddenLargestBytes = 0;
  /** Reserved huge pages, at least and at most: those that several processes map may be the same. */
  hugeLowerBytes = 0;
  hugeUpperBytes = 0;
  /** Files, each counted for each process. */
  fileBytes = 0;
  /** How many have memory of their own. */
  living = 0;
  /** There is more than the kernel shows: of some process the first thread has ended. */
  isIncomplete = false;
  /** How many map shared memory, and the most that one of them maps. */
  private sharers = 0;
  private largestSharedBytes = 0;
  private readonly status = new PidStatus();

  constructor(
    private readonly processes: Processes,
    private readonly damage: FileDamage,
  ) {}

  /** Returns the most that all can hold together, by what has been read already. */
  upperBytes(memories: readonly ProcessMemory[]): number {
    const { pageBytes } = this.processes;
    let upper = 0;
    for (const memory of memories) if (memory.isOwn) upper += memory.upperBytes(pageBytes) + memory.hugeBytes;
    return upper;
  }

  /** Reads the status of a process if its stat has changed since; false: it is gone. Throws ParseError. */
  readIfChanged(memory: ProcessMemory): boolean {
    if (memory.isStatusCurrent) return true;
    const bytes = this.processes.read(memory.thread, "status");
    if (bytes === undefined) return false;
    if (this.damage.isParsed(this.status, bytes)) memory.takeStatus(this.status);
    return true;
  }

  /** Reads the status of those whose memory has changed since it was read. Throws ParseError. */
  refresh(memories: readonly ProcessMemory[]): void {
    for (const memory of memories) {
      if (!memory.isOwn || memory.isCurrent) continue;
      const status = this.readStatus(memory);
      if (status) memory.takeStatus(status);
    }
  }

  /** Adds up what has been read. */
  update(memories: readonly ProcessMemory[]): void {
    this.clear();
    for (const { isLeaderGone, family, sharedBytes } of memories) {
      if (isLeaderGone) this.isIncomplete = true;
      if (!family) continue;
      family.largestAnonymousBytes = 0;
      this.living++;
      if (sharedBytes > 0) this.sharers++;
    }
    for (const memory of memories) if (memory.family) this.add(memory, memory.family);
    this.sharingLowerBytes += this.largestSharedBytes;
  }

  /**
   * Returns by how much those that share nothing map more shared memory now than at the sample: what they share since
   * then is missing in the PSS of the others. Throws ParseError.
   */
  joinedBytes(memories: readonly ProcessMemory[]): number {
    let joined = 0;
    for (const memory of memories) {
      if (!memory.isOwn || memory.isSharing) continue;
      const sharedBytes = this.readStatus(memory)?.sharedBytes ?? Number.NaN;
      if (sharedBytes > memory.sharedBytes) joined += sharedBytes - memory.sharedBytes;
    }
    return joined;
  }

  private clear(): void {
    this.aloneAnonymousBytes = 0;
    this.aloneSharedBytes = 0;
    this.sharing.length = 0;
    this.sharingLowerBytes = 0;
    this.sharingUpperBytes = 0;
    this.hiddenBytes = 0;
    this.hiddenLargestBytes = 0;
    this.hugeLowerBytes = 0;
    this.hugeUpperBytes = 0;
    this.fileBytes = 0;
    this.living = 0;
    this.isIncomplete = false;
    this.sharers = 0;
    this.largestSharedBytes = 0;
  }

  private add(memory: ProcessMemory, family: ForkFamily): void {
    memory.isSharing = false;
    this.hugeLowerBytes = Math.max(this.hugeLowerBytes, memory.hugeBytes);
    this.hugeUpperBytes += memory.hugeBytes;
    this.fileBytes += memory.fileBytes;
    if (memory.isHidden && this.living > 1) {
      this.hiddenBytes += memory.bytes;
      this.hiddenLargestBytes = Math.max(this.hiddenLargestBytes, memory.bytes);
    } else if (family.size > 1 || (memory.sharedBytes > 0 && this.sharers > 1)) {
      this.addSharing(memory, family);
    } else {
      this.aloneAnonymousBytes += memory.anonymousBytes;
      this.aloneSharedBytes += memory.sharedBytes;
    }
  }

  /** The lower bound: the largest of each family, and the largest shared memory. No page is in two of these. */
  private addSharing(memory: ProcessMemory, family: ForkFamily): void {
    const { anonymousBytes, sharedBytes } = memory;
    memory.isSharing = true;
    this.sharing.push(memory);
    this.sharingUpperBytes += memory.bytes;
    this.largestSharedBytes = Math.max(this.largestSharedBytes, sharedBytes);
    if (anonymousBytes <= family.largestAnonymousBytes) return;
    this.sharingLowerBytes += anonymousBytes - family.largestAnonymousBytes;
    family.largestAnonymousBytes = anonymousBytes;
  }

  /** The status of a process that is gone is that of one without memory; undefined: it is damaged. */
  private readStatus({ thread }: ProcessMemory): PidStatus | undefined {
    const bytes = this.processes.read(thread, "status") ?? NO_STATUS;
    return this.damage.isParsed(this.status, bytes) ? this.status : undefined;
  }
}
