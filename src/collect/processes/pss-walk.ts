import { ForbiddenError } from "../../errors.ts";
import { SmapsRollup } from "../../proc/pid-memory.ts";
import { PidStat } from "../../proc/pid-stat.ts";
import type { Processes } from "../../proc/processes.ts";
import { ABSENT } from "../collector.ts";
import type { DescendantTracker } from "./descendant-tracker.ts";
import type { FileDamage } from "./file-damage.ts";
import type { MemoryTotals, ProcessMemory } from "./process-memory.ts";

/** How much may be saved up, as seconds of the share. */
const MOST_SAVED_SECONDS = 60;

/** Limits the time that goes into something costly to a share of all time, with a little in advance. */
export class TimeBudget {
  private credit: number;
  private last: number;

  /** `share` of 1; `now`: milliseconds by a clock that does not step. */
  constructor(
    private readonly share: number,
    advanceMs: number,
    private readonly now: () => number,
  ) {
    this.credit = advanceMs;
    this.last = now();
  }

  /** Whether there is time for something that takes `expectedMs`. */
  allows(expectedMs: number): boolean {
    const now = this.now();
    const most = MOST_SAVED_SECONDS * 1000 * this.share;
    if (this.credit < most) this.credit = Math.min(most, this.credit + (now - this.last) * this.share);
    this.last = now;
    return this.credit >= expectedMs;
  }

  /** Charges `ms` milliseconds to the budget. */
  spend(ms: number): void {
    this.credit -= ms;
  }
}

/** CPU time of a walk, until one has been measured: some 8 ms a GiB, and more on a slow machine. */
const FIRST_GUESS_MS_PER_BYTE = 12 / 2 ** 30;
const FIRST_GUESS_MS_PER_PROCESS = 0.1;

/** The expected time rises by no more at once: a walk beside a busy process may take much longer than the next one. */
const MOST_DEARER = 1.5;

/** A walk that is expected to be shorter is not measured: its time depends on whether our own code is compiled. */
const MEASURABLE_MS = 2;

/** A fault on shared memory maps up to so many pages around the one that is asked for. */
const MAPPED_PER_FAULT = 16;

/**
 * Walks over the pages of some processes: the kernel adds up the proportional memory (PSS) of each, in which a page that
 * n processes map counts as an nth, so that the sum counts each page once. The processes are read one after the other: if
 * one comes to share a page meanwhile, a part of it may be counted twice, or missed.
 */
export class PssWalk {
  /** Sums of the last walk; ABSENT where a process refused its own. */
  proportionalBytes = ABSENT;
  anonymousBytes = ABSENT;
  fileBytes = ABSENT;
  sharedBytes = ABSENT;
  /** Whether the last `movedBytes` found that one of them has waited for a child, which may have been a copy of it. */
  hasReapedChild = false;
  private costFactor = 1;
  private readonly rollup = new SmapsRollup();
  private readonly stat: PidStat;

  constructor(
    private readonly processes: Processes,
    private readonly cpuMs: () => number,
    private readonly damage: FileDamage,
  ) {
    this.stat = new PidStat(processes.pageBytes);
  }

  /** Returns the CPU time that a walk would take; the time that it waits for a CPU or a lock costs nothing. */
  expectedMs(memories: readonly ProcessMemory[]): number {
    return this.costFactor * guessMs(memories);
  }

  /** Reads the PSS of each; returns the CPU time that it took, in ms. Throws SystemError, ParseError. */
  run(memories: readonly ProcessMemory[]): number {
    const began = this.cpuMs();
    this.setAll(0);
    for (const memory of memories) if (memory.isOwn) this.add(memory);
    const took = this.cpuMs() - began;
    const guessed = guessMs(memories);
    if (guessed >= MEASURABLE_MS) this.costFactor = Math.min(took / guessed, this.costFactor * MOST_DEARER);
    return took;
  }

  /** Returns the most that they can have taken and given back since the sample: the walk's sum is off by no more. */
  movedBytes(memories: readonly ProcessMemory[]): number {
    let mapsShared = this.sharedBytes > 0;
    for (const { sharedBytes } of memories) if (sharedBytes > 0) mapsShared = true;
    this.hasReapedChild = false;
    const pagesPerFault = mapsShared ? MAPPED_PER_FAULT : 1;
    let moved = 0;
    for (const memory of memories) moved += this.movedBytesOf(memory, pagesPerFault);
    return moved;
  }

