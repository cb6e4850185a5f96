import { MACHINE, type SeriesKey, series } from "../catalog/index.ts";
import { Meminfo } from "../proc/meminfo.ts";
import type { ProcFs } from "../proc/procfs.ts";
import { ABSENT, type Collector } from "./collector.ts";
import { Source } from "./source.ts";

/** The machine's memory, from /proc/meminfo. */
export class MemoryCollector implements Collector {
  readonly name = "memory";
  private readonly meminfo = new Meminfo();
  private readonly source: Source;

  constructor(proc: ProcFs) {
    this.source = new Source(proc, "/proc/meminfo", this.meminfo);
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
    ];
  }

  facts(): readonly (readonly [fact: string, value: string])[] {
    const { totalBytes } = this.meminfo;
    return Number.isNaN(totalBytes) ? [] : [["memory_bytes", String(totalBytes)]];
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.update();
    const { totalBytes, availableBytes, freeBytes, buffersBytes, cachedBytes, reclaimableSlabBytes } = this.meminfo;
    // Kernels that do not tell reclaimable slab apart have nothing to add to the page cache.
    const cached = Number.isNaN(reclaimableSlabBytes) ? cachedBytes : cachedBytes + reclaimableSlabBytes;
    const rest = totalBytes - freeBytes - buffersBytes - cached;
    // Containers that mix their own total with the machine's cache can have less than nothing left: that is no figure.
    const used = rest < 0 ? ABSENT : rest;
    row[0] = totalBytes;
    row[1] = availableBytes;
    row[2] = used;
    row[3] = freeBytes;
    row[4] = buffersBytes;
    row[5] = cached;
    row[6] = (used / totalBytes) * 100;
    return true;
  }
}
