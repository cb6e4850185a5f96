import type { Axis, Clock } from "../clock.ts";
import type { Sampler } from "./sampler.ts";

/**
 * The sample at the command's start, in two parts: what is read before it, and what is made of that, for which the
 * command need not wait.
 */
export class StartSample {
  readonly atMs: number;
  private readonly elapsedMs: number;
  private readonly seconds: number;
  private readonly forget: () => void;

  /** Reads what must be read now; `capture` does it, and its answer forgets what nobody has asked for. */
  constructor(clock: Clock, axis: Axis, capture: () => () => void) {
    this.atMs = axis.stamp();
    this.elapsedMs = axis.elapsed();
    const began = clock.now();
    this.forget = capture();
    this.seconds = (clock.now() - began) / 1000;
  }

  /** Makes the sample of it; `between` is called between its parts. */
  complete(sampler: Sampler, between: () => void): void {
    try {
      sampler.complete({ atMs: this.atMs, elapsedMs: this.elapsedMs, seconds: this.seconds }, between);
    } finally {
      this.forget();
    }
  }
}

/**
 * When the command ended, where that is while we do something else: the runtime tells of it only when we are done. Looked
 * at between the parts of what we do, so that a command of a millisecond is not said to have taken ten.
 */
export class EndWatch {
  /** Milliseconds by the clock at the first look that found it ended; undefined: none did. */
  seenAt: number | undefined;

  constructor(
    readonly clock: Clock,
    /** Whether it has ended, asked of the kernel. */
    readonly hasEnded: () => boolean,
  ) {}

  readonly look = (): void => {
    if (this.seenAt === undefined && this.hasEnded()) this.seenAt = this.clock.now();
  };
}
