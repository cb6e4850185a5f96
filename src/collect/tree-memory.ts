import type { Processes } from "../proc/processes.ts";
import { Budget } from "./budget.ts";
import { ABSENT } from "./collector.ts";
import type { TreeAccounts } from "./tree-accounts.ts";
import type { TreeDetails } from "./tree-details.ts";
import { TreeShares } from "./tree-shares.ts";

/** How much of all time the walks over pages may take, and how much of it in advance. */
const SHARE = 0.01;
const ADVANCE_MS = 50;

/** A walk is due so often; at once where the resident memory is so much above what it was at any walk; and soon where less. */
const WALK_EVERY_MS = 5000;
const NEW_HIGH = 1.05;
const SOON_MS = 1000;
const SMALL_NEW_HIGH = 1.005;

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
  /** Highest simultaneous anonymous and shared memory, and the time of its sample. */
  peakBytes = ABSENT;
  peakAtMs = ABSENT;
  /** The most that processes which lived at one sample can have held, files included. */
  boundBytes = ABSENT;
  private readonly shares: TreeShares;
  private readonly budget: Budget;
  private walkedAt = Number.NEGATIVE_INFINITY;
  private walkedResident = 0;
  /** The highest that there was no time to look into. */
  private missedResident = 0;

  constructor(
    processes: Processes,
    private readonly now: () => number,
  ) {
    this.shares = new TreeShares(processes, now);
    this.budget = new Budget(SHARE, ADVANCE_MS, now);
  }

  /** The highest that was looked into is not the highest that there was: the peak may have been more. */
  get isLowerBound(): boolean {
    return this.missedResident > this.walkedResident;
  }

  /** Takes the state of now; `atMs`: the sample's time. Throws ParseError. */
  update(tree: TreeAccounts, details: TreeDetails, atMs: number): void {
    this.proportionalBytes = ABSENT;
    this.anonymousBytes = ABSENT;
    this.fileBytes = ABSENT;
    this.sharedBytes = ABSENT;
    if (tree.residentBytes === 0) return;
    if (details.fresh) this.takeDetails(details);
    if (this.isDue(tree)) this.walk(tree);
    this.raisePeak(this.anonymousBytes + this.sharedBytes, atMs);
  }

  /** Takes what the command's own group says instead. */
  takeGroup(group: GroupMemoryCounts, atMs: number): void {
    this.anonymousBytes = group.anonymousBytes;
    this.fileBytes = group.fileBytes;
    this.sharedBytes = group.sharedBytes;
    const kernel = Number.isNaN(group.kernelBytes) ? 0 : group.kernelBytes;
    this.raisePeak(group.anonymousBytes + group.sharedBytes + kernel, atMs);
  }

  /** So much was held at one time. */
  raisePeak(bytes: number, atMs: number): void {
    // Nothing is greater than NaN, nor less.
    if (Number.isNaN(bytes) || bytes <= this.peakBytes) return;
    this.peakBytes = bytes;
    this.peakAtMs = atMs;
  }

  private takeDetails(details: TreeDetails): void {
    this.anonymousBytes = details.anonymousBytes;
    this.fileBytes = details.fileBytes;
    this.sharedBytes = details.sharedBytes;
    if (!(details.highestBytes <= this.boundBytes)) this.boundBytes = details.highestBytes;
  }

  private isDue(tree: TreeAccounts): boolean {
    const sinceMs = this.now() - this.walkedAt;
    const isHigh = this.isHigh(tree.residentBytes, sinceMs);
    if (sinceMs < WALK_EVERY_MS && !isHigh) return false;
    if (this.budget.allows(this.shares.expectedMs(tree.members, tree.residentBytes))) return true;
    if (isHigh) this.missedResident = Math.max(this.missedResident, tree.residentBytes);
    return false;
  }

  /** Whether there may be a new peak. A single process' status says what it is at every sample, without a walk. */
  private isHigh(residentBytes: number, sinceMs: number): boolean {
    if (!Number.isNaN(this.anonymousBytes)) return false;
    return residentBytes > this.walkedResident * (sinceMs < SOON_MS ? NEW_HIGH : SMALL_NEW_HIGH);
  }

  private walk(tree: TreeAccounts): void {
    this.budget.spend(this.shares.update(tree.members, tree.residentBytes));
    this.walkedAt = this.now();
    this.walkedResident = Math.max(this.walkedResident, tree.residentBytes);
    const { shares } = this;
    this.proportionalBytes = shares.proportionalBytes;
    if (!Number.isNaN(this.anonymousBytes)) return;
    this.anonymousBytes = shares.anonymousBytes;
    this.fileBytes = shares.fileBytes;
    this.sharedBytes = shares.sharedBytes;
  }
}
