import type { Processes } from "../../proc/processes.ts";
import type { CgroupStats } from "../cgroup/cgroup-stats.ts";
import { ABSENT } from "../collector.ts";
import type { Descendant, DescendantTracker } from "./descendant-tracker.ts";
import type { FileDamage } from "./file-damage.ts";
import { MemoryHolders } from "./memory-holders.ts";
import type { ProcessAccounts } from "./process-accounts.ts";
import { MemoryTotals, type ProcessMemory } from "./process-memory.ts";
import { NEAR, PssWalk, SharedMemoryBounds, TimeBudget, withReserve } from "./pss-walk.ts";
import { UnmappedMemory } from "./unmapped-memory.ts";

/**
 * The highest memory at any sample. It is a lower bound if some sample may have had more.
 *
 * A sample is open while its upper bound is above the peak: it is not known what the processes that may share memory held
 * together. If their sum is exact at a later sample, all of them still live, and none has given anything back, they held
 * no more at the open one. If one of them has gone, this can never be known: the upper bound is settled.
 */
class MemoryPeak {
  bytes = ABSENT;
  /** The time of its sample. */
  atMs = ABSENT;
  /** The highest upper bound that is settled. */
  private settledUpperBytes = 0;
  /** The open samples: their highest upper bound, the most that was held alone at one, and how many may have shared. */
  private openUpperBytes = 0;
  private openAloneBytes = 0;
  private openProcesses = 0;

  /** Whether some sample may have had more than the peak. */
  get isLowerBound(): boolean {
    return this.isAbove(this.settledUpperBytes) || this.isAbove(this.openUpperBytes);
  }

  /** Whether so much would be a new peak; true also for NaN, and before the first peak. */
  isAbove(bytes: number): boolean {
    return !(bytes <= this.bytes * (1 + NEAR));
  }

  /** Takes a sample that had so much at least; NaN: not known. */
  raise(bytes: number, atMs: number): void {
    if (Number.isNaN(bytes) || bytes <= this.bytes) return;
    this.bytes = bytes;
    this.atMs = atMs;
  }

  /** Takes a sample of which the kernel does not show everything. */
  addIncomplete(): void {
    this.settledUpperBytes = Number.POSITIVE_INFINITY;
  }

  /** Takes a sample that may have had so much, which can never be known. */
  addUnknowable(upperBytes: number): void {
    this.settledUpperBytes = Math.max(this.settledUpperBytes, upperBytes);
  }

  /** Takes a sample that may have had up to `upperBytes`: `aloneBytes`, and the memory of these. */
  addOpen(upperBytes: number, aloneBytes: number, sharing: readonly ProcessMemory[]): void {
    this.settleIfGone(sharing);
    this.openUpperBytes = Math.max(this.openUpperBytes, upperBytes);
    this.openAloneBytes = Math.max(this.openAloneBytes, aloneBytes);
    this.openProcesses = sharing.length;
    for (const memory of sharing)
      if (!(memory.residentBytes <= memory.residentAtOpenSample)) memory.residentAtOpenSample = memory.residentBytes;
  }

  /** Closes the open samples: these processes hold exactly `sharingBytes` together now. */
  close(sharingBytes: number, sharing: readonly ProcessMemory[]): void {
    if (this.openProcesses === 0) return;
    this.settleIfGone(sharing);
    let haveKept = true;
    for (const { residentBytes, residentAtOpenSample } of sharing)
      if (residentBytes < residentAtOpenSample) haveKept = false;
    if (haveKept) this.openUpperBytes = Math.min(this.openUpperBytes, this.openAloneBytes + sharingBytes);
    this.settle();
    for (const memory of sharing) memory.residentAtOpenSample = Number.NaN;
  }

  private settleIfGone(sharing: readonly ProcessMemory[]): void {
    let left = 0;
    for (const { residentAtOpenSample } of sharing) if (!Number.isNaN(residentAtOpenSample)) left++;
    if (left < this.openProcesses) this.settle();
  }

  private settle(): void {
    this.settledUpperBytes = Math.max(this.settledUpperBytes, this.openUpperBytes);
    this.openUpperBytes = 0;
    this.openAloneBytes = 0;
    this.openProcesses = 0;
  }
}

/** How much CPU time the walks may take of all time, and how much of it in advance. */
const WALKS_SHARE = 0.01;
const WALKS_ADVANCE_MS = 50;

/**
 * A walk over all processes is due so often, and soon if resident memory is so many times that of any earlier one. The
 * first one is not at once: the first sample is of a program that has hardly begun.
 */
const WALK_EVERY_MS = 5000;
const SOON_MS = 1000;
const NEW_HIGH = 1.05;
const FIRST_AFTER_MS = 50;

/** Processes that hold so many times what their group counts, and so much more, are not all in it. */
const FAR_MORE = 1.5;
const SMALL_BYTES = 4 * 2 ** 20;