  /** What does not show in resident memory takes page faults. */
  private movedBytesOf(memory: ProcessMemory, pagesPerFault: number): number {
    const { stat, processes } = this;
    const isOfThread = memory.thread !== memory.pid;
    const bytes = processes.read(memory.thread, "stat");
    if (bytes && !this.damage.isParsed(stat, bytes)) return Number.POSITIVE_INFINITY;
    if (isOfThread) processes.forget(memory.thread);
    // It has ended, or executed a program: all that it held is gone, and it may have been read with more.
    const isGone = bytes === undefined || (!isOfThread && stat.startTicks !== memory.startTicks);
    if (isGone || stat.stackStart() !== memory.family?.stackStart) return memory.residentBytes + memory.pssBytes;
    if (stat.childrenMinorFaults + stat.childrenMajorFaults !== memory.childrenFaults) this.hasReapedChild = true;
    const faults = stat.minorFaults + stat.majorFaults - memory.faults;
    const replaced = 2 * faults * pagesPerFault * processes.pageBytes;
    return replaced + Math.abs(stat.residentBytes - memory.residentBytes);
  }

  private add(memory: ProcessMemory): void {
    memory.pssBytes = 0;
    const bytes = this.read(memory.thread);
    if (bytes === undefined) return;
    const { rollup } = this;
    if (!this.damage.isParsed(rollup, bytes)) {
      this.setAll(ABSENT);
      return;
    }
    // The file of a process that has no memory any more is empty.
    if (Number.isNaN(rollup.proportionalBytes)) return;
    memory.pssBytes = rollup.proportionalBytes;
    this.proportionalBytes += rollup.proportionalBytes;
    this.anonymousBytes += rollup.anonymousBytes;
    this.fileBytes += rollup.fileBytes;
    this.sharedBytes += rollup.sharedBytes;
  }

  private read(pid: number): Uint8Array | undefined {
    try {
      return this.processes.read(pid, "smaps_rollup");
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      this.setAll(ABSENT);
      return undefined;
    }
  }

  private setAll(bytes: number): void {
    this.proportionalBytes = bytes;
    this.anonymousBytes = bytes;
    this.fileBytes = bytes;
    this.sharedBytes = bytes;
  }
}

function guessMs(memories: readonly ProcessMemory[]): number {
  let resident = 0;
  for (const { residentBytes } of memories) resident += residentBytes;
  return memories.length * FIRST_GUESS_MS_PER_PROCESS + resident * FIRST_GUESS_MS_PER_BYTE;
}

/** Figures that differ by no more than this share of them are the same. */
export const NEAR = 0.005;

/**
 * Returns the time that the budget must have for a walk that may not raise the peak: while much moves, or a process may
 * have just begun to take memory, it takes longer than expected, and another one must be possible after it.
 */
export function withReserve(expectedMs: number): number {
  return Math.max(3 * expectedMs, Math.min(15 * expectedMs, 250));
}

/**
 * Bounds of the memory that processes which may share it hold together, each page counted once. At every sample
 *
 *     lower ≤ truth ≤ upper ≤ worst upper
 *
 * The upper bound supposes that a page fault brings in one small page; the worst one holds whatever the processes did.
 *
 * Without a walk, the lower bound is the largest process of each family, and the upper one the sum of all: `MemoryTotals`
 * has both. A PSS walk whose sum was W, while M moved, puts the truth at that time between W - M and W + M. Since then
 * each process has given some pages back, which lowers the truth by no more than that, and taken others, which raises it
 * by no more than that. HELD is the sum of what each held at the walk, KEPT what it surely still counts with, and TAKEN
 * what it may have taken; a process that was not in the walk has kept nothing, and taken all that it holds:
 *
 *     W - M - HELD + KEPT ≤ truth ≤ W + M + TAKEN
 */
export class SharedMemoryBounds {
  lowerBytes = 0;
  upperBytes = 0;
  worstUpperBytes = 0;
  /** The two parts of the sum, after a walk that made it exact; ABSENT else. */
  anonymousBytes = ABSENT;
  sharedBytes = ABSENT;
  /** The last usable walk: its number, 0 before the first; W - M - HELD; and W + M. */
  private walk = 0;
  private walkLowerBytes = 0;
  private walkUpperBytes = 0;

