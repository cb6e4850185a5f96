import { ALL_CPUS, type Fact, KERNEL, MACHINE, type SeriesKey, series } from "../../catalog/index.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { CPU_MODES, Stat } from "../../proc/stat.ts";
import { cpuModel } from "../../proc/sys-devices.ts";
import { ABSENT, type Collector, type CollectorContext, type MakeCollector } from "../collector.ts";
import { type Column, column, fillColumns, keysOf, RowColumns } from "../columns.ts";
import { KernelSource } from "../kernel-source.ts";

const COUNTS: readonly Column<Stat>[] = [
  column(KERNEL.cpusOnline, ({ online }) => online),
  column(KERNEL.tasksRunning, (stat) => stat.count("procs_running")),
  column(KERNEL.tasksBlocked, (stat) => stat.count("procs_blocked")),
  column(KERNEL.contextSwitches, (stat) => stat.count("ctxt")),
  column(KERNEL.interrupts, (stat) => stat.count("intr")),
  column(KERNEL.forks, (stat) => stat.count("processes")),
];

/**
 * The kernel takes idle and iowait from clocks of other CPUs, and they may step back a little (proc_stat(5) warns of
 * iowait). A fall below this is such a step, and the last value stands; a greater one is a counter that began again.
 */
const HELD_FALL_SECONDS = 3;

/**
 * CPU time by CPU and mode, and the counts of /proc/stat. A CPU that is offline has no points; back online it has its old
 * series.
 */
class CpuCollector implements Collector {
  readonly name: string;
  private readonly proc: ProcFs;
  /** Whether there is one series for all CPUs in place of one each. */
  private readonly total: boolean;
  private readonly stat: Stat;
  private readonly columns: RowColumns<(typeof CPU_MODES)[number]>;
  private readonly source: KernelSource;
  /** The last value of each CPU and mode, also of CPUs that are offline. */
  private last = new Float64Array(0);

  constructor({ name, proc, otherWay }: CollectorContext) {
    this.name = name;
    this.proc = proc;
    this.total = otherWay;
    this.stat = new Stat(otherWay);
    this.columns = new RowColumns(this.stat.cpus);
    this.source = new KernelSource(proc, "/proc/stat", this.stat);
  }

  describe(): readonly SeriesKey[] {
    this.source.probe();
    const { names } = this.stat.cpus;
    const last = new Float64Array(names.all.length * CPU_MODES.length).fill(ABSENT);
    last.set(this.last);
    this.last = last;
    const label = (cpu: string) => (this.total ? ALL_CPUS : cpu);
    const modes = CPU_MODES.map((mode) => ({
      field: mode,
      key: (cpu: string) => series(MACHINE.cpuSeconds, { cpu: label(cpu), mode }),
    }));
    const times = this.columns.describe([...names.all.keys()], modes);
    return this.source.exists ? [...keysOf(COUNTS), ...times] : [];
  }

  facts(): readonly Fact[] {
    const { online } = this.stat;
    if (this.columns.count === 0 || Number.isNaN(online)) return [];
    const model = cpuModel(this.proc);
    return [["cpus", String(online)], ...(model === undefined ? [] : [["cpu_model", model] as const])];
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.refresh();
    if (this.stat.cpus.names.all.length !== this.columns.count) return false;
    this.holdFalls(this.stat.cpus.values);
    this.columns.fill(row, fillColumns(row, 0, COUNTS, this.stat));
    return true;
  }

  /** Puts the last value in place of one that stepped back. */
  private holdFalls(seconds: Float64Array): void {
    const { last } = this;
    for (let i = 0; i < last.length; i++) {
      const fall = last[i]! - seconds[i]!;
      if (fall > 0 && fall < HELD_FALL_SECONDS) seconds[i] = last[i]!;
      else if (!Number.isNaN(seconds[i])) last[i] = seconds[i]!;
    }
  }
}

export const cpu: MakeCollector = (context) => new CpuCollector(context);