/** The memory of a control group. */
export type GroupMemoryCounts = Pick<
  CgroupStats,
  "anonymousBytes" | "fileBytes" | "sharedBytes" | "kernelBytes" | "refresh"
>;

function heldBy({ anonymousBytes, sharedBytes, kernelBytes }: GroupMemoryCounts): number {
  return anonymousBytes + sharedBytes + (Number.isNaN(kernelBytes) ? 0 : kernelBytes);
}

function isFarMore(held: number, counted: number): boolean {
  return held > counted * FAR_MORE + SMALL_BYTES;
}

/** The memory of the command's processes: the figures of a sample, and the peak until then. */
export class CommandMemory {
  /** ABSENT at a sample that did not read them. */
  proportionalBytes = ABSENT;
  anonymousBytes = ABSENT;
  fileBytes = ABSENT;
  sharedBytes = ABSENT;
  /** The highest sum, at any sample, of the most that each living process ever held, files included. */
  peakBoundBytes = ABSENT;
  /** Some processes have left the group: they were seen elsewhere, or all held clearly more than it counted. */
  haveLeftGroup = false;
  /** Some process has the kernel end its children unseen. */
  ignoresChildren = false;
  readonly peak = new MemoryPeak();
  /** Who held the memory at the peak. */
  readonly holders = new MemoryHolders();
  private readonly totals: MemoryTotals;
  private readonly budget: TimeBudget;
  private readonly pss: PssWalk;
  private readonly bounds: SharedMemoryBounds;
  private readonly unmapped: UnmappedMemory;
  /** The time of the last sample, and since the one before it. */
  private atMs = Number.NaN;
  private sinceMs = Number.NaN;
  private walkedAllAt: number;
  private walkedAllResident = 0;
  private tightenedAt = Number.NEGATIVE_INFINITY;
  private readonly now: () => number;

  /** `group`: the command's own, whose figures are preferred. `now` and `cpuMs` as in `TreeParts`. */
  constructor(
    processes: Processes,
    private readonly group: GroupMemoryCounts | undefined,
    { now, cpuMs, damage }: { readonly now: () => number; readonly cpuMs: () => number; readonly damage: FileDamage },
  ) {
    this.now = now;
    this.totals = new MemoryTotals(processes, damage);
    this.budget = new TimeBudget(WALKS_SHARE, WALKS_ADVANCE_MS, now);
    this.pss = new PssWalk(processes, cpuMs, damage);
    this.bounds = new SharedMemoryBounds(this.pss, this.budget, processes.pageBytes);
    this.unmapped = new UnmappedMemory(processes, now);
    this.walkedAllAt = now() + FIRST_AFTER_MS - SOON_MS;
  }

  /** Reads the status of each that lives, if it has changed. Throws ParseError. */
  readStatuses(descendants: readonly Descendant[]): void {
    let highest = 0;
    for (const { memory, ended } of descendants) {
      if (ended || !this.totals.readIfChanged(memory)) continue;
      if (memory.ignoresChildren) this.ignoresChildren = true;
      if (memory.isOwn) highest += memory.highestBytes + memory.hugeBytes;
    }
    if (descendants.length > 0) this.raiseBound(highest);
  }

  /** Raises the bound above the peak to so much at least; NaN: not known. */
  raiseBound(bytes: number): void {
    if (bytes > this.peakBoundBytes || Number.isNaN(this.peakBoundBytes)) this.peakBoundBytes = bytes;
  }

  /** Takes a sample. `hasStatuses`: `readStatuses` has just been called. Throws SystemError, ParseError. */
  update(accounts: ProcessAccounts, hasStatuses: boolean, atMs: number): void {
    this.take(accounts, hasStatuses, atMs);
    const hasWalk = accounts.processes > 0 && this.isWalkDue(accounts);
    if (hasWalk) this.walkAll(accounts);
    this.holders.takeAt(this.peak.bytes, accounts, hasWalk && !Number.isNaN(this.proportionalBytes), atMs);
  }

  /** Takes the state between two samples, for its peak: the same without the walk for figures that no row would have. */
  peek(accounts: ProcessAccounts, hasStatuses: boolean, atMs: number): void {
    this.take(accounts, hasStatuses, atMs);
    this.holders.takeAt(this.peak.bytes, accounts, false, atMs);
  }

  private take(accounts: ProcessAccounts, hasStatuses: boolean, atMs: number): void {
    const { group } = this;
    const hasGroup = group !== undefined && !Number.isNaN(group.anonymousBytes);
    this.sinceMs = atMs - this.atMs;
    this.atMs = atMs;
    this.proportionalBytes = ABSENT;
    this.anonymousBytes = ABSENT;
    this.fileBytes = ABSENT;
    this.sharedBytes = ABSENT;
    const isOfGroup = hasGroup && !this.haveLeftGroup;
    if (isOfGroup) this.takeGroup(group, accounts.tracker.memories, hasStatuses);
    else if (hasGroup) this.peak.raise(heldBy(group), atMs);
    if (accounts.processes > 0 && !isOfGroup) this.sample(accounts.tracker, hasStatuses);
  }

