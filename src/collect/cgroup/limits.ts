import { CgroupCpuMax } from "../../proc/cgroup-cpu.ts";
import { CgroupNumber } from "../../proc/cgroup-number.ts";
import type { CgroupPlace } from "../../proc/cgroup-places.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { ABSENT } from "../collector.ts";
import { KernelSources } from "../kernel-source.ts";
import type { GroupFolders } from "./folders.ts";

/** The limits that hold for a group: of each kind the lowest of its own and those above it, as far as they can be seen. */
export class GroupLimits {
  /** CPU quota and its period, of the group that allows the fewest cores; NaN: there is no quota. */
  quotaMicroseconds = ABSENT;
  periodMicroseconds = ABSENT;
  memoryBytes = ABSENT;
  swapBytes = ABSENT;
  tasks = ABSENT;
  private readonly files: KernelSources;
  private readonly quotas: readonly CpuQuota[];
  private readonly memory: readonly CgroupNumber[];
  /** In version 1 of memory and swap together. */
  private readonly swap: readonly CgroupNumber[];
  private readonly pids: readonly CgroupNumber[];
  private readonly swapHasMemory: boolean;

  constructor(proc: ProcFs, folders: GroupFolders) {
    const files = new KernelSources(proc);
    this.files = files;
    const numbers = (controller: string, v1: string, v2: string) => {
      const place = folders.of(controller);
      const file = place?.version === 1 ? v1 : v2;
      return levelsOf(place).flatMap((folder) => {
        const number = new CgroupNumber(file);
        return files.add(`${folder}/${file}`, number) ? [number] : [];
      });
    };
    this.quotas = quotasOf(files, folders.of("cpu"));
    this.memory = numbers("memory", "memory.limit_in_bytes", "memory.max");
    this.swap = numbers("memory", "memory.memsw.limit_in_bytes", "memory.swap.max");
    this.pids = numbers("pids", "pids.max", "pids.max");
    this.swapHasMemory = folders.of("memory")?.version === 1;
    this.update();
  }

  /** CPU quota; NaN: there is none. */
  get cores(): number {
    return this.quotaMicroseconds / this.periodMicroseconds;
  }

  /** Reads every file anew. What fails is absent, and told by `check()`. */
  update(): void {
    this.files.refresh();
    this.quotaMicroseconds = ABSENT;
    this.periodMicroseconds = ABSENT;
    for (const { quotaMicroseconds: quota, periodMicroseconds: period } of this.quotas) {
      // No comparison holds with a quota that is absent, neither this one nor the lowest until now.
      if (Number.isNaN(quota) || quota / period >= this.cores) continue;
      this.quotaMicroseconds = quota;
      this.periodMicroseconds = period;
    }
    this.memoryBytes = lowest(this.memory);
    const swap = lowest(this.swap);
    this.swapBytes = Math.max(0, this.swapHasMemory ? swap - this.memoryBytes : swap);
    this.tasks = lowest(this.pids);
  }

  /** Throws what the last update met first: ForbiddenError, ParseError. */
  check(): void {
    this.files.check();
  }
}

interface CpuQuota {
  readonly quotaMicroseconds: number;
  readonly periodMicroseconds: number;
}

/** The quotas of a group and of those above it. */
function quotasOf(files: KernelSources, place: CgroupPlace | undefined): CpuQuota[] {
  return levelsOf(place).flatMap((folder): CpuQuota[] => {
    if (place?.version === 2) {
      const max = new CgroupCpuMax();
      return files.add(`${folder}/cpu.max`, max) ? [max] : [];
    }
    const quota = new CgroupNumber("cpu.cfs_quota_us");
    const period = new CgroupNumber("cpu.cfs_period_us");
    const both = [files.add(`${folder}/cpu.cfs_quota_us`, quota), files.add(`${folder}/cpu.cfs_period_us`, period)];
    return both.every(Boolean) ? [new QuotaOfV1(quota, period)] : [];
  });
}

/** Version 1 has a file for each number. */
class QuotaOfV1 implements CpuQuota {
  constructor(
    private readonly quota: CgroupNumber,
    private readonly period: CgroupNumber,
  ) {}

  get quotaMicroseconds(): number {
    return this.quota.value;
  }
  get periodMicroseconds(): number {
    return this.period.value;
  }
}

/** A group's folder and those above it that can be seen, the lowest first. */
function levelsOf(place: CgroupPlace | undefined): string[] {
  if (place === undefined) return [];
  const levels = [place.folder];
  for (let folder = place.folder; folder.length > place.top.length; ) {
    folder = folder.slice(0, folder.lastIndexOf("/"));
    levels.push(folder);
  }
  return levels;
}

/** NaN: none of them is a limit. */
function lowest(limits: readonly CgroupNumber[]): number {
  let least = ABSENT;
  for (const { value } of limits) if (!(value >= least)) least = Number.isNaN(value) ? least : value;
  return least;
}
