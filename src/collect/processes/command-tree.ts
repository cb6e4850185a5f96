import type { Processes } from "../../proc/processes.ts";
import type { CgroupStats } from "../cgroup/cgroup-stats.ts";
import type { GroupPlace } from "../cgroup/group-members.ts";
import { ABSENT } from "../collector.ts";
import type { ProcessLog } from "../perf/process-log.ts";
import type { TaskClock } from "../perf/task-clock.ts";
import { CommandCpu } from "./command-cpu.ts";
import type { Helpers } from "./ended-processes.ts";
import { FileDamage, isReadable } from "./file-damage.ts";
import { GroupLeavers } from "./group-leavers.ts";
import { CommandMemory, type GroupMemoryCounts } from "./memory-peak.ts";
import { ProcessAccounts } from "./process-accounts.ts";
import { type GroupIoCounts, NOTHING_KNOWN, ProcessIo, type ReapedCounts } from "./process-io.ts";
import { TimeBudget } from "./pss-walk.ts";
import { RunDelay } from "./run-delay.ts";
import { TreeLog } from "./tree-log.ts";
import { SMALL_SECONDS, UnseenTime } from "./unseen-time.ts";

/** How much of all time may go into the files of a process beside stat, and how much of it in advance. */
const DETAILS_SHARE = 0.004;
const DETAILS_ADVANCE_MS = 10;

/** The same of readings between two samples: a small tree has all of them, a large one only the first. */
const PEEKS_SHARE = 0.01;
const PEEKS_ADVANCE_MS = 3;

/** How long the files of one process take, until it has been measured. */
const FIRST_GUESS_MS = 0.1;

/** CPU time is called exact where no more than two hundredths of a second may be missing, or a share of it. */
const SMALL = 0.01;

/** What the command's own control group says of it; NaN: nothing. */
type GroupCounts = GroupMemoryCounts & GroupIoCounts & Pick<CgroupStats, "userSeconds" | "systemSeconds" | "sources">;

/** What a tree is made of; what is left out is the machine's own. */
export interface TreeParts {
  /** Children of ours that are not the command's. */
  readonly helpers: Helpers;
  /** Waits for an orphan that has ended, so that what it used comes to us. */
  readonly reap?: (pid: number) => void;
  readonly reaped?: ReapedCounts;
  /** The command's own group, up to date; its figures are preferred. */
  readonly group?: GroupCounts | undefined;
  /** Where its members are. */
  readonly groupPlaces?: readonly GroupPlace[] | undefined;
  /** Returns the kernel's clock of the command's tasks, once the command was started; undefined: there is none. */
  readonly taskClock?: () => TaskClock | undefined;
  /** Likewise the record of each process, if one is wanted. */
  readonly processLog?: () => ProcessLog | undefined;
  /** Milliseconds by a clock that does not step. */
  readonly now?: () => number;
  /** Our own CPU time until now, in ms. */
  readonly cpuMs?: () => number;
}

/** The command's process tree while it runs: what it has used until now, and the state of the living. */
export class CommandTree {
  readonly accounts: ProcessAccounts;
  readonly memory: CommandMemory;
  readonly cpu = new CommandCpu();
  readonly io: ProcessIo;
  /** Of the processes' files. */
  readonly damage = new FileDamage();
  /** At most so much CPU time is in no figure; infinite until the command's end, and where that is not known. */
  unseenSeconds = Number.POSITIVE_INFINITY;
  private readonly unseen: UnseenTime;
  readonly runDelay: RunDelay;
  /** The command itself has ended. */
  private ended = false;
  /** The files of processes are of another pid namespace: nothing is known but what wait4(2) says. */
  private readonly isBlind: boolean;
  /** The kernel hides the processes of other users (hidepid): the command may have some. */
  private readonly isPartlyHidden: boolean;
  private readonly now: () => number;
  private readonly detailsBudget: TimeBudget;
  private detailsMsPerProcess = FIRST_GUESS_MS;
  private readonly peekBudget: TimeBudget;
  /** How long the last peek took. */
  private peekMs = 0;
  private readonly reap: TreeParts["reap"];
  private readonly group: GroupCounts | undefined;
  private readonly leavers: GroupLeavers | undefined;
  private readonly taskClock: TaskClock | undefined;
  private readonly treeLog: TreeLog | undefined;

