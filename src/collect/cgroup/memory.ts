import { CgroupMemoryStat, CgroupOomKills, MemoryStatV1 } from "../../proc/cgroup-memory.ts";
import { CgroupNumber } from "../../proc/cgroup-number.ts";
import type { KernelSources } from "../kernel-source.ts";
import type { GroupFolders } from "./folders.ts";

/** The memory of a group, in bytes; NaN: not offered. */
export interface GroupMemory {
  readonly version: 1 | 2;
  /** What counts against the limit, page cache included. */
  readonly used: number;
  /** The highest that it was since the group was made. */
  readonly peak: number;
  readonly swap: number;
  readonly anonymous: number;
  /** Page cache, with the shared memory and tmpfs that are in it. */
  readonly cache: number;
  readonly shared: number;
  /** Page tables, stacks, slab, sockets' buffers. */
  readonly kernel: number;
  /** Processes that the kernel killed for memory. */
  readonly oomKills: number;
}

/** Undefined: the group has no memory controller in either version. */
export function groupMemory(
  files: KernelSources,
  folders: GroupFolders,
  scope: "command" | "container",
): GroupMemory | undefined {
  const place = folders.of("memory");
  if (place === undefined) return undefined;
  if (place.version === 2) return new MemoryOfV2(files, place.folder);
  const memory = new MemoryOfV1(files, place.folder);
  // Version 1 has files for it, which cost as much as all others together.
  if (scope === "command") memory.addKernel(files, place.folder);
  return memory;
}

class MemoryOfV2 implements GroupMemory {
  readonly version = 2;
  private readonly usedFile = new CgroupNumber("memory.current");
  private readonly peakFile = new CgroupNumber("memory.peak");
  private readonly swapFile = new CgroupNumber("memory.swap.current");
  private readonly stat = new CgroupMemoryStat();
  private readonly events = new CgroupOomKills("memory.events");

  constructor(files: KernelSources, folder: string) {
    files.add(`${folder}/memory.current`, this.usedFile);
    files.add(`${folder}/memory.peak`, this.peakFile);
    files.add(`${folder}/memory.swap.current`, this.swapFile);
    files.add(`${folder}/memory.stat`, this.stat);
    files.add(`${folder}/memory.events`, this.events);
  }

  get used(): number {
    return this.usedFile.value;
  }
  /** NaN before Linux 5.19. */
  get peak(): number {
    return this.peakFile.value;
  }
  get swap(): number {
    return this.swapFile.value;
  }
  get anonymous(): number {
    return this.stat.anonymousBytes;
  }
  get cache(): number {
    return this.stat.cacheBytes;
  }
  get shared(): number {
    return this.stat.sharedBytes;
  }
  get kernel(): number {
    return this.stat.kernelBytes;
  }
  get oomKills(): number {
    return this.events.kills;
  }
}

class MemoryOfV1 implements GroupMemory {
  readonly version = 1;
  private readonly usedFile = new CgroupNumber("memory.usage_in_bytes");
  private readonly peakFile = new CgroupNumber("memory.max_usage_in_bytes");
  private readonly withSwapFile = new CgroupNumber("memory.memsw.usage_in_bytes");
  private readonly kernelFile = new CgroupNumber("memory.kmem.usage_in_bytes");
  private readonly socketsFile = new CgroupNumber("memory.kmem.tcp.usage_in_bytes");
  private readonly stat = new MemoryStatV1();
  private readonly events = new CgroupOomKills("memory.oom_control");

  constructor(files: KernelSources, folder: string) {
    files.add(`${folder}/memory.usage_in_bytes`, this.usedFile);
    files.add(`${folder}/memory.max_usage_in_bytes`, this.peakFile);
    files.add(`${folder}/memory.memsw.usage_in_bytes`, this.withSwapFile);
    files.add(`${folder}/memory.stat`, this.stat);
    files.add(`${folder}/memory.oom_control`, this.events);
  }

  addKernel(files: KernelSources, folder: string): void {
    files.add(`${folder}/memory.kmem.usage_in_bytes`, this.kernelFile);
    files.add(`${folder}/memory.kmem.tcp.usage_in_bytes`, this.socketsFile);
  }

  get used(): number {
    return this.usedFile.value;
  }
  get peak(): number {
    return this.peakFile.value;
  }
  /** Two files, read one after the other: what was freed in between is no negative swap. */
  get swap(): number {
    return Math.max(0, this.withSwapFile.value - this.usedFile.value);
  }
  get anonymous(): number {
    return this.stat.anonymousBytes;
  }
  get cache(): number {
    return this.stat.cacheBytes;
  }
  get shared(): number {
    return this.stat.sharedBytes;
  }
  /** TCP's buffers are told apart; a kernel that does not count them has none. */
  get kernel(): number {
    const sockets = this.socketsFile.value;
    return Number.isNaN(sockets) ? this.kernelFile.value : this.kernelFile.value + sockets;
  }
  get oomKills(): number {
    return this.events.kills;
  }
}