  /** Reads what is needed to know whether there is a new peak, and raises it. */
  private sample(tracker: DescendantTracker, hasStatuses: boolean): void {
    const { totals, peak, bounds, unmapped } = this;
    const { memories } = tracker;
    if (peak.isAbove(totals.upperBytes(memories)) || unmapped.hasGrown()) totals.refresh(memories);
    else if (!hasStatuses) return;
    totals.update(memories);
    unmapped.update(memories);
    const { sharing, hiddenBytes, hiddenLargestBytes, hugeLowerBytes, hugeUpperBytes } = totals;
    const alone = totals.aloneAnonymousBytes + totals.aloneSharedBytes;
    let lower = alone + hugeLowerBytes + unmapped.lowerBytes;
    const others = hugeUpperBytes + hiddenBytes + unmapped.lowerBytes;
    let upper = alone + others;
    if (sharing.length > 0) {
      this.tighten(tracker, upper);
      lower += bounds.lowerBytes;
      upper += bounds.upperBytes;
    }
    peak.raise(Math.max(lower, hiddenLargestBytes), this.atMs);
    if (peak.isAbove(upper)) peak.addOpen(upper, alone + others, sharing);
    if (unmapped.upperBytes > unmapped.lowerBytes)
      peak.addUnknowable(lower + unmapped.upperBytes - unmapped.lowerBytes);
    if (totals.isIncomplete) peak.addIncomplete();
    this.takeTotals();
  }

  /** Bounds the memory that may be shared, with a walk if there may be a new peak: once a second if that is unlikely. */
  private tighten(tracker: DescendantTracker, othersBytes: number): void {
    const { totals, peak, bounds } = this;
    bounds.update(totals);
    if (!bounds.isExact && peak.isAbove(othersBytes + bounds.worstUpperBytes)) {
      const isLikely = peak.isAbove(othersBytes + bounds.upperBytes);
      if (isLikely || this.now() - this.tightenedAt >= SOON_MS) {
        bounds.tighten(totals, tracker, this.sinceMs);
        this.tightenedAt = this.now();
      }
    }
    if (bounds.isExact) peak.close(bounds.lowerBytes, totals.sharing);
  }

  /** Takes the figures of the sample, unless a process hides its own. */
  private takeTotals(): void {
    const { totals, bounds } = this;
    const { hugeLowerBytes } = totals;
    if (totals.isIncomplete || totals.hiddenBytes > 0 || totals.hugeUpperBytes > hugeLowerBytes) return;
    const isAlone = totals.sharing.length === 0;
    this.anonymousBytes = totals.aloneAnonymousBytes + hugeLowerBytes + (isAlone ? 0 : bounds.anonymousBytes);
    this.sharedBytes = totals.aloneSharedBytes + this.unmapped.lowerBytes + (isAlone ? 0 : bounds.sharedBytes);
    if (totals.living === 1) this.fileBytes = totals.fileBytes;
  }

  /** Groups of memory do not count reserved huge pages, nor processes that have left them. */
  private takeGroup(group: GroupMemoryCounts, memories: readonly ProcessMemory[], hasStatuses: boolean): void {
    const { totals, peak } = this;
    let huge = 0;
    for (const { hugeBytes } of memories) if (hugeBytes > huge) huge = hugeBytes;
    this.anonymousBytes = group.anonymousBytes;
    this.fileBytes = group.fileBytes;
    this.sharedBytes = group.sharedBytes;
    peak.raise(heldBy(group) + huge, this.atMs);
    if (!hasStatuses) return;
    totals.update(memories);
    const held = totals.aloneAnonymousBytes + totals.aloneSharedBytes + totals.sharingLowerBytes;
    if (!(held + huge > peak.bytes && isFarMore(held, heldBy(group)))) return;
    // It was read a little earlier: memory that was taken since is in it by now.
    group.refresh();
    if (!isFarMore(held, heldBy(group))) return;
    this.haveLeftGroup = true;
    peak.raise(held + huge, this.atMs);
  }

  private isWalkDue({ tracker, residentBytes }: ProcessAccounts): boolean {
    const sinceMs = this.now() - this.walkedAllAt;
    const isHigh = sinceMs >= SOON_MS && residentBytes > this.walkedAllResident * NEW_HIGH;
    if (!isHigh && sinceMs < WALK_EVERY_MS) return false;
    return this.budget.allows(withReserve(this.pss.expectedMs(tracker.memories)));
  }

  /** Only a walk has proportional memory, and of several processes the memory of files. */
  private walkAll({ tracker, residentBytes }: ProcessAccounts): void {
    const { pss } = this;
    this.budget.spend(pss.run(tracker.memories));
    this.walkedAllAt = this.now();
    this.walkedAllResident = Math.max(this.walkedAllResident, residentBytes);
    this.proportionalBytes = pss.proportionalBytes;
    if (Number.isNaN(this.fileBytes)) this.fileBytes = pss.fileBytes;
  }
}
