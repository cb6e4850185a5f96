import type { COMMAND, CONTAINER } from "../../catalog/index.ts";
import { CgroupCpuStat, CgroupMemoryStat, CgroupOomKills, CpuacctStat } from "../../proc/cgroup.ts";
import { CgroupDiskSums, CgroupIoStat } from "../../proc/cgroup-io.ts";
import { NumberFile } from "../../proc/number-file.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { Psi } from "../../proc/psi.ts";
import { NANOSECONDS } from "../../proc/units.ts";
import { ABSENT } from "../collector.ts";
import { type Column, column } from "../columns.ts";
import { KernelSources } from "../kernel-source.ts";
import type { Cgroup, CgroupHierarchies } from "./cgroup-hierarchy.ts";

/** Whose statistics they are: those of a container leave out kernel memory and storage. */
type Scope = "command" | "container";

/** What a cgroup used, by version 1, 2 or both, as of the last refresh; NaN: the kernel does not say. */
export class CgroupStats {
  readonly cpu: CgroupCpu;
  readonly memory: CgroupMemory;
  readonly pressure = { cpu: new Psi(), memory: new Psi(), io: new Psi() };
  /** Where each resource's values come from, for `statexec_accounting_info`; empty after `giveUp()`. */
  sources: readonly (readonly [resource: string, source: string])[];
  private readonly files: KernelSources;
  private readonly pids: NumberFile;
  private readonly pidsPeak: NumberFile;
  private disks: CgroupDiskSums | undefined;

  /** Reads every file. */
  constructor(proc: ProcFs, hierarchies: CgroupHierarchies, scope: Scope) {
    const files = new KernelSources(proc);
    this.files = files;
    this.cpu = new CgroupCpu(files, hierarchies.of("cpuacct"), hierarchies.of("cpu"));
    this.memory = new CgroupMemory(files, hierarchies.of("memory"), scope);
    this.pids = addNumber(files, hierarchies.of("pids"), "pids.current");
    // Since Linux 6.1.
    this.pidsPeak = addNumber(files, scope === "command" ? hierarchies.of("pids") : undefined, "pids.peak");
    const { unified } = hierarchies;
    if (unified) {
      const io = new CgroupIoStat();
      if (scope === "command" && files.add(`${unified.folder}/io.stat`, io)) this.disks = new CgroupDiskSums(proc, io);
      for (const [resource, psi] of Object.entries(this.pressure))
        files.add(`${unified.folder}/${resource}.pressure`, psi);
    }
    this.refresh();
    this.sources = this.namedSources();
  }

  get userSeconds(): number {
    return this.cpu.userSeconds;
  }
  get systemSeconds(): number {
    return this.cpu.systemSeconds;
  }
  get anonymousBytes(): number {
    return this.memory.stat.anonymousBytes;
  }
  /** Page cache without shared memory. The kernel may not have counted the two at one moment. */
  get fileBytes(): number {
    return Math.max(0, this.memory.stat.cacheBytes - this.sharedBytes);
  }
  get sharedBytes(): number {
    return this.memory.stat.sharedBytes;
  }
  get kernelBytes(): number {
    return this.memory.kernelBytes;
  }
  /** Processes and threads. */
  get tasks(): number {
    return this.pids.value;
  }
  /** The highest `tasks` since the cgroup was made. */
  get tasksPeak(): number {
    return this.pidsPeak.value;
  }
  get diskReadBytes(): number {
    return this.disks?.readBytes ?? ABSENT;
  }
  get diskWriteBytes(): number {
    return this.disks?.writtenBytes ?? ABSENT;
  }

  /** Reads every file. A value whose file fails is NaN; `check()` throws the failure. */
  refresh(): void {
    this.files.refresh();
    this.cpu.refreshed();
  }

  /** Throws the first failure of the last refresh: ForbiddenError, ParseError. */
  check(): void {
    this.files.check();
  }

  /** Makes every value NaN from now on: the cgroup turned out to have other processes in it, or none. */
  giveUp(): void {
    this.files.close();
    this.cpu.clear();
    this.disks = undefined;
    this.sources = [];
  }

  private namedSources(): [resource: string, source: string][] {
    const named: [string, string][] = [];
    if (!Number.isNaN(this.userSeconds)) named.push(["cpu", `cgroup${this.cpu.version}`]);
    if (!Number.isNaN(this.anonymousBytes)) {
      named.push(["memory", `cgroup${this.memory.version}`]);
      named.push(["memory_peak", `cgroup${this.memory.version}`]);
    }
    if (this.disks) named.push(["io", "cgroup2"]);
    return named;
  }
}

/** CPU time of a cgroup, and how its quota throttled it. */
class CgroupCpu {
  userSeconds = ABSENT;
  systemSeconds = ABSENT;
  /** Quota periods, and how many of them were throttled for how long. */
  readonly quota: CgroupCpuStat;
  /** Which version has the times; undefined: none. */
  readonly version: 1 | 2 | undefined;
  private readonly stat = new CgroupCpuStat();
  private readonly usage: NumberFile;
  private readonly parts = new CpuacctStat();

