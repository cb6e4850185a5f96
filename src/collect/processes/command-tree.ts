import type { Processes } from "../../proc/processes.ts";
import type { CgroupStats } from "../cgroup/cgroup-stats.ts";
import { ABSENT } from "../collector.ts";
import { Budget } from "./budget.ts";
import { TreeAccounts } from "./tree-accounts.ts";
import { TreeDetails } from "./tree-details.ts";
import { EndedTotals, type ReapedCounts } from "./tree-ended.ts";
import { TreeMemory } from "./tree-memory.ts";
import type { Helpers } from "./tree-reaped.ts";

/** How much of all time may go into files beside stat, and how much of it in advance. */
const DETAILS_SHARE = 0.004;
const DETAILS_ADVANCE_MS = 10;

/** What a control group of the command's own says of it: NaN where it does not. */
export type GroupCounts = Pick<
  CgroupStats,
  | "userSeconds"
  | "systemSeconds"
  | "anonymousBytes"
  | "fileBytes"
  | "sharedBytes"
  | "kernelBytes"
  | "diskReadBytes"
  | "diskWriteBytes"
  | "sources"
>;

/** What a tree is made of; what is left out is the machine's own. */
export interface TreeParts {
  /** Children of ours that are for our own use, and what those used that have ended: none of it is the command's. */
  readonly helpers: Helpers;
  /** Waits for an orphan that has ended, so that what it used comes to us. */
  readonly reap?: (pid: number) => void;
  readonly reaped?: ReapedCounts;
  /** The command's own group, up to date; what it says is preferred. */
  readonly group?: GroupCounts | undefined;
  /** Milliseconds by a clock that does not step. */
  readonly now?: () => number;
  /** Our own CPU time until now, in ms. */
  readonly cpuMs?: () => number;
}

/** The command's process tree while it runs: what it used until now, and what is known of the living. */
export class CommandTree {
  readonly accounts: TreeAccounts;
  readonly memory: TreeMemory;
  readonly ended: EndedTotals;
  /** Counters that are not known at every sample: ABSENT where they were not read. */
  ioReadBytes = 0;
  ioWriteBytes = 0;
  diskReadBytes = 0;
  diskWriteBytes = 0;
  openDescriptors = ABSENT;
  private readonly details: TreeDetails;
  private readonly budget: Budget;
  private readonly reap: TreeParts["reap"];
  private readonly group: GroupCounts | undefined;
  /** The highest that each of the four io counters was. */
  private readonly highest = new Float64Array(4);

  /** To be made before the command, `root`, can have ended. */
  constructor(
    root: number,
    private readonly processes: Processes,
    { helpers, reap, reaped, group, now = monotonicMs, cpuMs = ownCpuMs }: TreeParts,
  ) {
    this.group = group;
    this.accounts = new TreeAccounts(processes, root, helpers);
    this.reap = reap;
    this.memory = new TreeMemory(processes, now, cpuMs);
    this.ended = new EndedTotals(processes, reaped);
    this.details = new TreeDetails(processes, now);
    this.budget = new Budget(DETAILS_SHARE, DETAILS_ADVANCE_MS, now);
  }

  /** Takes the state of now; `whole`: with all that is costly. Throws SystemError, ParseError. */
  update(atMs: number, whole: boolean): void {
    const { accounts, details, budget, memory } = this;
    memory.begin();
    accounts.update();
    if (whole && this.reapOrphans()) accounts.update();
    details.fresh = false;
    const { members } = accounts;
    if (whole || budget.allows(details.expectedMs(members))) budget.spend(details.update(members));
    this.openDescriptors = details.fresh ? details.openDescriptors : ABSENT;
    this.takeIo();
    const { group } = this;
    const hasMemory = group !== undefined && !Number.isNaN(group.anonymousBytes);
    memory.update(accounts, details, atMs, hasMemory ? group : undefined);
    if (group) this.takeGroup(group);
  }

