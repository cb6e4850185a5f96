import { ForbiddenError } from "../errors.ts";
import type { Processes } from "../proc/processes.ts";
import { SmapsRollup } from "../proc/smaps-rollup.ts";
import { ABSENT } from "./collector.ts";
import type { Member } from "./tree-member.ts";

/** What the kernel takes to walk a process' pages, at first: some 8 ms a GiB, and more on a slow machine. */
const FIRST_GUESS_MS_PER_BYTE = 12 / 2 ** 30;
const FIRST_GUESS_MS_PER_PROCESS = 0.1;

/** The tree's memory with shared parts counted once: each process' proportional share, which the kernel adds up page by page. */
export class TreeShares {
  /** Sums over the living, as of the last update; ABSENT where one of them would not say. */
  proportionalBytes = ABSENT;
  anonymousBytes = ABSENT;
  fileBytes = ABSENT;
  sharedBytes = ABSENT;
  private costFactor = 1;
  private readonly rollup = new SmapsRollup();

  constructor(
    private readonly processes: Processes,
    private readonly now: () => number,
  ) {}

  /** What an update would take. */
  expectedMs(members: readonly Member[], residentBytes: number): number {
    return this.costFactor * guess(members.length, residentBytes);
  }

  /** Reads them all; what it took. Throws ParseError. */
  update(members: readonly Member[], residentBytes: number): number {
    const began = this.now();
    this.proportionalBytes = 0;
    this.anonymousBytes = 0;
    this.fileBytes = 0;
    this.sharedBytes = 0;
    for (const member of members) if (!member.ended && !member.borrows) this.add(member.pid);
    const took = this.now() - began;
    const guessed = guess(members.length, residentBytes);
    if (guessed > 0) this.costFactor = Math.max(took / guessed, this.costFactor / 2);
    return took;
  }

  private add(pid: number): void {
    const bytes = this.read(pid);
    if (bytes === undefined) return;
    this.rollup.parse(bytes);
    // A process that has no memory, on its way to its end, has an empty file.
    if (Number.isNaN(this.rollup.proportionalBytes)) return;
    this.proportionalBytes += this.rollup.proportionalBytes;
    this.anonymousBytes += this.rollup.anonymousBytes;
    this.fileBytes += this.rollup.fileBytes;
    this.sharedBytes += this.rollup.sharedBytes;
  }

  private read(pid: number): Uint8Array | undefined {
    try {
      return this.processes.read(pid, "smaps_rollup");
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      this.proportionalBytes = ABSENT;
      this.anonymousBytes = ABSENT;
      this.fileBytes = ABSENT;
      this.sharedBytes = ABSENT;
      return undefined;
    }
  }
}

function guess(processes: number, residentBytes: number): number {
  return processes * FIRST_GUESS_MS_PER_PROCESS + residentBytes * FIRST_GUESS_MS_PER_BYTE;
}