  /** `times`, `quota`: the cgroup in the hierarchies of the controllers cpuacct and cpu. */
  constructor(files: KernelSources, times: Cgroup | undefined, quota: Cgroup | undefined) {
    this.version = times?.version;
    if (times?.version === 2) files.add(`${times.folder}/cpu.stat`, this.stat);
    const v1 = times?.version === 1 ? times : undefined;
    this.usage = addNumber(files, v1, "cpuacct.usage");
    if (v1) files.add(`${v1.folder}/cpuacct.stat`, this.parts);
    this.quota = quota?.version === 1 ? new CgroupCpuStat() : this.stat;
    if (quota?.version === 1) files.add(`${quota.folder}/cpu.stat`, this.quota);
  }

  /** Computes the times from what the files now hold. */
  refreshed(): void {
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
   * Splits version 1's exact sum in the proportion of its two parts, which are in ticks and need not add up to it. Where
   * that would make one of the times fall, it stays as it was until the proportion allows it, so that both only grow.
   */
  private split(total: number): void {
    const { userSeconds: user, systemSeconds: system } = this.parts;
    const ticks = user + system;
    // NaN stays NaN: no comparison holds with it.
    let userSeconds = ticks === 0 ? total : (total * user) / ticks;
    if (userSeconds < this.userSeconds) userSeconds = this.userSeconds;
    if (userSeconds > total - this.systemSeconds) userSeconds = total - this.systemSeconds;
    this.userSeconds = userSeconds;
    this.systemSeconds = total - userSeconds;
  }
}

/** Memory of a cgroup, and how often the kernel killed for it. */
class CgroupMemory {
  /** Undefined: no hierarchy has the memory controller. */
  readonly version: 1 | 2 | undefined;
  readonly stat: CgroupMemoryStat;
  private readonly usage: NumberFile;
  private readonly highest: NumberFile;
  /** In version 1, memory and swap together. */
  private readonly swap: NumberFile;
  private readonly events: CgroupOomKills;
  private readonly kernel: NumberFile;
  private readonly sockets: NumberFile;

  constructor(files: KernelSources, cgroup: Cgroup | undefined, scope: Scope) {
    this.version = cgroup?.version;
    this.stat = new CgroupMemoryStat(cgroup?.version ?? 2);
    this.usage = addNumber(files, cgroup, "memory.current", "memory.usage_in_bytes");
    // Since Linux 5.19.
    this.highest = addNumber(files, cgroup, "memory.peak", "memory.max_usage_in_bytes");
    this.swap = addNumber(files, cgroup, "memory.swap.current", "memory.memsw.usage_in_bytes");
    const events = cgroup?.version === 1 ? "memory.oom_control" : "memory.events";
    this.events = new CgroupOomKills(events);
    if (cgroup) files.add(`${cgroup.folder}/memory.stat`, this.stat);
    if (cgroup) files.add(`${cgroup.folder}/${events}`, this.events);
    // Reading these two costs as much as all others together.
    const kernel = cgroup?.version === 1 && scope === "command" ? cgroup : undefined;
    this.kernel = addNumber(files, kernel, "memory.kmem.usage_in_bytes");
    this.sockets = addNumber(files, kernel, "memory.kmem.tcp.usage_in_bytes");
  }

  /** What counts against the limit, page cache included. */
  get usedBytes(): number {
    return this.usage.value;
  }
  /** The highest `usedBytes` since the cgroup was made. */
  get peakBytes(): number {
    return this.highest.value;
  }
  /** Version 1's two files are read one after the other: what is freed in between must not make it negative. */
  get swapBytes(): number {
    return this.version === 1 ? Math.max(0, this.swap.value - this.usedBytes) : this.swap.value;
  }
  /** Page tables, stacks, slab and sockets' buffers. In version 1 a kernel that does not count TCP's buffers has none. */
  get kernelBytes(): number {
    if (this.version !== 1) return this.stat.kernelBytes;
    const sockets = this.sockets.value;
    return Number.isNaN(sockets) ? this.kernel.value : this.kernel.value + sockets;
  }
  /** Processes that the kernel killed because the cgroup was at its limit. */
  get oomKills(): number {
    return this.events.kills;
  }
}

/** Returns the columns of a cgroup's pressure. */
export function pressureColumns(
  metric: typeof COMMAND.pressure | typeof CONTAINER.pressure,
  { pressure }: CgroupStats,
): Column[] {
  return Object.entries(pressure).flatMap(([resource, psi]) => [
    column(metric, { resource, mode: "some" }, () => psi.someSeconds),
    column(metric, { resource, mode: "full" }, () => psi.fullSeconds),
  ]);
}

/** Adds a file that holds one number, by its name in version 2, and in version 1 where that differs. */
function addNumber(files: KernelSources, cgroup: Cgroup | undefined, v2: string, v1 = v2): NumberFile {
  const file = cgroup?.version === 1 ? v1 : v2;
  // Version 1 writes a counter that fell below 0 as a huge number: like "no limit", it is none.
  const number = new NumberFile(file, true);
  if (cgroup) files.add(`${cgroup.folder}/${file}`, number);
  return number;
}
