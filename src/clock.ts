/** Time, as an argument, so that a test runs an hour in a millisecond. */
export interface Clock {
  /** Milliseconds by CLOCK_MONOTONIC from an origin of its own, with fractions. */
  now(): number;
  /** Milliseconds since the epoch by the wall clock, which may be set or step. */
  wall(): number;
  /** Calls back once, at the deadline (by `now()`) or as soon after it as can be; the answer cancels. */
  at(deadline: number, callback: () => void): () => void;
}

/** Longer timers overflow a 32-bit count and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 30;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  at(deadline, callback) {
    let timer: Timer;
    const arm = () => {
      // Rounded up: a fraction is cut off, and a timer that fires early would be a tick too many.
      const rest = Math.max(0, Math.ceil(deadline - performance.now()));
      timer = setTimeout(rest > LONGEST_TIMER_MS ? arm : callback, Math.min(rest, LONGEST_TIMER_MS));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** The recording's axis: whole milliseconds since the epoch, never twice the same, never falling back. */
export class Axis {
  private readonly clock: Clock;
  private began: number;
  private last: number;

  /** `startMs`: where the axis begins; undefined: at the wall clock's time. */
  constructor(clock: Clock, startMs: number | undefined) {
    this.clock = clock;
    this.began = clock.now();
    /** The wall clock's time when the axis began: the true start. */
    this.trueStartMs = clock.wall();
    this.startMs = startMs ?? this.trueStartMs;
    this.last = this.startMs - 1;
  }

  readonly startMs: number;
  readonly trueStartMs: number;

  /** Milliseconds since the start, with fractions. */
  elapsed(): number {
    return this.clock.now() - this.began;
  }

  /** Time begins to pass, with the first sample: all before was preparation. */
  begin(): void {
    this.began = this.clock.now();
  }

  /** The stamp of a sample that is taken now. */
  stamp(): number {
    this.last = Math.max(this.now(), this.last + 1);
    return this.last;
  }

  /** The stamp that was given last. */
  get lastStamp(): number {
    return this.last;
  }

  /** The time of something that happens now. */
  now(): number {
    return this.startMs + Math.floor(this.elapsed());
  }

  /** When a number of milliseconds will have passed since the start, by the clock's `now()`. */
  deadline(sinceStartMs: number): number {
    return this.began + sinceStartMs;
  }
}
