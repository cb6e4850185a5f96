import type { Clock } from "../clock.ts";
import { TaskClock } from "../collect/perf/task-clock.ts";
import type { EventLoop } from "../os/event-loop.ts";
import type { PerfRing, TaskClockRings } from "../os/perf-events.ts";

/**
 * Rings are read at ticks, and between these when they fill up. Until the thread blocks for that, or where it cannot, they
 * are read at an interval: the shorter, the more was in them.
 */
const SHORTEST_MS = 10;
const LONGEST_MS = 500;
const FIRST_MS = 50;

/** Fuller than this, a ring is read more often; emptier than that, less often. */
const FULL = 0.25;
const EMPTY = 0.1;

/**
 * Who waits for a ring is woken by the end of each thread, once for each CPU, whatever is in the ring: the kernel has it look whether
 * the last event has ended. So where many threads end, nobody waits, and rings are read at an interval, of at most this.
 */
const LONGEST_BUSY_MS = 100;
const BUSY_ENDS = 64;
const BUSY_ENDS_A_SECOND = 200;
const QUIET_ENDS_A_SECOND = 100;

type Loop = Pick<EventLoop, "watch">;

/** The clock of the command's tasks, and the reading of its rings before they are full. */
export class CommandTaskClock {
  readonly taskClock: TaskClock;
  private readonly rings: readonly PerfRing[];
  private intervalMs = FIRST_MS;
  private cancel: (() => void) | undefined;
  /** What waits for full rings; undefined: the thread does not block. */
  private loop: Loop | undefined;
  /** When it was last looked at how many threads had ended, and how many these were. */
  private countedMs: number;
  private countedEnds = 0;

  constructor(
    { records, times }: TaskClockRings,
    private readonly clock: Clock,
    /** The command. */
    pid: number,
  ) {
    this.rings = [...records, ...times];
    this.taskClock = new TaskClock(records, times, pid);
    this.countedMs = clock.now();
    this.readLater();
  }

  /** From now on the wait for the next deadline ends when a ring fills up. */
  readWhenFull(loop: Loop): void {
    this.loop = loop;
    this.cancel?.();
    this.watch();
  }

  /** Ends the clock: it must not be read from now on. */
  close(): void {
    this.cancel?.();
    this.taskClock.drain();
    this.taskClock.close();
  }

  private watch(): void {
    this.loop?.watch(
      this.rings.map(({ fd }) => fd),
      this.filled,
    );
  }

  private readonly filled = (): void => {
    this.taskClock.drain();
    const ends = this.taskClock.ended - this.countedEnds;
    // So few may have come all at once.
    if (ends < BUSY_ENDS || this.endsASecond() < BUSY_ENDS_A_SECOND) return;
    this.loop?.watch([], this.filled);
    this.intervalMs = SHORTEST_MS;
    this.readLater();
  };

  private readLater(): void {
    this.cancel = this.clock.at(this.clock.now() + this.intervalMs, this.read);
  }

  private readonly read = (): void => {
    const fullest = this.taskClock.drain();
    const longestMs = this.loop ? LONGEST_BUSY_MS : LONGEST_MS;
    if (fullest > FULL) this.intervalMs = Math.max(SHORTEST_MS, this.intervalMs / 2);
    else if (fullest < EMPTY) this.intervalMs = Math.min(longestMs, this.intervalMs * 2);
    // After a few short intervals, so that a moment's rest is not taken for the end of it.
    if (this.loop && this.intervalMs === longestMs && this.endsASecond() < QUIET_ENDS_A_SECOND) this.watch();
    else this.readLater();
  };

  /** How many threads have ended since this was last asked, a second. */
  private endsASecond(): number {
    const now = this.clock.now();
    const ends = this.taskClock.ended - this.countedEnds;
    const elapsedMs = now - this.countedMs;
    this.countedMs = now;
    this.countedEnds = this.taskClock.ended;
    return (ends / Math.max(elapsedMs, 1)) * 1000;
  }
}