  /** To be made before the command, `root`, can have ended. Throws ParseError. */
  constructor(
    private readonly root: number,
    private readonly processes: Processes,
    {
      helpers,
      reap,
      reaped,
      group,
      groupPlaces,
      taskClock,
      processLog,
      now = monotonicMs,
      cpuMs = ownCpuMs,
    }: TreeParts,
  ) {
    this.now = now;
    this.reap = reap;
    this.group = group;
    this.taskClock = taskClock?.();
    const { damage } = this;
    if (group && groupPlaces) this.leavers = new GroupLeavers(processes, groupPlaces, damage);
    this.accounts = new ProcessAccounts(processes, root, helpers, damage, now);
    this.memory = new CommandMemory(processes, group, { now, cpuMs, damage });
    this.unseen = new UnseenTime(processes, root, now);
    this.isBlind = processes.isForeign;
    this.isPartlyHidden = !this.isBlind && !isReadable(processes, INIT);
    this.io = new ProcessIo(processes, group, this.isBlind ? NOTHING_KNOWN : reaped, damage);
    this.runDelay = new RunDelay(processes, now);
    const log = processLog?.();
    if (log) this.treeLog = new TreeLog(log, this.accounts, this.runDelay);
    this.peekBudget = new TimeBudget(PEEKS_SHARE, PEEKS_ADVANCE_MS, now);
    this.detailsBudget = new TimeBudget(DETAILS_SHARE, DETAILS_ADVANCE_MS, now);
  }

  /**
   * Takes the state of now. `atEnd`: the command has just ended, so that everything is read, however much time it takes.
   * Throws SystemError, ParseError.
   */
  update(atMs: number, atEnd: boolean): void {
    const { accounts, taskClock } = this;
    taskClock?.drain();
    if (atEnd) this.ended = true;
    if (this.isBlind) {
      accounts.updateReaped();
      if (atEnd) taskClock?.finish();
      this.io.skip();
      this.takeCpu();
      return;
    }
    accounts.update(atEnd);
    this.lookForLeavers(atEnd);
    if (atEnd) this.settle();
    this.runDelay.update(accounts.tracker.descendants, atEnd);
    const hasDetails = atEnd || this.mayReadDetails();
    if (hasDetails) this.readDetails();
    else this.io.skip();
    this.treeLog?.read(true);
    this.memory.update(accounts, hasDetails, atMs);
    this.memory.raiseBound(this.memory.peak.bytes);
    this.memory.raiseBound(accounts.reaped.largestBytes);
    this.takeCpu();
    this.treeLog?.sampled(atMs, this.cpu);
  }

  private takeCpu(): void {
    this.cpu.take(this.group, this.accounts, !this.memory.haveLeftGroup);
  }

  /** Takes the state of now between two samples: the tree's peak and its processes. Throws SystemError, ParseError. */
  peek(atMs: number): void {
    const { accounts, peekBudget } = this;
    this.taskClock?.drain();
    if (this.isBlind) return;
    if (!this.unseen.hasBegun && !this.hasGroupCpu) {
      // At once: until then the time of others counts as unseen. Whether the clock of tasks is whole, only the end tells.
      this.unseen.begin();
      return;
    }
    if (!peekBudget.allows(this.peekMs)) {
      // One short file: on a machine that is too busy for more, too.
      this.lookForLeavers(false);
      return;
    }
    const began = this.now();
    accounts.update();
    this.lookForLeavers(false);
    this.runDelay.update(accounts.tracker.descendants, false);
    this.treeLog?.read(false);
    const hasStatuses = this.mayReadDetails();
    if (hasStatuses) this.memory.readStatuses(accounts.tracker.descendants);
    this.memory.peek(accounts, hasStatuses, atMs);
    this.peekMs = this.now() - began;
    peekBudget.spend(this.peekMs);
  }

  /** What is of a group that was left is a lower bound, and the processes' own figures are taken where they are more. */
  private lookForLeavers(atEnd: boolean): void {
    const { leavers, accounts, memory } = this;
    if (leavers === undefined || memory.haveLeftGroup || this.group?.sources.length === 0) return;
    leavers.update(accounts.tracker.descendants, atEnd);
    memory.haveLeftGroup = leavers.haveLeft;
  }

