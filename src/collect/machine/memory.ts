import { KERNEL, MACHINE, type SeriesKey, series } from "../../catalog/index.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import { Meminfo } from "../../proc/meminfo.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { ABSENT, type Collector, type CollectorKind } from "../collector.ts";
import { Source } from "../source.ts";

const [PATH] = FIXED_FILES.memory;

export const MEMORY: CollectorKind = {
  name: "memory",
  what: "memory by use, swap space",
  reads: [PATH],
  make: (proc) => new MemoryCollector(proc),
};

/** The machine's memory, from /proc/meminfo. */
export class MemoryCollector implements Collector {
  readonly name = MEMORY.name;
  private readonly meminfo = new Meminfo();
  private readonly source: Source;

  constructor(proc: ProcFs) {
    this.source = new Source(proc, PATH, this.meminfo);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    if (!this.source.exists) return [];
    return [
      series(MACHINE.memoryTotal),
      series(MACHINE.memoryAvailable),
      series(MACHINE.memoryUsed),
      series(MACHINE.memoryFree),
      series(MACHINE.memoryBuffers),
      series(MACHINE.memoryCached),
      series(MACHINE.memoryUsedPercent),
      series(KERNEL.memoryAnonymous),
      series(KERNEL.memoryFile),
      series(KERNEL.memorySlab),
      series(KERNEL.memoryShared),
      series(KERNEL.memoryDirty),
      series(KERNEL.memoryWriteback),
      series(KERNEL.memoryHugePages),
      series(KERNEL.memoryCommitted),
      series(KERNEL.swapTotal),
      series(KERNEL.swapUsed),
    ];
  }

  facts(): readonly (readonly [fact: string, value: string])[] {
    const totalBytes = this.meminfo.bytesOf("MemTotal");
    return Number.isNaN(totalBytes) ? [] : [["memory_bytes", String(totalBytes)]];
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.update();
    const { meminfo } = this;
    const totalBytes = meminfo.bytesOf("MemTotal");
    const reclaimable = meminfo.bytesOf("SReclaimable");
    // Kernels that do not tell reclaimable slab apart have nothing to add to the page cache.
    const cached = meminfo.bytesOf("Cached") + (Number.isNaN(reclaimable) ? 0 : reclaimable);
    const rest = totalBytes - meminfo.bytesOf("MemFree") - meminfo.bytesOf("Buffers") - cached;
    // Containers that mix their own total with the machine's cache can have less than nothing left: that is no figure.
    const used = rest < 0 ? ABSENT : rest;
    row[0] = totalBytes;
    row[1] = meminfo.bytesOf("MemAvailable");
    row[2] = used;
    row[3] = meminfo.bytesOf("MemFree");
    row[4] = meminfo.bytesOf("Buffers");
    row[5] = cached;
    row[6] = (used / totalBytes) * 100;
    row[7] = meminfo.bytesOf("AnonPages");
    row[8] = meminfo.bytesOf("Active(file)") + meminfo.bytesOf("Inactive(file)");
    row[9] = meminfo.bytesOf("Slab");
    row[10] = meminfo.bytesOf("Shmem");
    row[11] = meminfo.bytesOf("Dirty");
    row[12] = meminfo.bytesOf("Writeback");
    row[13] = meminfo.hugePagesBytes;
    row[14] = meminfo.bytesOf("Committed_AS");
    row[15] = meminfo.bytesOf("SwapTotal");
    row[16] = meminfo.bytesOf("SwapTotal") - meminfo.bytesOf("SwapFree");
    return true;
  }
}
