import { CgroupCpuStat, CpuacctStat } from "../../proc/cgroup-cpu.ts";
import { CgroupNumber } from "../../proc/cgroup-number.ts";
import { ABSENT } from "../collector.ts";
import type { KernelSources } from "../kernel-source.ts";
import type { GroupFolders } from "./folders.ts";

const NANOSECONDS = 1e9;

/** CPU time of a group, and how its quota held it back. */
export class GroupCpu {
  userSeconds = ABSENT;
  systemSeconds = ABSENT;
  /** Which version has the times; undefined: none. */
  readonly version: 1 | 2 | undefined;
  private readonly stat = new CgroupCpuStat();
  private readonly quota: CgroupCpuStat;
  private readonly usage = new CgroupNumber("cpuacct.usage");
  private readonly parts = new CpuacctStat();

  constructor(files: KernelSources, folders: GroupFolders) {
    const times = folders.of("cpuacct");
    const quota = folders.of("cpu");
    this.version = times?.version;
    if (times?.version === 2) files.add(`${times.folder}/cpu.stat`, this.stat);
    if (times?.version === 1) {
      files.add(`${times.folder}/cpuacct.usage`, this.usage);
      files.add(`${times.folder}/cpuacct.stat`, this.parts);
    }
    this.quota = quota?.version === 1 ? new CgroupCpuStat() : this.stat;
    if (quota?.version === 1) files.add(`${quota.folder}/cpu.stat`, this.quota);
  }

  /** Quota periods that passed. */
  get periods(): number {
    return this.quota.periods;
  }
  get throttledPeriods(): number {
    return this.quota.throttledPeriods;
  }
  get throttledSeconds(): number {
    return this.quota.throttledSeconds;
  }

  /** Takes over what the files said last. */
  update(): void {
    if (this.version === 1) {
      this.split(this.usage.value / NANOSECONDS);
    } else {
      this.userSeconds = this.stat.userSeconds;
      this.systemSeconds = this.stat.systemSeconds;
    }
  }

  clear(): void {
    this.userSeconds = ABSENT;
    this.systemSeconds = ABSENT;
  }

  /**
   * Version 1 has an exact sum, and parts in ticks that need not add up to it: the sum is split by their proportion. Where
   * that moves, the part that would fall stands still until it is right again, so that both only grow.
   */
  private split(total: number): void {
    const { userSeconds: user, systemSeconds: system } = this.parts;
    const ticks = user + system;
    // Absent stays absent: no comparison holds with it.
    let share = ticks === 0 ? total : (total * user) / ticks;
    if (share < this.userSeconds) share = this.userSeconds;
    if (share > total - this.systemSeconds) share = total - this.systemSeconds;
    this.userSeconds = share;
    this.systemSeconds = total - share;
  }
}
