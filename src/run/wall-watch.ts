import type { Axis, Clock } from "../clock.ts";

/** A wall clock that moved by this much against the monotonic one was set, or the machine slept. */
const JUMP_MS = 1000;

/** Notices a wall clock that was set, or a machine that slept, from one look to the next. */
export class WallWatch {
  /** The wall clock's lead over the axis. */
  private lead: number;

  constructor(
    readonly clock: Clock,
    readonly axis: Axis,
  ) {
    this.lead = clock.wall() - axis.elapsed();
  }

  /** What it did since the last look, in words; undefined: what clocks do. */
  jump(): string | undefined {
    const lead = this.clock.wall() - this.axis.elapsed();
    const jump = lead - this.lead;
    this.lead = lead;
    if (Math.abs(jump) <= JUMP_MS) return undefined;
    return `The wall clock jumped by ${jump > 0 ? "+" : ""}${(jump / 1000).toFixed(1)} s`;
  }
}
