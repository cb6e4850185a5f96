import { CONTAINER, type SeriesKey, series } from "../../catalog/index.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import type { Psi } from "../../proc/psi.ts";
import type { Collector, MakeCollector } from "../collector.ts";
import { AppearingColumns, type Column } from "../columns.ts";
import { GroupFigures } from "./figures.ts";
import { type GroupFolders, ownFolders } from "./folders.ts";
import { GroupLimits } from "./limits.ts";

/** Limits seldom change, and have a file for each group above: they are read at every so many samples. */
const SAMPLES_A_LIMIT = 10;

export const container: MakeCollector = ({ proc }) => new ContainerCollector(proc);

/** What is read of the group. */
interface Group {
  readonly figures: GroupFigures;
  readonly limits: GroupLimits;
  readonly columns: AppearingColumns;
}

/**
 * The group that statexec itself runs in, be it a container's or a service's, and the limits that hold there. In the
 * root of all groups there is nothing of the kind: the machine's own figures say it all.
 */
export class ContainerCollector implements Collector {
  readonly name = "container";
  private readonly folders: GroupFolders | undefined;
  /** Why the group was not found, which costs no run. */
  private readonly fault: unknown;
  private group: Group | undefined;
  private samples = 0;
  /** Read when the group was opened, for the sample that this was made for. */
  private isFresh = false;

  /** Finds the group now: statexec may go into another one to make room for the command's. */
  constructor(private readonly proc: ProcFs) {
    try {
      this.folders = ownFolders(proc);
    } catch (error) {
      this.fault = error;
    }
  }

  describe(): readonly SeriesKey[] {
    if (this.folders === undefined || this.folders.none) return [];
    this.group ??= this.open(this.folders);
    return this.group.columns.describe();
  }

  sample(row: Float64Array): boolean {
    if (this.fault !== undefined) throw this.fault;
    if (this.group === undefined) return true;
    const { figures, limits, columns } = this.group;
    const isFresh = this.isFresh;
    this.isFresh = false;
    if (this.samples++ % SAMPLES_A_LIMIT === 0 && !isFresh) limits.update();
    if (!isFresh) figures.update();
    if (!columns.fill(row)) return false;
    limits.check();
    figures.check();
    return true;
  }

  private open(folders: GroupFolders): Group {
    const figures = new GroupFigures(this.proc, folders, "container");
    const limits = new GroupLimits(this.proc, folders);
    this.isFresh = true;
    return { figures, limits, columns: new AppearingColumns([...limitColumns(limits), ...figureColumns(figures)]) };
  }
}

function limitColumns(limits: GroupLimits): Column[] {
  return [
    { key: series(CONTAINER.cpuLimit), value: () => limits.cores },
    { key: series(CONTAINER.memoryLimit), value: () => limits.memoryBytes },
    { key: series(CONTAINER.swapLimit), value: () => limits.swapBytes },
    { key: series(CONTAINER.tasksLimit), value: () => limits.tasks },
  ];
}

function figureColumns(figures: GroupFigures): Column[] {
  return [
    { key: series(CONTAINER.cpuSeconds, { mode: "user" }), value: () => figures.userSeconds },
    { key: series(CONTAINER.cpuSeconds, { mode: "system" }), value: () => figures.systemSeconds },
    { key: series(CONTAINER.cpuPeriods), value: () => figures.periods },
    { key: series(CONTAINER.throttledPeriods), value: () => figures.throttledPeriods },
    { key: series(CONTAINER.throttledSeconds), value: () => figures.throttledSeconds },
    { key: series(CONTAINER.memoryUsed), value: () => figures.usedBytes },
    { key: series(CONTAINER.memoryAnonymous), value: () => figures.anonymousBytes },
    { key: series(CONTAINER.memoryFile), value: () => figures.cacheBytes },
    { key: series(CONTAINER.memoryPeak), value: () => figures.peakWithCacheBytes },
    { key: series(CONTAINER.swapUsed), value: () => figures.swapBytes },
    { key: series(CONTAINER.oomKills), value: () => figures.oomKills },
    { key: series(CONTAINER.tasks), value: () => figures.tasks },
    ...pressureColumns("cpu", figures.cpuPressure),
    ...pressureColumns("memory", figures.memoryPressure),
    ...pressureColumns("io", figures.ioPressure),
  ];
}

function pressureColumns(resource: string, pressure: Psi): Column[] {
  return [
    { key: series(CONTAINER.pressure, { resource, mode: "some" }), value: () => pressure.someSeconds },
    { key: series(CONTAINER.pressure, { resource, mode: "full" }), value: () => pressure.fullSeconds },
  ];
}
