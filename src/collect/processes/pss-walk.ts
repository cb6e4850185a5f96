import { ForbiddenError } from "../../errors.ts";
import { SmapsRollup } from "../../proc/pid-memory.ts";
import { PidStat } from "../../proc/pid-stat.ts";
import type { Processes } from "../../proc/processes.ts";
import { ABSENT } from "../collector.ts";
import type { MemoryTotals, ProcessMemory } from "./process-memory.ts";

/** How much may be saved up, as seconds of the share. */
const MOST_SAVED_SECONDS = 60;

/** Time that may go into something costly: a share of all time, and a little in advance. */
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

/** CPU time of the kernel for a walk, until one has been measured: some 8 ms a GiB, and more on a slow machine. */
const FIRST_GUESS_MS_PER_BYTE = 12 / 2 ** 30;
const FIRST_GUESS_MS_PER_PROCESS = 0.1;

/** A walk beside a busy process says little about the next: the expected time rises by no more at once. */
const MOST_DEARER = 1.5;

/** The time of a shorter walk depends more on whether our own code is compiled than on the kernel. */
const MEASURABLE_MS = 2;

/** The kernel maps so many pages of shared memory around one that is asked for, if they are in memory. */
const MAPPED_PER_FAULT = 16;

/**
 * A walk over the pages of some processes: the kernel adds up the proportional memory (PSS) of each, in which a page that
 * n processes map counts as an nth, so that the sum counts each page once. The processes are read one after the other: a
 * page that one comes to share meanwhile may be counted twice in part, or missed in part.
 */
export class PssWalk {
  /** Sums of the last walk; ABSENT where a process refused its own. */
  proportionalBytes = ABSENT;
  anonymousBytes = ABSENT;
  fileBytes = ABSENT;
  sharedBytes = ABSENT;
  /** By `movedBytes`: one of them has waited for a child since it was seen, which may have been a copy of it. */
  hasReapedChild = false;
  private costFactor = 1;
  private readonly rollup = new SmapsRollup();
  private readonly stat: PidStat;

  constructor(
    private readonly processes: Processes,
    private readonly cpuMs: () => number,
  ) {
    this.stat = new PidStat(processes.pageBytes);
  }

  /** CPU time that a walk would take: time that it would wait for a CPU or for a process costs the command nothing. */
  expectedMs(memories: readonly ProcessMemory[]): number {
    return this.costFactor * guessMs(memories);
  }

  /** Reads the PSS of each; returns the CPU time that it took, in ms. Throws ParseError. */
  run(memories: readonly ProcessMemory[]): number {
    const began = this.cpuMs();
    this.setAll(0);
    for (const memory of memories) if (memory.isOwn) this.add(memory.pid);
    const took = this.cpuMs() - began;
    const guessed = guessMs(memories);
    if (guessed >= MEASURABLE_MS) this.costFactor = Math.min(took / guessed, this.costFactor * MOST_DEARER);
    return took;
  }

  /** The most that they can have taken and given back since the sample: the sum of a walk made meanwhile is off by no more. */
  movedBytes(memories: readonly ProcessMemory[]): number {
    let mapsShared = this.sharedBytes > 0;
    for (const { sharedBytes } of memories) if (sharedBytes > 0) mapsShared = true;
    this.hasReapedChild = false;
    const pagesPerFault = mapsShared ? MAPPED_PER_FAULT : 1;
    let moved = 0;
    for (const memory of memories) moved += this.movedBytesOf(memory, pagesPerFault);
    return moved;
  }

  /** Of one that is gone: all that it held. What does not show in resident memory took faults. */
  private movedBytesOf(memory: ProcessMemory, pagesPerFault: number): number {
    const { stat, processes } = this;
    const bytes = processes.read(memory.pid, "stat");
    if (bytes) stat.parse(bytes);
    if (bytes === undefined || stat.startTicks !== memory.startTicks) return memory.residentBytes;
    if (stat.childrenMinorFaults + stat.childrenMajorFaults !== memory.childrenFaults) this.hasReapedChild = true;
    const faults = stat.minorFaults + stat.majorFaults - memory.faults;
    const replaced = 2 * faults * pagesPerFault * processes.pageBytes;
    return replaced + Math.abs(stat.residentBytes - memory.residentBytes);
  }

