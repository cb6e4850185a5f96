/** Time as an argument, so that a test can run an hour in a millisecond. */
export interface Clock {
  /** Returns milliseconds by CLOCK_MONOTONIC, with fractions, from an origin of its own. */
  now(): number;
  /** Returns milliseconds since the epoch by the wall clock, which may be set or step. */
  wall(): number;
  /**
   * Calls back once, at the deadline (by `now()`) or as soon as possible after it. Returns a function that cancels. `slackMs`:
   * it may come so much later, together with another: to wake up costs more than what many are called for.
   */
  at(deadline: number, callback: () => void, slackMs?: number): () => void;
}

/** Waits in place of the runtime's event loop. */
export interface LoopWait {
  /** Blocks for at most so many milliseconds. Returns whether the event loop may have something to do. */
  wait(ms: number): boolean;
  /** Runs what promises that were resolved have left to do. */
  drainMicrotasks(): void;
}

/**
 * While the thread blocks, the runtime's own collector has no turn. A start leaves garbage, and a long run a little: it is
 * collected so often, which takes as much CPU time as a few samples.
 */
const COLLECT_EVERY_MS = 30_000;
const COLLECT_SLACK_MS = 60_000;

/** Longer timers overflow 32 bits and fire at once. */
const LONGEST_TIMER_MS = 2 ** 30;

/** A deadline that has not passed. */
interface Due {
  readonly deadline: number;
  /** The deadline with its slack. */
  readonly latest: number;
  readonly callback: () => void;
  /** The runtime's timer; undefined: the thread blocks until the deadline. */
  timer: Timer | undefined;
}

/**
 * The system's clock. Its deadlines are the runtime's timers, or, from `block` to `unblock`, ends of blocking waits: each
 * turn of the runtime's event loop costs more CPU time than a sample.
 */
class SystemClock implements Clock {
  private readonly pending: Due[] = [];
  private loop: LoopWait | undefined;
  private longestMs = LONGEST_TIMER_MS;
  private onReady: (() => void) | undefined;
  private isTurning = false;
  private cancelCollection: (() => void) | undefined;

  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  at(deadline: number, callback: () => void, slackMs = 0): () => void {
    const due: Due = { deadline, latest: deadline + slackMs, callback, timer: undefined };
    this.pending.push(due);
    if (this.loop) this.startTurning();
    else this.arm(due);
    return () => this.drop(due);
  }

  /**
   * From now on blocks from deadline to deadline, but while the event loop has something to do. Timers and immediates that
   * are not this clock's are kept waiting meanwhile, for up to `longestMs`. `onReady` is called before the event loop gets
   * its turn, in which overdue timers of the runtime's come first.
   */
  block(loop: LoopWait, longestMs: number, onReady?: () => void): void {
    this.loop = loop;
    this.onReady = onReady;
    this.longestMs = Math.min(longestMs, LONGEST_TIMER_MS);
    for (const due of this.pending) this.disarm(due);
    this.collectLater();
  }

  /** From now on the runtime's timers wait for the deadlines. */
  unblock(): void {
    if (!this.loop) return;
    this.loop = undefined;
    this.cancelCollection?.();
    for (const due of this.pending) this.arm(due);
  }

  private collectLater(): void {
    const collect = () => {
      Bun.gc(true);
      this.collectLater();
    };
    this.cancelCollection = this.at(performance.now() + COLLECT_EVERY_MS, collect, COLLECT_SLACK_MS);
  }

  private arm(due: Due): void {
    // Rounded up, since the runtime cuts off fractions: a timer that fires early would make one tick too many.
    const rest = Math.max(0, Math.ceil(due.deadline - performance.now()));
    const then = rest > LONGEST_TIMER_MS ? () => this.arm(due) : () => this.pass(due);
    due.timer = setTimeout(then, Math.min(rest, LONGEST_TIMER_MS));
  }

  private disarm(due: Due): void {
    clearTimeout(due.timer);
    due.timer = undefined;
  }

  private drop(due: Due): void {
    if (due.timer !== undefined) this.disarm(due);
    const at = this.pending.indexOf(due);
    if (at >= 0) this.pending.splice(at, 1);
  }

  private pass(due: Due): void {
    this.drop(due);
    due.callback();
  }

  private startTurning(): void {
    if (this.isTurning) return;
    this.isTurning = true;
    setImmediate(this.turn);
  }

  /** Blocks until a deadline or something else is due, in one callback of the event loop for as long as there is nothing else. */
  private readonly turn = (): void => {
    for (;;) {
      const { loop } = this;
      const nowMs = performance.now();
      const due = this.passed(nowMs) ?? this.earliest();
      if (!loop || !due) break;
      const restMs = due.deadline > nowMs ? due.latest - nowMs : 0;
      if (restMs > 0) {
        const isReady = loop.wait(Math.min(restMs, this.longestMs));
        if (!isReady && restMs <= this.longestMs) continue;
        setImmediate(this.turn);
        if (!isReady) return;
        this.onReady?.();
        loop.drainMicrotasks();
        return;
      }
      try {
        this.pass(due);
      } catch (error) {
        // As after a timer: it is reported, and the other deadlines stand.
        setImmediate(this.turn);
        throw error;
      }
      loop.drainMicrotasks();
    }
    this.isTurning = false;
  };

  /** Returns the one that has to be called first of those whose deadline has passed. */
  private passed(nowMs: number): Due | undefined {
    let first: Due | undefined;
    for (const due of this.pending) if (due.deadline <= nowMs && !(first && first.latest <= due.latest)) first = due;
    return first;
  }

  /** Returns the one that has to be called first. */
  private earliest(): Due | undefined {
    let first: Due | undefined;
    for (const due of this.pending) if (!first || due.latest < first.latest) first = due;
    return first;
  }
}

export const systemClock = new SystemClock();

/**
 * The recording's time axis: stamps in whole milliseconds since the epoch, each greater than the last. Time passes on it from
 * the first stamp on, so that this one is the axis's start, however long the machine takes to get there.
 */
export class Axis {
  private readonly clock: Clock;
  /** When the first stamp was given, by the clock's `now()`; undefined: none was. */
  private began: number | undefined;
  private last: number;

  /** `startMs`: where the axis begins; undefined: at the wall clock's time, milliseconds since the epoch. */
  constructor(clock: Clock, startMs: number | undefined) {
    this.clock = clock;
    this.trueStartMs = clock.wall();
    this.startMs = startMs ?? this.trueStartMs;
    this.last = this.startMs - 1;
  }

  /** Where the axis begins. */
  readonly startMs: number;
  /** The wall clock's time when the axis was made. */
  readonly trueStartMs: number;

  /** Returns milliseconds since the first stamp, with fractions; 0 before it. */
  elapsed(): number {
    return this.began === undefined ? 0 : this.clock.now() - this.began;
  }

  /** Starts the time now, unless it has been started. */
  begin(): void {
    this.began ??= this.clock.now();
  }

  /** Returns the stamp of a sample that is taken now. */
  stamp(): number {
    const isFirst = this.began === undefined;
    this.begin();
    // The clock is not read again for the first: the machine may have been busy with others in between.
    this.last = isFirst ? this.startMs : Math.max(this.now(), this.last + 1);
    return this.last;
  }

  /** The last stamp. */
  get lastStamp(): number {
    return this.last;
  }

  /** Returns the time of an event that happens now. */
  now(): number {
    return this.startMs + Math.floor(this.elapsed());
  }

  /** Returns when so many milliseconds have passed since the start, by the clock's `now()`. */
  deadline(sinceStartMs: number): number {
    return (this.began ?? this.clock.now()) + sinceStartMs;
  }
}
