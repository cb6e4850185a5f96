import { CgroupIoStat, SummedDevices } from "../../proc/cgroup-io.ts";
import { CgroupNumber } from "../../proc/cgroup-number.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { Psi } from "../../proc/psi.ts";
import { ABSENT } from "../collector.ts";
import { KernelSources } from "../kernel-source.ts";
import { GroupCpu } from "./cpu.ts";
import type { GroupFolders } from "./folders.ts";
import { type GroupMemory, groupMemory } from "./memory.ts";

/** What a group used, by both versions and hybrids of them, as it was at the last update; NaN: not offered. */
export class GroupFigures {
  readonly cpuPressure = new Psi();
  readonly memoryPressure = new Psi();
  readonly ioPressure = new Psi();
  /** Where the figures come from, by resource, for `statexec_accounting_info`; none once they were given up. */
  sources: readonly (readonly [resource: string, source: string])[];
  private readonly files: KernelSources;
  private readonly cpu: GroupCpu;
  private readonly memory: GroupMemory | undefined;
  private readonly pids = new CgroupNumber("pids.current");
  private io: CgroupIoStat | undefined;
  private readonly disks: SummedDevices;

  /** `scope`: a container's are fewer, kernel memory and storage are not among them. */
  constructor(proc: ProcFs, folders: GroupFolders, scope: "command" | "container") {
    const files = new KernelSources(proc);
    this.files = files;
    this.cpu = new GroupCpu(files, folders);
    this.memory = groupMemory(files, folders, scope);
    const { unified } = folders;
    const pids = folders.of("pids");
    if (pids) files.add(`${pids.folder}/pids.current`, this.pids);
    this.disks = new SummedDevices(proc);
    if (unified) {
      const io = new CgroupIoStat();
      if (scope === "command" && files.add(`${unified.folder}/io.stat`, io)) this.io = io;
      files.add(`${unified.folder}/cpu.pressure`, this.cpuPressure);
      files.add(`${unified.folder}/memory.pressure`, this.memoryPressure);
      files.add(`${unified.folder}/io.pressure`, this.ioPressure);
    }
    this.update();
    this.sources = this.namedSources();
  }

  get userSeconds(): number {
    return this.cpu.userSeconds;
  }
  get systemSeconds(): number {
    return this.cpu.systemSeconds;
  }
  /** Quota periods that passed while the group wanted CPU. */
  get periods(): number {
    return this.cpu.periods;
  }
  get throttledPeriods(): number {
    return this.cpu.throttledPeriods;
  }
  get throttledSeconds(): number {
    return this.cpu.throttledSeconds;
  }
  /** What counts against the limit, page cache included. */
  get usedBytes(): number {
    return this.memory?.used ?? ABSENT;
  }
  get peakWithCacheBytes(): number {
    return this.memory?.peak ?? ABSENT;
  }
  get swapBytes(): number {
    return this.memory?.swap ?? ABSENT;
  }
  get anonymousBytes(): number {
    return this.memory?.anonymous ?? ABSENT;
  }
  /** Page cache with the shared memory that is in it. */
  get cacheBytes(): number {
    return this.memory?.cache ?? ABSENT;
  }
  /** Page cache of files alone; two lines of one text, which the kernel may not have counted at one moment. */
  get fileBytes(): number {
    return Math.max(0, this.cacheBytes - this.sharedBytes);
  }
  get sharedBytes(): number {
    return this.memory?.shared ?? ABSENT;
  }
  get kernelBytes(): number {
    return this.memory?.kernel ?? ABSENT;
  }
  get oomKills(): number {
    return this.memory?.oomKills ?? ABSENT;
  }
  /** Processes and threads. */
  get tasks(): number {
    return this.pids.value;
  }
  get diskReadBytes(): number {
    return this.io ? this.disks.sum(this.io.devices, this.io.readBytes) : ABSENT;
  }
  get diskWriteBytes(): number {
    return this.io ? this.disks.sum(this.io.devices, this.io.writtenBytes) : ABSENT;
  }

  /** Reads every file anew. What fails is absent, and told by `check()`. */
  update(): void {
    this.files.refresh();
    this.cpu.update();
  }

  /** Throws what the last update met first: ForbiddenError, ParseError. */
  check(): void {
    this.files.check();
  }

  /** The group is not what was to be measured after all: from now on nothing is offered. */
  giveUp(): void {
    this.files.close();
    this.cpu.clear();
    this.io = undefined;
    this.sources = [];
  }

  private namedSources(): [resource: string, source: string][] {
    const named: [string, string][] = [];
    if (!Number.isNaN(this.userSeconds)) named.push(["cpu", `cgroup${this.cpu.version}`]);
    if (!Number.isNaN(this.anonymousBytes)) named.push(["memory", `cgroup${this.memory?.version}`]);
    if (!Number.isNaN(this.anonymousBytes)) named.push(["memory_peak", `cgroup${this.memory?.version}`]);
    if (this.io) named.push(["io", "cgroup2"]);
    return named;
  }
}
