import type { Block } from "../recording/recording.ts";
import { PointStore } from "./points.ts";

/**
 * The points of one series of any file: those that come in order as they come, and the rest beside them. Where a time
 * is there twice, the line that came later has the say.
 */
export class AnyPoints {
  private readonly inOrder: PointStore;
  private readonly late: (readonly [atMs: number, value: number])[] = [];

  /** `shared`: the times of a series before, all of them, which this one may turn out to have too. */
  constructor(shared: Float64Array) {
    this.inOrder = new PointStore(shared);
  }

  add(atMs: number, value: number): void {
    if (!this.inOrder.add(atMs, value)) this.late.push([atMs, value]);
  }

  /** Gives room back that is left over; more points may follow all the same. The times, for the next series to share. */
  trim(): Float64Array {
    return this.inOrder.end();
  }

  /** All points in one block, in order of time. */
  block(): Block {
    const block = this.inOrder.block();
    if (this.late.length === 0) return block;
    const values = new Map<number, number>();
    for (let at = 0; at < block.length; at++) values.set(block.times[at] as number, block.values[at] as number);
    for (const [atMs, value] of this.late) values.set(atMs, value);
    const times = Float64Array.from(values.keys()).sort();
    return { length: times.length, times, values: times.map((atMs) => values.get(atMs) as number) };
  }
}