  constructor(
    private readonly pss: PssWalk,
    private readonly budget: TimeBudget,
    private readonly pageBytes: number,
  ) {}

  /** Whether the bounds are the same figure. */
  get isExact(): boolean {
    return this.upperBytes <= this.lowerBytes * (1 + NEAR);
  }

  /** Takes the bounds that follow from the totals and the last walk. */
  update({ sharing, sharingLowerBytes, sharingUpperBytes }: MemoryTotals): void {
    this.anonymousBytes = ABSENT;
    this.sharedBytes = ABSENT;
    this.lowerBytes = sharingLowerBytes;
    this.upperBytes = sharingUpperBytes;
    this.worstUpperBytes = sharingUpperBytes;
    const { walk, walkLowerBytes, walkUpperBytes, pageBytes } = this;
    if (walk === 0) return;
    let kept = 0;
    let taken = 0;
    let worstTaken = 0;
    for (const memory of sharing) {
      kept += memory.keptBytesSince(walk);
      taken += memory.takenBytesSince(walk, pageBytes);
      if (memory.hasMovedSince(walk)) worstTaken += memory.bytes;
    }
    this.lowerBytes = Math.max(sharingLowerBytes, walkLowerBytes + kept);
    this.upperBytes = Math.min(sharingUpperBytes, walkUpperBytes + taken);
    this.worstUpperBytes = Math.min(sharingUpperBytes, walkUpperBytes + worstTaken);
  }

  /**
   * Walks over the pages, if there is time for it and it would bring the bounds together. `sinceMs`: the time between the
   * last two samples. Throws SystemError, ParseError.
   */
  tighten(totals: MemoryTotals, tracker: DescendantTracker, sinceMs: number): void {
    const { pss, budget } = this;
    const { sharing } = totals;
    const expectedMs = pss.expectedMs(sharing);
    const willMove = (lastMovedBytes(sharing, this.pageBytes) / sinceMs) * expectedMs;
    // The new bounds are apart by twice M, in which a page that moves may count twice.
    if (4 * willMove > this.upperBytes - this.lowerBytes) return;
    const isCalm = willMove <= NEAR * this.lowerBytes && !haveNew(sharing);
    if (!budget.allows(isCalm ? expectedMs : withReserve(expectedMs))) return;
    budget.spend(pss.run(sharing));
    const total = pss.anonymousBytes + pss.sharedBytes;
    if (Number.isNaN(total)) return;
    const joined = pss.sharedBytes > 0 ? totals.joinedBytes(tracker.memories) : 0;
    const moved = pss.movedBytes(sharing) + joined;
    // A copy that was not walked over has its share of its parent's pages: the sum is too small.
    if (pss.hasReapedChild || tracker.haveForked(sharing)) this.lowerBytes = Math.max(this.lowerBytes, total - moved);
    else this.take(totals, total, moved);
  }

  /** Takes the sum of a walk, and what each holds at it for the samples to come. */
  private take({ sharing, sharingLowerBytes, sharingUpperBytes }: MemoryTotals, total: number, moved: number): void {
    const isExact = moved <= NEAR * total;
    const error = isExact ? 0 : moved;
    this.lowerBytes = Math.max(sharingLowerBytes, Math.min(sharingUpperBytes, total - error));
    this.upperBytes = Math.max(sharingLowerBytes, Math.min(sharingUpperBytes, total + error));
    this.worstUpperBytes = this.upperBytes;
    if (isExact) {
      this.anonymousBytes = this.pss.anonymousBytes;
      this.sharedBytes = this.pss.sharedBytes;
    }
    this.walk++;
    this.walkLowerBytes = total - moved;
    this.walkUpperBytes = total + moved;
    for (const memory of sharing) {
      memory.takeWalk(this.walk);
      this.walkLowerBytes -= memory.bytes;
    }
  }
}

/** Returns how much was taken or given back between the last two samples. */
function lastMovedBytes(sharing: readonly ProcessMemory[], pageBytes: number): number {
  let moved = 0;
  for (const { newFaults, changedBytes } of sharing) moved += newFaults * pageBytes + changedBytes;
  return moved;
}

function haveNew(sharing: readonly ProcessMemory[]): boolean {
  for (const { isNew } of sharing) if (isNew) return true;
  return false;
}
