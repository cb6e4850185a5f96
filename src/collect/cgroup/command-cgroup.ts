import { COMMAND, type Fact, type SeriesKey } from "../../catalog/index.ts";
import { ABSENT, type Collector } from "../collector.ts";
import { AppearingColumns, type Column, column } from "../columns.ts";
import { type CgroupLimits, CPU_QUOTA } from "./cgroup-limits.ts";
import { type CgroupStats, pressureColumns } from "./cgroup-stats.ts";

/**
 * What only a cgroup of its own says of the command. Its sample refreshes the statistics, and must be taken before those
 * of other collectors that use them.
 */
export class CommandCgroupCollector implements Collector {
  readonly name = "command_group";
  private readonly columns: AppearingColumns;
  private started = false;
  /** Whether the next sample is the one at the command's start, which is completed after it. */
  private isStarting = false;
  /** Whether the files have been read for the sample that is being taken. */
  private isRefreshed = false;

  /** `limits` reads what holds for the group. */
  constructor(
    private readonly stats: CgroupStats,
    private readonly limits: () => Pick<CgroupLimits, "cores" | "hasCpu">,
  ) {
    this.columns = new AppearingColumns(columnsOf(stats));
  }

  describe(): readonly SeriesKey[] {
    return this.columns.describe();
  }

  /** Recorded before that of the group which we are in, whose quota need not hold for a folder elsewhere. */
  facts(): readonly Fact[] {
    // A group that was given up is not the command's.
    if (this.stats.sources.length === 0) return [];
    const { cores, hasCpu } = this.limits();
    return hasCpu ? [[CPU_QUOTA, Number.isNaN(cores) ? "max" : String(cores)]] : [];
  }

  sample(row: Float64Array): boolean {
    const { stats, columns } = this;
    if (!this.isRefreshed) stats.refresh();
    this.isRefreshed = true;
    // Until the command starts, the cgroup is empty: there is nothing to measure yet.
    if (!this.started) row.fill(ABSENT);
    else if (!columns.fill(row)) return false;
    if (this.isStarting) empty(row);
    this.isStarting = false;
    this.isRefreshed = false;
    stats.check();
    return true;
  }

  commandStarting(): void {
    this.started = true;
    this.isStarting = true;
  }
}

/** What the command has used by now, it used after the time of the sample at its start: the group was made for it. */
function empty(row: Float64Array): void {
  for (let i = 0; i < row.length; i++) if (row[i]! > 0) row[i] = 0;
}

function columnsOf(stats: CgroupStats): Column[] {
  const { cpu, memory } = stats;
  return [
    column(COMMAND.memoryKernel, () => memory.kernelBytes),
    column(COMMAND.memoryPeakWithCache, () => memory.peakBytes),
    column(COMMAND.tasksPeak, () => stats.tasksPeak),
    column(COMMAND.throttledSeconds, () => cpu.quota.throttledSeconds),
    column(COMMAND.throttledPeriods, () => cpu.quota.throttledPeriods),
    column(COMMAND.oomKills, () => memory.oomKills),
    ...pressureColumns(COMMAND.pressure, stats),
  ];
}
