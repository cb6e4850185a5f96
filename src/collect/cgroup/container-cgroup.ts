import { CONTAINER, type Fact, type SeriesKey } from "../../catalog/index.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { ABSENT, type Collector, type MakeCollector } from "../collector.ts";
import { AppearingColumns, type Column, column } from "../columns.ts";
import { type Cgroup, type CgroupHierarchies, ownHierarchies } from "./cgroup-hierarchy.ts";
import { CgroupLimits, CPU_QUOTA } from "./cgroup-limits.ts";
import { CgroupStats, pressureColumns } from "./cgroup-stats.ts";

/** Limits seldom change, and each cgroup above has files of its own: they are read once in so many samples. */
const SAMPLES_A_LIMIT = 10;

export const container: MakeCollector = ({ proc }) => new ContainerCollector(proc);

/**
 * The cgroup that statexec itself runs in, be it a container's or a service's, and the limits that hold there. It has no
 * series in the root cgroup: the machine's own say the same.
 */
export class ContainerCollector implements Collector {
  readonly name = "container";
  private readonly hierarchies: CgroupHierarchies | undefined;
  /** Why the cgroup was not found. It is thrown by each sample, and does not stop a start. */
  private readonly failure: unknown;
  private files: ContainerFiles | undefined;

  /** Finds the cgroup now: statexec may leave it for another one to make room for the command's. */
  constructor(private readonly proc: ProcFs) {
    try {
      this.hierarchies = ownHierarchies(proc);
    } catch (error) {
      this.failure = error;
    }
  }

  describe(): readonly SeriesKey[] {
    if (this.hierarchies === undefined || this.hierarchies.isEmpty) return [];
    this.files ??= new ContainerFiles(this.proc, this.hierarchies);
    return this.files.columns.describe();
  }

  facts(): readonly Fact[] {
    const { files, hierarchies } = this;
    const cores = files?.limits.cores ?? ABSENT;
    const facts: Fact[] = Number.isNaN(cores) ? [] : [[CPU_QUOTA, String(cores)]];
    // What holds for CPU time holds for memory only where both are of one kind.
    if (hierarchies && isClosed(hierarchies.of("memory")) && isClosed(hierarchies.of("cpuacct")))
      facts.push(["container_is_closed", "yes"]);
    return facts;
  }

  sample(row: Float64Array): boolean {
    if (this.failure !== undefined) throw this.failure;
    return this.files?.sample(row) ?? true;
  }
}

/** Whether nothing that we start can leave a cgroup: it is the highest that can be seen, as a container's is. */
function isClosed(cgroup: Cgroup | undefined): boolean {
  return cgroup !== undefined && cgroup.folder === cgroup.mountPoint;
}

/** The files of the cgroup and those above it, and the series that are read from them. */
class ContainerFiles {
  readonly columns: AppearingColumns;
  readonly limits: CgroupLimits;
  private readonly stats: CgroupStats;
  private samplesSinceLimits = 0;
  /** Whether the files have been read for the sample that is being taken: for the first one, when they were opened. */
  private isRefreshed = true;

  constructor(proc: ProcFs, hierarchies: CgroupHierarchies) {
    this.stats = new CgroupStats(proc, hierarchies, "container");
    this.limits = new CgroupLimits(proc, hierarchies);
    this.columns = new AppearingColumns([...limitColumns(this.limits), ...statsColumns(this.stats)]);
  }

  sample(row: Float64Array): boolean {
    if (!this.isRefreshed) this.refresh();
    this.isRefreshed = true;
    if (!this.columns.fill(row)) return false;
    this.isRefreshed = false;
    this.limits.check();
    this.stats.check();
    return true;
  }

  private refresh(): void {
    if (++this.samplesSinceLimits === SAMPLES_A_LIMIT) {
      this.limits.refresh();
      this.samplesSinceLimits = 0;
    }
    this.stats.refresh();
  }
}

function limitColumns(limits: CgroupLimits): Column[] {
  return [
    column(CONTAINER.cpuLimit, () => limits.cores),
    column(CONTAINER.memoryLimit, () => limits.memoryBytes),
    column(CONTAINER.swapLimit, () => limits.swapBytes),
    column(CONTAINER.tasksLimit, () => limits.tasks),
  ];
}

function statsColumns(stats: CgroupStats): Column[] {
  const { cpu, memory } = stats;
  return [
    column(CONTAINER.cpuSeconds, { mode: "user" }, () => cpu.userSeconds),
    column(CONTAINER.cpuSeconds, { mode: "system" }, () => cpu.systemSeconds),
    column(CONTAINER.cpuPeriods, () => cpu.quota.periods),
    column(CONTAINER.throttledPeriods, () => cpu.quota.throttledPeriods),
    column(CONTAINER.throttledSeconds, () => cpu.quota.throttledSeconds),
    column(CONTAINER.memoryUsed, () => memory.usedBytes),
    column(CONTAINER.memoryAnonymous, () => memory.stat.anonymousBytes),
    column(CONTAINER.memoryFile, () => memory.stat.cacheBytes),
    column(CONTAINER.memoryPeak, () => memory.peakBytes),
    column(CONTAINER.swapUsed, () => memory.swapBytes),
    column(CONTAINER.oomKills, () => memory.oomKills),
    column(CONTAINER.tasks, () => stats.tasks),
    ...pressureColumns(CONTAINER.pressure, stats),
  ];
}
