import type { Clock } from "../clock.ts";

/** How often in the time of grace we look. */
const LOOKS = 8;

/** Watches over a peer that should be heard of. Time in which we ourselves did not run (a stop, a suspend) is not counted. */
export class Silence {
  private readonly _clock: Clock;
  private readonly everyMs: number;
  private heardAt: number;
  private lookedAt: number;
  private cancel: (() => void) | undefined;

  constructor(
    clock: Clock,
    readonly graceMs: number,
    /** Called once, when it has lasted for too long. */
    readonly onLost: () => void,
  ) {
    this._clock = clock;
    this.everyMs = graceMs / LOOKS;
    this.heardAt = clock.now();
    this.lookedAt = clock.now();
    this.wait();
  }

  heard(): void {
    this.heardAt = this._clock.now();
  }

  stop(): void {
    this.cancel?.();
  }

  private wait(): void {
    this.cancel = this._clock.at(this._clock.now() + this.everyMs, () => this.look());
  }

  private look(): void {
    const now = this._clock.now();
    const stalledMs = now - this.lookedAt - this.everyMs;
    // What came meanwhile waits to be read: it is heard before the next look.
    if (stalledMs > this.everyMs) this.heardAt = Math.max(this.heardAt, now - this.graceMs / 2);
    this.lookedAt = now;
    if (now - this.heardAt >= this.graceMs) this.onLost();
    else this.wait();
  }
}
