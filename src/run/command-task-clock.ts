import type { Clock } from "../clock.ts";
import { TaskClock } from "../collect/perf/task-clock.ts";
import type { EventLoop } from "../os/event-loop.ts";
import type { PerfRing } from "../os/perf-events.ts";

/**
 * Rings are read at ticks, and between these when they fill up. Until the thread blocks for that, or where it cannot, they
 * are read at an interval: the shorter, the more was in them.
 */
const SHORTEST_MS = 10;
const LONGEST_MS = 500;
const FIRST_MS = 50;

/** Fuller than this, a ring is read more often; emptier than that, less often. */
const FULL = 0.25;
const EMPTY = 0.05;

/** The clock of the command's tasks, and the reading of its rings before they are full. */
export class CommandTaskClock {
  readonly taskClock: TaskClock;
  private intervalMs = FIRST_MS;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly rings: readonly PerfRing[],
    private readonly clock: Clock,
    /** The command. */
    pid: number,
  ) {
    this.taskClock = new TaskClock(rings, pid);
    this.readLater();
  }

  /** From now on the wait for the next deadline ends when a ring fills up. */
  readWhenFull(loop: Pick<EventLoop, "watch">): void {
    this.cancel?.();
    loop.watch(
      this.rings.map(({ fd }) => fd),
      () => this.taskClock.drain(),
    );
  }

  /** Ends the clock: it must not be read from now on. */
  close(): void {
    this.cancel?.();
    this.taskClock.drain();
    this.taskClock.close();
  }

  private readLater(): void {
    this.cancel = this.clock.at(this.clock.now() + this.intervalMs, this.read);
  }

  private readonly read = (): void => {
    const fullest = this.taskClock.drain();
    if (fullest > FULL) this.intervalMs = Math.max(SHORTEST_MS, this.intervalMs / 2);
    else if (fullest < EMPTY) this.intervalMs = Math.min(LONGEST_MS, this.intervalMs * 2);
    this.readLater();
  };
}
