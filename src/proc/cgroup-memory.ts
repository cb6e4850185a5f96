import { KeyedNumbers } from "./keyed-numbers.ts";

/** The parts of a group's memory; NaN: this kernel does not tell it apart. */
export interface CgroupMemory {
  /** Heap, stacks and other memory without a file. */
  readonly anonymousBytes: number;
  /** Page cache, the shared memory below included. */
  readonly cacheBytes: number;
  /** Shared memory and tmpfs. */
  readonly sharedBytes: number;
}

/** memory.stat of version 2; every line counts the groups below, too. */
export class CgroupMemoryStat implements CgroupMemory {
  private readonly lines = new KeyedNumbers("memory.stat", [
    "anon",
    "file",
    "kernel",
    "kernel_stack",
    "pagetables",
    "percpu",
    "sock",
    "shmem",
    "slab",
  ]);

  get anonymousBytes(): number {
    return this.lines.values[0]!;
  }
  get cacheBytes(): number {
    return this.lines.values[1]!;
  }
  get sharedBytes(): number {
    return this.lines.values[7]!;
  }
  /** `kernel` (Linux 5.18), or the parts of it that were told before; and sockets' buffers, which are beside it. */
  get kernelBytes(): number {
    const { values } = this.lines;
    const kernel = values[2]!;
    const known = Number.isNaN(kernel) ? sum(values[3]!, values[4]!, values[5]!, values[8]!) : kernel;
    return sum(known, values[6]!);
  }

  parse(bytes: Uint8Array): void {
    this.lines.parse(bytes);
  }

  clear(): void {
    this.lines.clear();
  }
}

/** The sum of those that are there; NaN: none is. */
function sum(a: number, b: number, c = Number.NaN, d = Number.NaN): number {
  let total = a;
  if (!Number.isNaN(b)) total = Number.isNaN(total) ? b : total + b;
  if (!Number.isNaN(c)) total = Number.isNaN(total) ? c : total + c;
  if (!Number.isNaN(d)) total = Number.isNaN(total) ? d : total + d;
  return total;
}

/** memory.stat of version 1: the `total_` lines, which count the groups below, too. */
export class MemoryStatV1 implements CgroupMemory {
  private readonly lines = new KeyedNumbers("memory.stat", ["total_cache", "total_rss", "total_shmem"]);

  get cacheBytes(): number {
    return this.lines.values[0]!;
  }
  /** `rss` is no resident set: it is what is neither page cache nor shared. */
  get anonymousBytes(): number {
    return this.lines.values[1]!;
  }
  /** NaN before Linux 3.17; it is then in the cache alone. */
  get sharedBytes(): number {
    return this.lines.values[2]!;
  }

  parse(bytes: Uint8Array): void {
    this.lines.parse(bytes);
  }

  clear(): void {
    this.lines.clear();
  }
}

/** oom_kill of memory.events (version 2) or memory.oom_control (version 1), both since Linux 4.13. */
export class CgroupOomKills {
  private readonly lines: KeyedNumbers;

  constructor(where: string) {
    this.lines = new KeyedNumbers(where, ["oom_kill"]);
  }

  /** Processes that the kernel killed because the group was at its limit; NaN: it does not count them. */
  get kills(): number {
    return this.lines.values[0]!;
  }

  parse(bytes: Uint8Array): void {
    this.lines.parse(bytes);
  }

  clear(): void {
    this.lines.clear();
  }
}
