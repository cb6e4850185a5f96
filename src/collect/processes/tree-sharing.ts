import type { Processes } from "../../proc/processes.ts";
import { ABSENT } from "../collector.ts";
import type { Budget } from "./budget.ts";
import type { Holdings } from "./tree-holdings.ts";
import type { Member } from "./tree-member.ts";
import { TreeShares } from "./tree-shares.ts";

/** Figures that differ by no more than this share of them are the same. */
export const NEAR = 0.005;

/**
 * How much time there is to be for a walk that the peak may not gain by: while much moves, or a process may have just
 * begun to, a walk takes longer, and another one is to be possible afterwards.
 */
export function withReserve(expectedMs: number): number {
  return Math.max(3 * expectedMs, Math.min(15 * expectedMs, 250));
}

/** Who can tell whether processes have been copied meanwhile. */
export interface Forking {
  readonly members: readonly Member[];
  haveForked(parents: readonly Member[]): boolean;
}

/**
 * What those hold together that may share memory: between two bounds, which a walk over their pages brings together.
 *
 * Between two walks each process takes pages and gives some back. What it gives back lessens the memory of all by no
 * more than that; what it takes of anonymous memory adds as much, unless it comes back from swap; shared memory that it
 * takes may be there already. So all that they hold has grown by no more than what each has taken; and of anonymous
 * memory it has grown no less than the sum of what each holds more or less.
 */
export class Sharing {
  /** They hold so much at least, and at most as long as none gives back pages and takes larger ones instead. */
  leastBytes = 0;
  mostBytes = 0;
  /** They hold no more than this, whatever they did. */
  surelyMostBytes = 0;
  /** Told apart; ABSENT where only the sum is known. */
  anonymousBytes = ABSENT;
  sharedBytes = ABSENT;
  readonly shares: TreeShares;
  /** Of the last walk: its number, what all of them held together, by what that may be off, and what each held. */
  private walk = 0;
  private walkedBytes = Number.NaN;
  private walkedMoved = 0;
  private walkedEach = 0;

  constructor(
    private readonly processes: Processes,
    private readonly budget: Budget,
    cpuMs: () => number,
  ) {
    this.shares = new TreeShares(processes, cpuMs);
  }

  /** The bounds are one figure. */
  get isTold(): boolean {
    return this.mostBytes <= this.leastBytes * (1 + NEAR);
  }

  /** Bounds by what is known without a walk, and by the last one. */
  bound({ sharing, sharingLeast, sharingMost }: Holdings): void {
    this.anonymousBytes = ABSENT;
    this.sharedBytes = ABSENT;
    this.leastBytes = sharingLeast;
    this.mostBytes = sharingMost;
    this.surelyMostBytes = sharingMost;
    if (Number.isNaN(this.walkedBytes)) return;
    const { pageBytes } = this.processes;
    let [kept, taken, moved] = [0, 0, 0];
    for (const member of sharing) {
      const { holding } = member;
      const isWalked = holding.walk === this.walk;
      const hasMoved = !isWalked || holding.hasMoved(member);
      if (isWalked && !holding.mayHaveSwapped(member)) kept += holding.anonymousBytes;
      if (!hasMoved) kept += holding.walkedSharedBytes;
      taken += isWalked ? holding.takenBytes(member, pageBytes) : holding.bytes;
      if (hasMoved) moved += holding.bytes;
    }
    const { walkedBytes, walkedMoved, walkedEach } = this;
    this.leastBytes = Math.max(sharingLeast, walkedBytes - walkedMoved - walkedEach + kept);
    this.mostBytes = Math.min(sharingMost, walkedBytes + walkedMoved + taken);
    this.surelyMostBytes = Math.min(sharingMost, walkedBytes + walkedMoved + moved);
  }

  /**
   * Walks over their pages if there is time. While much moves a walk takes long and tells little: it is only made where
   * there is time for others after it. `sinceMs`: how long ago the members were seen before. Throws ParseError.
   */
  look(holdings: Holdings, tree: Forking, sinceMs: number): void {
    const { shares, budget } = this;
    const { sharing } = holdings;
    const expectedMs = shares.expectedMs(sharing);
    const wouldMove = (this.movedBytes(sharing) / sinceMs) * expectedMs;
    // What moves meanwhile keeps the bounds apart on either side.
    if (4 * wouldMove > this.mostBytes - this.leastBytes) return;
    const isCalm = wouldMove <= NEAR * this.leastBytes && !this.hasNew(sharing);
    if (!budget.allows(isCalm ? expectedMs : withReserve(expectedMs))) return;
    shares.begin(sharing);
    budget.spend(shares.walk(sharing));
    const total = shares.anonymousBytes + shares.sharedBytes;
    if (Number.isNaN(total)) return;
    const joined = shares.sharedBytes > 0 ? holdings.joinedBytes(tree.members) : 0;
    const moved = shares.movedBytes(sharing) + joined;
    // While a copy is there that was not walked over, the shares of what it was copied from are too small.
    if (shares.haveWaited || tree.haveForked(sharing)) this.leastBytes = Math.max(this.leastBytes, total - moved);
    else this.take(holdings, total, moved);
  }

  private take({ sharing, sharingLeast, sharingMost }: Holdings, total: number, moved: number): void {
    const { shares } = this;
    const isTold = moved <= NEAR * total;
    this.leastBytes = Math.max(sharingLeast, Math.min(sharingMost, isTold ? total : total - moved));
    this.mostBytes = Math.max(this.leastBytes, isTold ? 0 : Math.min(sharingMost, total + moved));
    this.surelyMostBytes = this.mostBytes;
    if (isTold) {
      this.anonymousBytes = shares.anonymousBytes;
      this.sharedBytes = shares.sharedBytes;
    }
    this.keep(sharing, total, moved);
  }

  /** How much was taken or given back between the last two times that they were seen. */
  private movedBytes(sharing: readonly Member[]): number {
    const { pageBytes } = this.processes;
    let moved = 0;
    for (const { newFaults, changedBytes } of sharing) moved += newFaults * pageBytes + changedBytes;
    return moved;
  }

  private hasNew(sharing: readonly Member[]): boolean {
    for (const { isNew } of sharing) if (isNew) return true;
    return false;
  }

  private keep(sharing: readonly Member[], total: number, moved: number): void {
    this.walk++;
    this.walkedBytes = total;
    this.walkedMoved = moved;
    this.walkedEach = 0;
    for (const member of sharing) {
      member.holding.walked(this.walk, member);
      this.walkedEach += member.holding.bytes;
    }
  }
}