  /** A group counts all that is in it. */
  private get hasGroupCpu(): boolean {
    return this.group !== undefined && !Number.isNaN(this.group.userSeconds) && !this.memory.haveLeftGroup;
  }

  /** The command has just ended, and the state of now was taken. */
  private settle(): void {
    const { accounts, unseen } = this;
    if (this.reapOrphans()) accounts.update(true);
    accounts.takeLeftovers();
    this.taskClock?.finish();
    if (!this.hasGroupCpu) this.unseenSeconds = unseen.most(accounts.tracker, this.untoldByWait);
  }

  /** An orphan has ended and is about to be waited for; the returned function is to be called once that is done. */
  beforeReap(pid: number): (() => void) | undefined {
    if (this.isBlind) return undefined;
    const descendant = this.accounts.tracker.find(pid);
    if (descendant) this.runDelay.takeLast(descendant);
    const excludeUsage = this.accounts.beforeReap(pid);
    if (!excludeUsage) return undefined;
    const excludeIo = this.io.exclude();
    return () => {
      excludeUsage();
      excludeIo();
    };
  }

  /**
   * A process for our own use, which is idle, is about to be ended. The returned function is to be called once it was
   * waited for: it takes off what the kernel then counts as our children's. Throws ParseError.
   */
  helperEnding(pid: number): (() => void) | undefined {
    if (this.isBlind) return undefined;
    const [excludeFaults, excludeIo] = [this.accounts.helperEnding(pid), this.io.helperEnding(pid)];
    return () => {
      excludeFaults?.();
      excludeIo?.();
    };
  }

  /** The processes that live now, children before their parents. Throws SystemError, ParseError. */
  pids(): number[] {
    if (this.isBlind) return [this.root];
    this.accounts.update(true);
    return this.accounts.tracker.descendants.map(({ pid }) => pid).reverse();
  }

  get processCount(): number {
    return this.isBlind ? ABSENT : this.accounts.processes;
  }

  get threads(): number {
    return this.isBlind ? ABSENT : this.accounts.threads;
  }

  /** Sum of the living; ABSENT: there are none. */
  get residentBytes(): number {
    return this.accounts.processes > 0 ? this.accounts.residentBytes : ABSENT;
  }

  /** ABSENT until the command has ended: of a living process the kernel shows the context switches of one thread only. */
  get voluntarySwitches(): number {
    return this.ended ? this.accounts.reaped.voluntarySwitches : ABSENT;
  }

  get involuntarySwitches(): number {
    return this.ended ? this.accounts.reaped.involuntarySwitches : ABSENT;
  }

  /** Where the figures of each resource come from, for `statexec_accounting_info`. */
  sources(): Map<string, string> {
    const { peak } = this.memory;
    const { isLowerBound, isPartlyHidden } = this;
    const isCpuAll = !isLowerBound || this.isProvenByClock;
    const sources = new Map([["cpu", isCpuAll ? "wait4" : "wait4_lower_bound"]]);
    if (!Number.isNaN(peak.bytes)) {
      sources.set("memory", isPartlyHidden ? "proc_lower_bound" : "proc");
      sources.set(
        "memory_peak",
        peak.isLowerBound || isPartlyHidden || this.damage.hasBeen ? "proc_sampled_lower_bound" : "proc_sampled",
      );
    }
    if (!Number.isNaN(this.io.counters.readBytes))
      sources.set("io", this.io.isHidden || isLowerBound || isPartlyHidden ? "proc_lower_bound" : "proc");
    if (!Number.isNaN(this.runDelay.seconds)) sources.set("run_delay", "proc_lower_bound");
    if (!Number.isNaN(this.taskClockSeconds))
      sources.set("cpu_task_clock", this.isClockWhole ? "perf" : "perf_lower_bound");
    return this.withGroup(sources);
  }

