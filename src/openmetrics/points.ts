import type { Block } from "../recording/recording.ts";

const FIRST_CAPACITY = 64;

/**
 * The points of one series while it is read. As long as its times are those of the series before it, they are not
 * kept again: series that were sampled together share one array, as blocks of one row store do.
 */
export class PointStore {
  private readonly shared: Float64Array;
  private own: Float64Array | undefined;
  private values: Float64Array;
  private length = 0;

  /** `shared`: the times of the series before, all of them. */
  constructor(shared: Float64Array) {
    this.shared = shared;
    this.values = new Float64Array(Math.max(FIRST_CAPACITY, shared.length));
  }

  /** Adds a point; false, and nothing added, where its time is not after the last one's. */
  add(atMs: number, value: number): boolean {
    const at = this.length;
    // Nearly always so: the times ascend, and this one is the next of them.
    if (this.own === undefined && this.shared[at] === atMs && at < this.values.length) {
      this.values[at] = value;
      this.length++;
      return true;
    }
    const times = this.own ?? this.shared;
    if (at > 0 && atMs <= (times[at - 1] as number)) return false;
    if (at === this.values.length) this.grow();
    if (this.own === undefined && this.shared[at] !== atMs) this.own = grown(this.shared, at, this.values.length);
    if (this.own !== undefined) this.own[at] = atMs;
    this.values[at] = value;
    this.length++;
    return true;
  }

  /** The last point is in: room that is left over is given back. The times, for the next series to share. */
  end(): Float64Array {
    const length = this.length;
    if (length < this.values.length) this.values = this.values.slice(0, length);
    if (this.own !== undefined && length < this.own.length) this.own = this.own.slice(0, length);
    return this.own ?? this.shared;
  }

  /** All points in one block. */
  block(): Block {
    return { length: this.length, times: this.own ?? this.shared, values: this.values };
  }

  private grow(): void {
    this.values = grown(this.values, this.length, this.length * 2);
    if (this.own !== undefined) this.own = grown(this.own, this.length, this.length * 2);
  }
}

/** A longer array that begins with the first `length` numbers of another. */
function grown(from: Float64Array, length: number, capacity: number): Float64Array<ArrayBuffer> {
  const array = new Float64Array(capacity);
  array.set(from.subarray(0, length));
  return array;
}
