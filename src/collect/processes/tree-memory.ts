import type { Processes } from "../../proc/processes.ts";
import { ABSENT } from "../collector.ts";
import { Budget } from "./budget.ts";
import type { TreeAccounts } from "./tree-accounts.ts";
import type { TreeDetails } from "./tree-details.ts";
import { Holdings } from "./tree-holdings.ts";
import { TreePeak } from "./tree-peak.ts";
import { Sharing, withReserve } from "./tree-sharing.ts";

/** How much CPU time the walks over pages may take of all time, and how much of it in advance. */
const SHARE = 0.01;
const ADVANCE_MS = 50;

/**
 * A walk over all pages is due so often, and soon where the resident memory is so much above what it was at any: not at
 * once, as the first sample is of a program that has hardly begun.
 */
const WALK_EVERY_MS = 5000;
const SOON_MS = 1000;
const NEW_HIGH = 1.05;
const FIRST_AFTER_MS = 50;

/** A control group's memory. */
export interface GroupMemoryCounts {
  readonly anonymousBytes: number;
  readonly fileBytes: number;
  readonly sharedBytes: number;
  /** NaN: not counted apart. */
  readonly kernelBytes: number;
}

/** The tree's memory: what is known of it at a sample, and the highest until then. */
export class TreeMemory {
  /** ABSENT at a sample that did not look. */
  proportionalBytes = ABSENT;
  anonymousBytes = ABSENT;
  fileBytes = ABSENT;
  sharedBytes = ABSENT;
  /** The most that processes which lived at one sample can have held, files included. */
  boundBytes = ABSENT;
  readonly peak = new TreePeak();
  /** When the processes were seen of which an update is, and when before that. */
  private seenAt = Number.NaN;
  private seenBefore = Number.NaN;
  private readonly holdings: Holdings;
  private readonly budget: Budget;
  /** Made when the first processes may share memory, or the first walk is due. */
  private made: Sharing | undefined;
  private walkedAt: number;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private walkedResident = 0;

  constructor(
    private readonly processes: Processes,
    private readonly now: () => number,
    private readonly cpuMs: () => number,
  ) {
    this.holdings = new Holdings(processes);
    this.budget = new Budget(SHARE, ADVANCE_MS, now);
    this.walkedAt = now() + FIRST_AFTER_MS - SOON_MS;
  }

  /** The processes are being looked at for the next update. */
  begin(): void {
    this.seenBefore = this.seenAt;
    this.seenAt = this.now();
  }

  /** Takes the state of now; `atMs`: the sample's time; `group`: what the command's own says. Throws ParseError. */
  update(tree: TreeAccounts, details: TreeDetails, atMs: number, group?: GroupMemoryCounts): void {
    this.proportionalBytes = ABSENT;
    this.anonymousBytes = ABSENT;
    this.fileBytes = ABSENT;
    this.sharedBytes = ABSENT;
    if (details.fresh && !(details.highestBytes <= this.boundBytes)) this.boundBytes = details.highestBytes;
    if (group) this.takeGroup(group, atMs);
    if (tree.processes === 0) return;
    if (!group) this.lookForPeak(tree, details.fresh, atMs);
    if (this.isDue(tree)) this.walkAll(tree);
  }

  /** Whether there is a new peak: looked into as far as it takes to tell. */
  private lookForPeak(tree: TreeAccounts, isFresh: boolean, atMs: number): void {
    const { holdings, peak } = this;
    const { members } = tree;
    if (peak.isNews(holdings.most(members))) holdings.refresh(members);
    else if (!isFresh) return;
    holdings.sum(members);
    const { sharing, hiddenBytes, hiddenMost, aloneAnonymousBytes, aloneSharedBytes } = holdings;
    const alone = aloneAnonymousBytes + aloneSharedBytes;
    const shared = sharing.length > 0 ? this.lookAtSharing(tree, alone + hiddenBytes) : undefined;
    const most = alone + hiddenBytes + (shared?.mostBytes ?? 0);
    peak.raise(Math.max(alone + (shared?.leastBytes ?? 0), hiddenMost), atMs);
    if (peak.isNews(most)) peak.mayBe(most, alone + hiddenBytes, sharing);
    if (holdings.isShort) peak.missed();
    this.say(shared);
  }

  /** What those hold that may share memory; their pages are walked over where else there may be a new peak. */
  private lookAtSharing(tree: TreeAccounts, othersMost: number): Sharing {
    const { holdings, peak, sharing } = this;
    sharing.bound(holdings);
    if (!sharing.isTold && peak.isNews(othersMost + sharing.surelyMostBytes)) {
      const isUrgent = peak.isNews(othersMost + sharing.mostBytes) || this.now() - this.lookedAt >= SOON_MS;
      if (isUrgent) sharing.look(holdings, tree, this.seenAt - this.seenBefore);
      if (isUrgent) this.lookedAt = this.now();
    }
    if (sharing.isTold) peak.told(sharing.leastBytes, holdings.sharing);
    return sharing;
  }

  /** The sample's figures, as far as they are known to the process. */
  private say(shared: Sharing | undefined): void {
    const { holdings } = this;
    if (holdings.isShort || holdings.hiddenBytes > 0) return;
    this.anonymousBytes = holdings.aloneAnonymousBytes + (shared?.anonymousBytes ?? 0);
    this.sharedBytes = holdings.aloneSharedBytes + (shared?.sharedBytes ?? 0);
    if (holdings.living === 1) this.fileBytes = holdings.fileBytes;
  }

  private takeGroup(group: GroupMemoryCounts, atMs: number): void {
    this.anonymousBytes = group.anonymousBytes;
    this.fileBytes = group.fileBytes;
    this.sharedBytes = group.sharedBytes;
    const kernel = Number.isNaN(group.kernelBytes) ? 0 : group.kernelBytes;
    this.peak.raise(group.anonymousBytes + group.sharedBytes + kernel, atMs);
  }

  private isDue({ members, residentBytes }: TreeAccounts): boolean {
    const sinceMs = this.now() - this.walkedAt;
    const isHigh = sinceMs >= SOON_MS && residentBytes > this.walkedResident * NEW_HIGH;
    if (!isHigh && sinceMs < WALK_EVERY_MS) return false;
    return this.budget.allows(withReserve(this.sharing.shares.expectedMs(members)));
  }

  /** Proportional memory is known by such a walk alone, and of several processes how much of it is files. */
  private walkAll({ members, residentBytes }: TreeAccounts): void {
    const { shares } = this.sharing;
    this.budget.spend(shares.walk(members));
    this.walkedAt = this.now();
    this.walkedResident = Math.max(this.walkedResident, residentBytes);
    this.proportionalBytes = shares.proportionalBytes;
    if (Number.isNaN(this.fileBytes)) this.fileBytes = shares.fileBytes;
  }

  private get sharing(): Sharing {
    this.made ??= new Sharing(this.processes, this.budget, this.cpuMs);
    return this.made;
  }
}