  private add(pid: number): void {
    const bytes = this.read(pid);
    if (bytes === undefined) return;
    const { rollup } = this;
    rollup.parse(bytes);
    // The file of a process that has no memory any more, about to end, is empty.
    if (Number.isNaN(rollup.proportionalBytes)) return;
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
 * The time that a walk needs in the budget which may tell nothing: while much moves, or a process may have just begun
 * to, it takes longer than expected, and another one is to be possible after it.
 */
export function withReserve(expectedMs: number): number {
  return Math.max(3 * expectedMs, Math.min(15 * expectedMs, 250));
}

/** Who knows the processes of the tree, and whether some of them have been copied since the sample. */
export interface ForkWatch {
  readonly memories: readonly ProcessMemory[];
  haveForked(parents: readonly ProcessMemory[]): boolean;
}

/**
 * Bounds of what the processes that may share memory hold together, each page counted once. At every sample
 *
 *     lower ≤ truth ≤ upper ≤ worst upper
 *
 * where the upper bound supposes that a fault brings in one small page, and the worst one holds whatever they did.
 *
 * Without a walk the lower bound is the largest of each family, and the upper one the sum of all (`MemoryTotals`). A walk
 * that read W while M moved puts the truth of then between W - M and W + M. Since then each process has given some pages
 * back and taken others: what it gave back lessens the truth by no more than that, and what it took adds no more:
 *
 *     truth ≥ W - M - (all that each held then) + (what of this each has kept, and what it has taken for its own)
 *     truth ≤ W + M + (what each has taken)
 *
 * A process that was not in the walk has kept nothing, and taken all that it holds.
 */
export class SharedMemoryBounds {
  lowerBytes = 0;
  upperBytes = 0;
  worstUpperBytes = 0;
  /** The parts of the sum, where a walk has just told it; ABSENT else. */
  anonymousBytes = ABSENT;
  sharedBytes = ABSENT;
  /** The last walk that may be used: its number, W, M, and what all held then, counted for each. */
  private walk = 0;
  private walkedBytes = Number.NaN;
  private walkedMovedBytes = 0;
  private walkedHeldBytes = 0;

  constructor(
    private readonly pss: PssWalk,
    private readonly budget: TimeBudget,
    private readonly pageBytes: number,
  ) {}

  /** The bounds are the same figure. */
  get isExact(): boolean {
    return this.upperBytes <= this.lowerBytes * (1 + NEAR);
  }

  /** The bounds that follow from the totals and the last walk. */
  update({ sharing, sharingLowerBytes, sharingUpperBytes }: MemoryTotals): void {
    this.anonymousBytes = ABSENT;
    this.sharedBytes = ABSENT;
    this.lowerBytes = sharingLowerBytes;
    this.upperBytes = sharingUpperBytes;
    this.worstUpperBytes = sharingUpperBytes;
    if (Number.isNaN(this.walkedBytes)) return;
    const { walk, walkedBytes, walkedMovedBytes, walkedHeldBytes, pageBytes } = this;
    let [kept, taken, worstTaken] = [0, 0, 0];
    for (const memory of sharing) {
      kept += memory.keptBytesSince(walk);
      taken += memory.takenBytesSince(walk, pageBytes);
      if (memory.hasMovedSince(walk)) worstTaken += memory.bytes;
    }
    const most = walkedBytes + walkedMovedBytes;
    this.lowerBytes = Math.max(sharingLowerBytes, walkedBytes - walkedMovedBytes - walkedHeldBytes + kept);
    this.upperBytes = Math.min(sharingUpperBytes, most + taken);
    this.worstUpperBytes = Math.min(sharingUpperBytes, most + worstTaken);
  }

  /**
   * Walks over their pages, if there is time for it and it can tell something. `sinceMs`: the time between the last two
   * samples. Throws ParseError.
   */
  tighten(totals: MemoryTotals, watch: ForkWatch, sinceMs: number): void {
    const { pss, budget } = this;
    const { sharing } = totals;
    const expectedMs = pss.expectedMs(sharing);
    const willMove = (lastMovedBytes(sharing, this.pageBytes) / sinceMs) * expectedMs;
    // What moves during the walk comes between the new bounds, twice on either side.
    if (4 * willMove > this.upperBytes - this.lowerBytes) return;
    const isCalm = willMove <= NEAR * this.lowerBytes && !haveNew(sharing);
    if (!budget.allows(isCalm ? expectedMs : withReserve(expectedMs))) return;
    budget.spend(pss.run(sharing));
    const total = pss.anonymousBytes + pss.sharedBytes;
    if (Number.isNaN(total)) return;
    const joined = pss.sharedBytes > 0 ? totals.joinedBytes(watch.memories) : 0;
    const moved = pss.movedBytes(sharing) + joined;
    // A copy that was not walked over takes its part of the pages of its parent: the sum is too small.
    if (pss.hasReapedChild || watch.haveForked(sharing)) this.lowerBytes = Math.max(this.lowerBytes, total - moved);
    else this.take(totals, total, moved);
  }

  /** Takes the sum of a walk, and keeps the state of each for the samples to come. */
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
    this.walkedBytes = total;
    this.walkedMovedBytes = moved;
    this.walkedHeldBytes = 0;
    for (const memory of sharing) {
      memory.takeWalk(this.walk);
      this.walkedHeldBytes += memory.bytes;
    }
  }
}

/** How much was taken or given back between the last two samples. */
function lastMovedBytes(sharing: readonly ProcessMemory[], pageBytes: number): number {
  let moved = 0;
  for (const { newFaults, changedBytes } of sharing) moved += newFaults * pageBytes + changedBytes;
  return moved;
}

function haveNew(sharing: readonly ProcessMemory[]): boolean {
  for (const { isNew } of sharing) if (isNew) return true;
  return false;
}