  /** An orphan has ended, and is about to be waited for; the answer is to be called when that is done. */
  farewell(pid: number): (() => void) | undefined {
    const afterwards = this.accounts.farewell(pid);
    if (!afterwards) return undefined;
    const [accounts, ended] = [afterwards, this.ended.discount()];
    return () => {
      accounts();
      ended();
    };
  }

  /**
   * A process for our own use is about to be ended, and idle: it has all that it will have. That is not the command's from
   * when the answer is called on, which is to be done once it has been waited for. Throws ParseError.
   */
  helperEnding(pid: number): () => void {
    const [faults, bytes] = [this.accounts.helperEnding(pid), this.ended.helperEnding(pid)];
    return () => {
      faults?.();
      bytes?.();
    };
  }

  get userSeconds(): number {
    return preferred(this.group?.userSeconds, this.accounts.userSeconds);
  }

  get systemSeconds(): number {
    return preferred(this.group?.systemSeconds, this.accounts.systemSeconds);
  }

  /** Where the figures of each resource come from, for `statexec_accounting_info`. */
  sources(): Map<string, string> {
    const sources = new Map([["cpu", this.isLowerBound ? "wait4_lower_bound" : "wait4"]]);
    const peak = this.memory.peak.isLowerBound ? "proc_sampled_lower_bound" : "proc_sampled";
    if (!Number.isNaN(this.memory.peak.bytes)) sources.set("memory", "proc").set("memory_peak", peak);
    if (!Number.isNaN(this.ioReadBytes))
      sources.set("io", this.ioHidden || this.isLowerBound ? "proc_lower_bound" : "proc");
    for (const [resource, source] of this.group?.sources ?? []) sources.set(resource, source);
    return sources;
  }

  /** Of the accounts of those that ended, a part may be missing. */
  get isLowerBound(): boolean {
    return this.details.ignoresChildren || this.accounts.lostSeconds > 0;
  }

  /** Some process did not let us see what it reads and writes, when last asked. */
  get ioHidden(): boolean {
    return this.details.ioHidden;
  }

  /** What a zombie used is known to a hundredth of a second; once it is waited for, exactly. Whether there were any. */
  private reapOrphans(): boolean {
    const orphans = this.accounts.members.filter(({ ended, parent }) => ended && parent === this.processes.self);
    for (const { pid } of orphans) this.reap?.(pid);
    return orphans.length > 0;
  }

  /** What a group says of storage is of the disks themselves. */
  private takeGroup(group: GroupCounts): void {
    if (Number.isNaN(group.diskReadBytes)) return;
    this.diskReadBytes = this.raised(2, group.diskReadBytes);
    this.diskWriteBytes = this.raised(3, group.diskWriteBytes);
  }

  private takeIo(): void {
    const { details, ended } = this;
    if (!details.fresh) {
      this.ioReadBytes = ABSENT;
      this.ioWriteBytes = ABSENT;
      this.diskReadBytes = ABSENT;
      this.diskWriteBytes = ABSENT;
      return;
    }
    ended.update();
    this.ioReadBytes = this.raised(0, details.ioReadBytes + ended.ioReadBytes);
    this.ioWriteBytes = this.raised(1, details.ioWriteBytes + ended.ioWriteBytes);
    if (this.group && !Number.isNaN(this.group.diskReadBytes)) return;
    this.diskReadBytes = this.raised(2, details.diskReadBytes + ended.diskReadBytes);
    this.diskWriteBytes = this.raised(3, details.diskWriteBytes + ended.diskWriteBytes);
  }

  /** A counter never falls: what moves from a child to its parent while we read is missed for once. */
  private raised(counter: number, value: number): number {
    if (value > this.highest[counter]!) this.highest[counter] = value;
    return Number.isNaN(value) ? ABSENT : this.highest[counter]!;
  }
}

function preferred(first: number | undefined, second: number): number {
  return first === undefined || Number.isNaN(first) ? second : first;
}

function monotonicMs(): number {
  return performance.now();
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
