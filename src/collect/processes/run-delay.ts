import type { Processes } from "../../proc/processes.ts";
import { ABSENT } from "../collector.ts";
import type { Descendant } from "./descendant-tracker.ts";
import { TimeBudget } from "./pss-walk.ts";

/** How much of all time may go into these files, and how much of it in advance. */
const READS_SHARE = 0.001;
const READS_ADVANCE_MS = 5;

/** How long the file of one thread takes, until it has been measured. */
const FIRST_GUESS_MS = 0.02;
/** What takes longer is a wait of ours for a CPU, just when the figures are needed most: it is not charged. */
const MOST_MS = 0.1;

/** A process that did nothing seems to have had no wait, but ticks of CPU time are coarse: it is read now and then. */
const SKIPPED_AT_MOST = 10;
/** One that is active and finds free CPUs is read at every fourth sample, until it has to wait for more than this share. */
const SKIPPED_WHILE_FREE = 3;
const FREE = 0.01;

/** So many ended threads of a process are remembered in any case. */
const SPARE_THREADS = 16;

/** What was last read of a process. */
interface SeenDelay {
  /** Its CPU time and page faults by then: they stay the same while it sleeps. */
  activity: number;
  skipped: number;
  /** When it was last read, and whether it had hardly waited since the reading before. */
  readAtMs: number;
  isFree: boolean;
  /** The delay of each thread, or of the only one, in seconds. */
  only: number;
  threads: Map<number, number> | undefined;
}

/**
 * The time that the command's threads waited for a CPU. The kernel counts it for each thread, at the end of each wait, and
 * forgets it with the thread: what a thread waited after it was last read is missing, so that the sum is a lower bound.
 */
export class RunDelay {
  /** ABSENT: the kernel has not said so far. It never falls. */
  seconds = ABSENT;
  private readonly seen = new WeakMap<Descendant, SeenDelay>();
  private readonly budget: TimeBudget;
  private readonly due: Descendant[] = [];
  private msPerRead = FIRST_GUESS_MS;

  constructor(
    private readonly source: Pick<Processes, "listThreads" | "threads" | "runDelaySeconds">,
    private readonly now: () => number,
  ) {
    this.budget = new TimeBudget(READS_SHARE, READS_ADVANCE_MS, now);
  }

  /** Reads those that were active since they were last read. `atEnd`: all of them, however much time it takes. */
  update(descendants: readonly Descendant[], atEnd: boolean): void {
    const { due } = this;
    due.length = 0;
    let threads = 0;
    for (let i = 0; i < descendants.length; i++) {
      const descendant = descendants[i]!;
      if (!atEnd && !this.isDue(descendant)) continue;
      due.push(descendant);
      threads += descendant.threads;
    }
    if (due.length === 0 || !(atEnd || this.budget.allows(threads * this.msPerRead))) return;
    const began = this.now();
    let reads = 0;
    for (let i = 0; i < due.length; i++) reads += this.read(due[i]!, began);
    const took = Math.min(this.now() - began, reads * MOST_MS);
    this.msPerRead = took / reads;
    this.budget.spend(took);
  }

  /** Returns what the threads of a process waited that were seen when it was last read; NaN: it was not. */
  secondsOf(descendant: Descendant): number {
    const seen = this.seen.get(descendant);
    if (!seen || Number.isNaN(this.seconds)) return ABSENT;
    if (!seen.threads) return seen.only;
    let sum = 0;
    for (const delay of seen.threads.values()) sum += delay;
    return sum;
  }

  /** Reads one that has ended and is about to be waited for. */
  takeLast(descendant: Descendant): void {
    this.read(descendant, this.now());
  }

  private isDue(descendant: Descendant): boolean {
    const seen = this.seen.get(descendant);
    if (!seen) return true;
    const isActive = seen.activity !== activityOf(descendant);
    if (isActive && !seen.isFree) return true;
    return ++seen.skipped > (isActive ? SKIPPED_WHILE_FREE : SKIPPED_AT_MOST);
  }

  /** Returns how many files were read. */
  private read(descendant: Descendant, nowMs: number): number {
    let seen = this.seen.get(descendant);
    if (!seen) {
      seen = {
        activity: 0,
        skipped: 0,
        readAtMs: Number.NaN,
        isFree: false,
        only: 0,
        threads: undefined,
      };
      this.seen.set(descendant, seen);
    }
    const before = this.seconds || 0;
    const reads = this.readInto(seen, descendant);
    seen.isFree = (this.seconds || 0) - before < (FREE * (nowMs - seen.readAtMs)) / 1000;
    seen.activity = activityOf(descendant);
    seen.skipped = 0;
    seen.readAtMs = nowMs;
    return reads;
  }

  private readInto(seen: SeenDelay, { pid, threads, ended }: Descendant): number {
    if (threads > 1 && !ended) return this.readThreads(pid, seen);
    seen.only = this.take(pid, seen.threads?.get(pid) ?? seen.only);
    return 1;
  }

  private readThreads(pid: number, seen: SeenDelay): number {
    const count = this.source.listThreads(pid);
    seen.threads ??= new Map([[pid, seen.only]]);
    const { threads } = seen;
    for (let i = 0; i < count; i++) {
      const thread = this.source.threads[i]!;
      threads.set(thread, this.take(thread, threads.get(thread) ?? 0));
    }
    if (threads.size > 2 * count + SPARE_THREADS) seen.threads = this.listed(threads, count);
    return count + 1;
  }

  /** Ended threads are forgotten now and then: their numbers may come back. */
  private listed(threads: ReadonlyMap<number, number>, count: number): Map<number, number> {
    const kept = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const thread = this.source.threads[i]!;
      kept.set(thread, threads.get(thread) ?? 0);
    }
    return kept;
  }

  /** Adds what a thread waited since it was last read; returns its delay now. */
  private take(thread: number, last: number): number {
    const delay = this.source.runDelaySeconds(thread);
    if (Number.isNaN(delay)) return last;
    // A delay that fell is that of another thread with the same number.
    const more = delay >= last ? delay - last : delay;
    this.seconds = (Number.isNaN(this.seconds) ? 0 : this.seconds) + more;
    return delay;
  }
}

function activityOf({ userSeconds, systemSeconds, minorFaults, threads }: Descendant): number {
  return userSeconds + systemSeconds + minorFaults + threads;
}
