import { MACHINE, type SeriesKey, series } from "../catalog/index.ts";
import { ForbiddenError } from "../errors.ts";
import { parseCpuModel } from "../proc/cpuinfo.ts";
import type { ProcFs } from "../proc/procfs.ts";
import { CPU_MODES, Stat } from "../proc/stat.ts";
import { ABSENT, type Collector } from "./collector.ts";
import { Source } from "./source.ts";

/**
 * The kernel takes idle and iowait from clocks of other CPUs, and they may step back a little (proc_stat(5) warns of
 * iowait). A fall below this is such a step, and the last value stands; a greater one is a counter that began anew.
 */
const HELD_FALL_SECONDS = 3;

/** CPU time by CPU and mode, from /proc/stat. A CPU that is offline has no points; back online it has its old series. */
export class CpuCollector implements Collector {
  readonly name = "cpu";
  private readonly stat = new Stat();
  private readonly source: Source;
  private described = 0;
  /** The last value of each cell, kept while a CPU is offline. */
  private last = new Float64Array(0);

  constructor(private readonly proc: ProcFs) {
    this.source = new Source(proc, "/proc/stat", this.stat);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    const cpus = this.stat.names.all;
    this.described = cpus.length;
    const last = new Float64Array(cpus.length * CPU_MODES.length).fill(ABSENT);
    last.set(this.last);
    this.last = last;
    return cpus.flatMap((cpu) => CPU_MODES.map((mode) => series(MACHINE.cpuSeconds, { cpu, mode })));
  }

  facts(): readonly (readonly [fact: string, value: string])[] {
    if (this.described === 0) return [];
    const online = this.stat.names.all.filter((_, cpu) => this.stat.isOnline(cpu)).length;
    const model = this.model();
    return [["cpus", String(online)], ...(model === undefined ? [] : [["cpu_model", model] as const])];
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.update();
    if (this.stat.names.all.length !== this.described) return false;
    const { last } = this;
    const { seconds } = this.stat;
    for (let cell = 0; cell < last.length; cell++) {
      const now = seconds[cell]!;
      const fall = last[cell]! - now;
      const value = fall > 0 && fall < HELD_FALL_SECONDS ? last[cell]! : now;
      if (!Number.isNaN(value)) last[cell] = value;
      row[cell] = value;
    }
    return true;
  }

  /** Undefined also where /proc/cpuinfo is refused, as some sandboxes do: a fact that is not known costs no run. */
  private model(): string | undefined {
    try {
      const bytes = this.proc.read("/proc/cpuinfo");
      return bytes && parseCpuModel(bytes);
    } catch (error) {
      if (error instanceof ForbiddenError) return undefined;
      throw error;
    }
  }
}