  /** Adds those of the group; lower bounds if some have left it. CPU time is the processes' own then, if that is more. */
  private withGroup(sources: Map<string, string>): Map<string, string> {
    const { accounts, cpu, memory } = this;
    if (!memory.haveLeftGroup) {
      for (const [resource, source] of this.group?.sources ?? []) sources.set(resource, source);
      return sources;
    }
    const isOwnCpu = cpu.userSeconds + cpu.systemSeconds <= accounts.userSeconds + accounts.systemSeconds;
    for (const [resource, source] of this.group?.sources ?? [])
      if (resource !== "cpu" || !isOwnCpu) sources.set(resource, `${source}_lower_bound`);
    if (sources.has("memory_peak")) sources.set("memory_peak", "proc_sampled_lower_bound");
    sources.set("group", "proc_lower_bound");
    return sources;
  }

  /** A bound above the CPU time: what is known, and all that no process accounts for. ABSENT: there is none. */
  get cpuBoundSeconds(): number {
    const { userSeconds, systemSeconds, hasLost, lostSeconds } = this.accounts;
    const { taskClock } = this;
    if (taskClock && this.isClockWhole)
      return Math.max(userSeconds + systemSeconds, taskClock.seconds + taskClock.outsideSeconds);
    if (!Number.isFinite(this.unseenSeconds)) return ABSENT;
    // That every process was seen bounds nothing of what those used after the last look that no one has waited for.
    const isOpen = hasLost || lostSeconds > 0 || this.memory.ignoresChildren;
    if (isOpen && this.unseenSeconds === 0) return ABSENT;
    return userSeconds + systemSeconds + Math.max(0, this.unseenSeconds - lostSeconds);
  }

  /** ABSENT: there is no such clock, or the command has not ended. */
  get taskClockSeconds(): number {
    return this.taskClock?.seconds ?? ABSENT;
  }

  /** Whether that clock saw every process. */
  private get isClockWhole(): boolean {
    const { userSeconds, systemSeconds } = this.accounts;
    return this.taskClock?.isWhole(userSeconds + systemSeconds) ?? false;
  }

  /** Whether that clock leaves no room for CPU time that no one has waited for and no sample saw. */
  private get isProvenByClock(): boolean {
    return !this.isBlind && !this.damage.hasBeen && this.isSmall(this.untoldByWait);
  }

  /** What that clock counted at most, and no one has waited for nor any sample seen; infinite: it is not whole. */
  private get untoldByWait(): number {
    const { taskClock, isClockWhole } = this;
    if (!taskClock || !isClockWhole) return Number.POSITIVE_INFINITY;
    const { userSeconds, systemSeconds } = this.accounts;
    return Math.max(0, taskClock.seconds + taskClock.outsideSeconds - userSeconds - systemSeconds);
  }

  private isSmall(missingSeconds: number): boolean {
    const { userSeconds, systemSeconds } = this.accounts;
    return missingSeconds <= Math.max(SMALL_SECONDS, SMALL * (userSeconds + systemSeconds));
  }

  /** Whether a part of what ended processes used may be missing. */
  private get isLowerBound(): boolean {
    const { hasLost, lostSeconds, uncertainSeconds } = this.accounts;
    const unseenSeconds = this.hasGroupCpu ? 0 : this.unseenSeconds;
    const isUncertain = !this.isSmall(Math.max(uncertainSeconds, unseenSeconds));
    return (
      this.isBlind || this.damage.hasBeen || isUncertain || hasLost || lostSeconds > 0 || this.memory.ignoresChildren
    );
  }

  private mayReadDetails(): boolean {
    return this.detailsBudget.allows(this.accounts.tracker.descendants.length * this.detailsMsPerProcess);
  }

  /** Reads the files beside stat of each process, and charges what it takes to the budget. */
  private readDetails(): void {
    const { descendants } = this.accounts.tracker;
    const began = this.now();
    this.memory.readStatuses(descendants);
    this.io.update(descendants, this.accounts.names);
    const took = this.now() - began;
    if (descendants.length > 0) this.detailsMsPerProcess = took / descendants.length;
    this.detailsBudget.spend(took);
  }

  /** Waits for zombies that were left to us: their time is exact only after that. Returns whether there were any. */
  private reapOrphans(): boolean {
    const { self } = this.processes;
    const orphans = this.accounts.tracker.descendants.filter(({ ended, parent }) => ended && parent === self);
    for (const { pid } of orphans) this.reap?.(pid);
    return orphans.length > 0;
  }
}

const INIT = 1;

function monotonicMs(): number {
  return performance.now();
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
