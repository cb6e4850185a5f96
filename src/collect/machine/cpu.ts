import { ALL_CPUS, KERNEL, MACHINE, type SeriesKey, series } from "../../catalog/index.ts";
import { ForbiddenError } from "../../errors.ts";
import { parseCpuModel } from "../../proc/cpuinfo.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { CPU_MODES, Stat } from "../../proc/stat.ts";
import { ABSENT, type Collector, type CollectorKind } from "../collector.ts";
import { Source } from "../source.ts";

const [PATH] = FIXED_FILES.cpu;

export const CPU: CollectorKind = {
  name: "cpu",
  what: "CPU time by CPU and mode, tasks, switches, interrupts",
  reads: [PATH],
  way: { name: "total", what: "the sum of all CPUs instead of each" },
  make: (proc, total) => new CpuCollector(proc, total),
};

/** Of the machine, beside the CPUs' times: the first series of the row. */
const COUNTS = [
  series(KERNEL.cpusOnline),
  series(KERNEL.tasksRunning),
  series(KERNEL.tasksBlocked),
  series(KERNEL.contextSwitches),
  series(KERNEL.interrupts),
  series(KERNEL.forks),
] as const;

/**
 * The kernel takes idle and iowait from clocks of other CPUs, and they may step back a little (proc_stat(5) warns of
 * iowait). A fall below this is such a step, and the last value stands; a greater one is a counter that began anew.
 */
const HELD_FALL_SECONDS = 3;

/** CPU time by CPU and mode and what else /proc/stat counts. A CPU that is offline has no points; back online it has its old series. */
export class CpuCollector implements Collector {
  readonly name = CPU.name;
  private readonly stat: Stat;
  private readonly source: Source;
  private described = 0;
  /** The last value of each cell, kept while a CPU is offline. */
  private last = new Float64Array(0);

  /** `total`: the sum of all CPUs in place of each. */
  constructor(
    private readonly proc: ProcFs,
    private readonly total = false,
  ) {
    this.stat = new Stat(total);
    this.source = new Source(proc, PATH, this.stat);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    const cpus = this.stat.names.all;
    this.described = cpus.length;
    const last = new Float64Array(cpus.length * CPU_MODES.length).fill(ABSENT);
    last.set(this.last);
    this.last = last;
    if (!this.source.exists) return [];
    const names = this.total ? cpus.map(() => ALL_CPUS) : cpus;
    const times = names.flatMap((cpu) => CPU_MODES.map((mode) => series(MACHINE.cpuSeconds, { cpu, mode })));
    return [...COUNTS, ...times];
  }

  facts(): readonly (readonly [fact: string, value: string])[] {
    if (this.described === 0 || Number.isNaN(this.stat.online)) return [];
    const model = this.model();
    return [["cpus", String(this.stat.online)], ...(model === undefined ? [] : [["cpu_model", model] as const])];
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.update();
    if (this.stat.names.all.length !== this.described) return false;
    const { last, stat } = this;
    const { seconds } = stat;
    row[0] = stat.online;
    row[1] = stat.tasksRunning;
    row[2] = stat.tasksBlocked;
    row[3] = stat.contextSwitches;
    row[4] = stat.interrupts;
    row[5] = stat.forks;
    for (let cell = 0; cell < last.length; cell++) {
      const now = seconds[cell]!;
      const fall = last[cell]! - now;
      const value = fall > 0 && fall < HELD_FALL_SECONDS ? last[cell]! : now;
      if (!Number.isNaN(value)) last[cell] = value;
      row[COUNTS.length + cell] = value;
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
