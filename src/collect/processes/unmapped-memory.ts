import type { Processes } from "../../proc/processes.ts";
import type { ProcessMemory } from "./process-memory.ts";
import { TimeBudget } from "./pss-walk.ts";

/** The machine's shared memory moves by less than this all the time. */
const NOISE_BYTES = 2 ** 20;

/** How much of all time may go into the descriptors, how much of it in advance, and what those of a process take at first. */
const SHARE = 0.003;
const ADVANCE_MS = 10;
const FIRST_GUESS_MS = 0.2;

/**
 * Memory in files that no process maps: memfd_create(2), and files of a tmpfs such as /dev/shm. No figure of a process
 * has it. The machine's shared memory has, and says when it is worth looking at the descriptors of the processes.
 *
 * Let G be what the machine's shared memory has grown by since it was least, from the command's start on. Let F be what is in
 * the open tmpfs files of the tree, whose processes map between m (the largest) and M (all of them) of shared memory. They
 * hold in addition to that at least min(F, G) - M, as all that they map may be in these files, and at most G - m.
 */
export class UnmappedMemory {
  lowerBytes = 0;
  upperBytes = 0;
  /** The least that the machine's shared memory was since the start: others may have given some of theirs back. */
  private leastBytes: number;
  /** The most that it had grown by at an update. */
  private seenBytes = 0;
  private readonly files = new Map<string, number>();
  private readonly budget: TimeBudget;
  private msPerProcess = FIRST_GUESS_MS;

  /** `processes` were last listed before the command's start. */
  constructor(
    private readonly processes: Processes,
    private readonly now: () => number,
  ) {
    this.leastBytes = processes.sharedMemoryBytes;
    this.budget = new TimeBudget(SHARE, ADVANCE_MS, now);
  }

  /** Whether the machine's shared memory has grown by more than at any update: then one is worth its readings. */
  hasGrown(): boolean {
    const { sharedMemoryBytes } = this.processes;
    if (sharedMemoryBytes < this.leastBytes) this.leastBytes = sharedMemoryBytes;
    return sharedMemoryBytes - this.leastBytes >= this.seenBytes + NOISE_BYTES;
  }

  /** Takes the state of now. The shared memory of each was just read. */
  update(memories: readonly ProcessMemory[]): void {
    this.lowerBytes = 0;
    this.upperBytes = 0;
    const { sharedMemoryBytes } = this.processes;
    this.leastBytes = Math.min(this.leastBytes, sharedMemoryBytes);
    const grown = sharedMemoryBytes - this.leastBytes;
    if (grown > this.seenBytes) this.seenBytes = grown;
    if (!(grown >= NOISE_BYTES)) return;
    let mapped = 0;
    let largest = 0;
    for (const { isOwn, sharedBytes } of memories) {
      if (!isOwn || !(sharedBytes > 0)) continue;
      mapped += sharedBytes;
      if (sharedBytes > largest) largest = sharedBytes;
    }
    const most = grown - largest;
    if (most < NOISE_BYTES) return;
    this.upperBytes = most;
    this.lowerBytes = Math.max(0, Math.min(this.inFiles(memories), grown) - mapped);
    // What others of the machine have taken is not worth a doubt if it is so little.
    if (most - this.lowerBytes < NOISE_BYTES) this.upperBytes = this.lowerBytes;
  }

  /** Returns the bytes in tmpfs files that they have open, each file once; 0: there is no time to look. */
  private inFiles(memories: readonly ProcessMemory[]): number {
    if (!this.budget.allows(memories.length * this.msPerProcess)) return 0;
    const { processes, files } = this;
    const began = this.now();
    files.clear();
    for (const { thread } of memories) processes.addTmpfsFiles(thread, files);
    let sum = 0;
    for (const bytes of files.values()) sum += bytes;
    const took = this.now() - began;
    this.budget.spend(took);
    this.msPerProcess = took / memories.length;
    return sum;
  }
}
