/** Time as an argument, so that a test can run an hour in a millisecond. */
export interface Clock {
  /** Returns milliseconds by CLOCK_MONOTONIC, with fractions, from an origin of its own. */
  now(): number;
  /** Returns milliseconds since the epoch by the wall clock, which may be set or step. */
  wall(): number;
  /** Calls back once, at the deadline (by `now()`) or as soon as possible after it. Returns a function that cancels. */
  at(deadline: number, callback: () => void): () => void;
}

/** Longer timers overflow 32 bits and fire at once. */
const LONGEST_TIMER_MS = 2 ** 30;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  at(deadline, callback) {
    let timer: Timer;
    const arm = () => {
      // Rounded up, since the runtime cuts off fractions: a timer that fires early would make one tick too many.
      const rest = Math.max(0, Math.ceil(deadline - performance.now()));
      timer = setTimeout(rest > LONGEST_TIMER_MS ? arm : callback, Math.min(rest, LONGEST_TIMER_MS));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** The recording's time axis: stamps in whole milliseconds since the epoch, each greater than the last. */
export class Axis {
  private readonly clock: Clock;
  private began: number;
  private last: number;

  /** `startMs`: where the axis begins; undefined: at the wall clock's time, milliseconds since the epoch. */
  constructor(clock: Clock, startMs: number | undefined) {
    this.clock = clock;
    this.began = clock.now();
    this.trueStartMs = clock.wall();
    this.startMs = startMs ?? this.trueStartMs;
    this.last = this.startMs - 1;
  }

  /** Where the axis begins. */
  readonly startMs: number;
  /** The wall clock's time when the axis was made. */
  readonly trueStartMs: number;

  /** Returns milliseconds since the start, with fractions. */
  elapsed(): number {
    return this.clock.now() - this.began;
  }

  /** Starts the time now, at the first sample: what came before was preparation. */
  begin(): void {
    this.began = this.clock.now();
  }

  /** Returns the stamp of a sample that is taken now. */
  stamp(): number {
    this.last = Math.max(this.now(), this.last + 1);
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
    return this.began + sinceStartMs;
  }
}
