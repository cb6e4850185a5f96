import { ParseError } from "../../errors.ts";
import { lastNumberOf } from "../../proc/last-number.ts";
import type { Processes } from "../../proc/processes.ts";
import { CPU_MODES, Stat } from "../../proc/stat.ts";
import type { DescendantTracker } from "./descendant-tracker.ts";

/** Pids begin again after 32768 of them at the earliest. */
const MOST_FORKS = 30_000;

/** So little may be missing of a figure that is called exact. */
export const SMALL_SECONDS = 0.02;

/** A process that ends between two readings is missing in both, with all that it ever used: they are read again. */
const MOST_TRIES = 4;

const [IDLE, IOWAIT] = [CPU_MODES.indexOf("idle"), CPU_MODES.indexOf("iowait")];

/** More CPU time cannot have been used than the CPUs were not idle, but for the rounding of these and a share of them. */
const ROUNDING_SECONDS = 0.1;
const ROUNDING_SHARE = 0.02;

/**
 * Bounds the CPU time of processes that no sample saw and that no process has waited for, as children of one that ignores
 * SIGCHLD, or has SA_NOCLDWAIT: no sum of the kernel's has it. There are two proofs that there was little of it.
 *
 * By number: the kernel counts pids up. If as many were given since the command's own as processes and threads are known,
 * nothing was unseen.
 *
 * By amount: the time that all CPUs were not idle, without what all processes used that are shown, those of others
 * included, was used by processes that are gone. The time of a process that is waited for moves to its parent, so that
 * only what no one has waited for is in this difference, of whomever it was.
 */
export class UnseenTime {
  private readonly stat = new Stat(true);
  /** What other processes had waited for soon after the command's start; NaN: this was not read yet. */
  private waitedForSeconds = Number.NaN;
  /** Of the machine, at the same time. */
  private iowaitSeconds = Number.NaN;
  private forks = Number.NaN;
  private cpus = Number.NaN;
  /** A process ended between the two readings of the last attempt. */
  private hasMissed = false;
  private readonly reapedSeconds: number;

  /** `processes` were last listed just before the start of `root`, and what our ended children used was just read. */
  constructor(
    private readonly processes: Processes,
    private readonly root: number,
    private readonly now: () => number,
  ) {
    this.reapedSeconds = processes.ended.userSeconds + processes.ended.systemSeconds;
  }

  get hasBegun(): boolean {
    return !Number.isNaN(this.waitedForSeconds);
  }

  /**
   * Reads what others have waited for, soon after the command's start: until then that counts as unseen. A child that ends
   * meanwhile is to be counted twice now, and not at all at the end, so that the bound holds: most parents have lower pids
   * than their children. Throws SystemError.
   */
  begin(): void {
    const { processes, stat } = this;
    this.readMachine();
    this.iowaitSeconds = this.iowait;
    this.forks = stat.count("processes");
    this.cpus = stat.online;
    // Of too many processes nothing is read.
    const isRead = !Number.isNaN(processes.atStart.othersSeconds);
    this.waitedForSeconds = isRead ? processes.othersWaitedForSeconds(true) : 0;
  }

  /**
   * Returns how much may be unseen until now, in seconds; infinite: not known. `tracker` was just updated. `knownBound`: it is
   * no more than this, by another proof. Throws SystemError.
   */
  most(tracker: DescendantTracker, knownBound = Number.POSITIVE_INFINITY): number {
    const { processes, stat } = this;
    const unknown = this.unknownTasks(tracker);
    this.readMachine();
    // In a run that ends before the first state was taken, pids cannot have begun again.
    const isCounted = !this.hasBegun || stat.count("processes") - this.forks < MOST_FORKS;
    if (isCounted && unknown <= 0) return 0;
    const wallSeconds = (this.now() - processes.atStart.atMs) / 1000;
    // Each of them had one CPU at most, all the time.
    const byCount = Math.min(isCounted ? unknown : Number.POSITIVE_INFINITY, stat.online) * wallSeconds;
    const most = Math.min(Number.isNaN(byCount) ? Number.POSITIVE_INFINITY : byCount, knownBound);
    if (most <= SMALL_SECONDS || Number.isNaN(byCount) || Number.isNaN(processes.atStart.othersSeconds)) return most;
    if (!this.hasBegun) this.begin();
    let unseen = this.unseenByAmount();
    for (let tries = 1; tries < MOST_TRIES && this.hasMissed; tries++) unseen = this.unseenByAmount();
    return Math.min(unseen, most);
  }

  private unseenByAmount(): number {
    const { processes, stat } = this;
    const { idleSeconds, atMs, othersSeconds } = processes.atStart;
    const waitedFor = processes.othersWaitedForSeconds(false) - this.waitedForSeconds;
    const shown = processes.othersShown;
    // These change all the time: the machine's are read directly after them.
    const used = waitedFor + this.usedByUs() + processes.othersCpuSeconds() - othersSeconds;
    this.hasMissed = processes.othersShown !== shown;
    this.readMachine();
    const idle = stat.cpus.values[IDLE]! - idleSeconds + this.iowait - this.iowaitSeconds;
    const busy = Math.max(this.cpus, stat.online) * ((this.now() - atMs) / 1000) - idle;
    // Not to be trusted: a process of much time may have ended while the first state was taken.
    if (!(used <= busy + ROUNDING_SECONDS + ROUNDING_SHARE * busy)) return Number.POSITIVE_INFINITY;
    return Math.max(0, busy - used);
  }

  /** Returns what we have used since the command's start, and our children that have ended since. */
  private usedByUs(): number {
    const { processes, reapedSeconds } = this;
    const { ended, self, atStart } = processes;
    ended.update();
    const reaped = ended.userSeconds + ended.systemSeconds - reapedSeconds;
    return processes.cpuSeconds(self) - atStart.ownSeconds + reaped;
  }

  /** Returns how many processes and threads were started since the command that are not known; infinite: it cannot be told. */
  private unknownTasks(tracker: DescendantTracker): number {
    const { processes, root } = this;
    const bytes = processes.readMachine("loadavg");
    const started = bytes ? lastNumberOf(bytes) - root : Number.NaN;
    if (!(started >= 0)) return Number.POSITIVE_INFINITY;
    return started - Math.max(0, tracker.tasksFound - 1) - processes.ownThreadsAfter(root);
  }

  private readMachine(): void {
    const { stat } = this;
    stat.clear();
    const bytes = this.processes.readMachine("stat");
    try {
      if (bytes) stat.parse(bytes);
    } catch (error) {
      // What cannot be read bounds nothing.
      if (!(error instanceof ParseError)) throw error;
      stat.clear();
    }
  }

  /** Of all CPUs together since boot. Kernels of before 2.5.41 have none. */
  private get iowait(): number {
    const seconds = this.stat.cpus.values[IOWAIT] ?? 0;
    return Number.isNaN(seconds) ? 0 : seconds;
  }
}
