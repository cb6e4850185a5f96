import { CgroupCpuMax } from "../../proc/cgroup.ts";
import { NumberFile } from "../../proc/number-file.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { ABSENT } from "../collector.ts";
import { KernelSources } from "../kernel-source.ts";
import { type Cgroup, type CgroupHierarchies, foldersUpwards } from "./cgroup-hierarchy.ts";

/**
 * The fact that has the CPU quota at the command's start, in CPUs: the lowest of its group and of those above it. `max`:
 * none holds for the command's own group, whatever holds for ours.
 */
export const CPU_QUOTA = "cpus_quota";

/** A CPU quota, in a period. */
interface CpuQuota {
  /** NaN: there is no quota. */
  readonly quotaMicroseconds: number;
  readonly periodMicroseconds: number;
}

const NO_QUOTA: CpuQuota = { quotaMicroseconds: ABSENT, periodMicroseconds: ABSENT };

/**
 * The limits that hold for a cgroup: of each kind the lowest of its own and of those above it that can be seen; NaN where
 * there is no limit.
 */
export class CgroupLimits {
  /** That of the cgroup which allows the fewest cores. */
  cpu = NO_QUOTA;
  memoryBytes = ABSENT;
  swapBytes = ABSENT;
  tasks = ABSENT;
  private readonly files: KernelSources;
  private readonly quotas: readonly CpuQuota[];
  private readonly memory: readonly NumberFile[];
  /** In version 1, limits of memory and swap together. */
  private readonly swap: readonly NumberFile[];
  private readonly pids: readonly NumberFile[];
  private readonly swapHasMemory: boolean;

  /** Reads every file. */
  constructor(proc: ProcFs, hierarchies: CgroupHierarchies) {
    this.files = new KernelSources(proc);
    const memory = hierarchies.of("memory");
    this.quotas = this.addQuotas(hierarchies.of("cpu"));
    this.memory = this.add(memory, "memory.limit_in_bytes", "memory.max");
    this.swap = this.add(memory, "memory.memsw.limit_in_bytes", "memory.swap.max");
    this.pids = this.add(hierarchies.of("pids"), "pids.max", "pids.max");
    this.swapHasMemory = memory?.version === 1;
    this.refresh();
  }

  /** Whether quotas are set in this hierarchy, be there one or not. */
  get hasCpu(): boolean {
    return this.quotas.length > 0;
  }

  /** CPU quota in cores. */
  get cores(): number {
    return coresOf(this.cpu);
  }

  /** Reads every file. A value whose file fails is NaN; `check()` throws the failure. */
  refresh(): void {
    this.files.refresh();
    this.cpu = NO_QUOTA;
    // No comparison holds with a quota that is NaN, be it this one or the lowest so far.
    for (const quota of this.quotas)
      if (!(Number.isNaN(quota.quotaMicroseconds) || coresOf(quota) >= this.cores)) this.cpu = quota;
    this.memoryBytes = lowest(this.memory);
    const swap = lowest(this.swap);
    this.swapBytes = Math.max(0, this.swapHasMemory ? swap - this.memoryBytes : swap);
    this.tasks = lowest(this.pids);
  }

  /** Throws the first failure of the last refresh: ForbiddenError, ParseError. */
  check(): void {
    this.files.check();
  }

  /** Adds a file of a cgroup and of each above it, by its name in version 1 and 2. */
  private add(cgroup: Cgroup | undefined, v1: string, v2: string): NumberFile[] {
    const file = cgroup?.version === 1 ? v1 : v2;
    return foldersUpwards(cgroup).flatMap((folder) => {
      const number = new NumberFile(file, true);
      return this.files.add(`${folder}/${file}`, number) ? [number] : [];
    });
  }

  private addQuotas(cgroup: Cgroup | undefined): CpuQuota[] {
    return foldersUpwards(cgroup).flatMap((folder): CpuQuota[] => {
      if (cgroup?.version === 1) return this.addQuotaV1(folder);
      const max = new CgroupCpuMax();
      return this.files.add(`${folder}/cpu.max`, max) ? [max] : [];
    });
  }

  /** Adds version 1's two files. */
  private addQuotaV1(folder: string): CpuQuota[] {
    const quota = new NumberFile("cpu.cfs_quota_us", true);
    const period = new NumberFile("cpu.cfs_period_us");
    const added = [
      this.files.add(`${folder}/cpu.cfs_quota_us`, quota),
      this.files.add(`${folder}/cpu.cfs_period_us`, period),
    ];
    if (added.includes(false)) return [];
    return [
      {
        get quotaMicroseconds() {
          return quota.value;
        },
        get periodMicroseconds() {
          return period.value;
        },
      },
    ];
  }
}

function coresOf({ quotaMicroseconds, periodMicroseconds }: CpuQuota): number {
  return quotaMicroseconds / periodMicroseconds;
}

/** Returns the lowest limit; NaN: there is none. */
function lowest(limits: readonly NumberFile[]): number {
  let least = ABSENT;
  for (const { value } of limits) if (!Number.isNaN(value) && !(value >= least)) least = value;
  return least;
}
