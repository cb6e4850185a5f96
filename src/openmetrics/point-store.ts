import type { Block } from "../recording/recording.ts";

const FIRST_CAPACITY = 64;

/** Where points go whose times are the next ones that a series shares. A reader of many lines fills it without a call for each. */
export interface SharedRun {
  /** Times that the next points should have, from `length` on. */
  readonly times: Float64Array;
  /** Where their values go, at the place of their time. */
  readonly values: Float64Array;
  /** Points that the series has. */
  readonly length: number;
  /** The place where the run ends; not above `length`: there is none. */
  readonly end: number;
}

/**
 * The points of one series while a file is read. Series that were sampled together share one array of times: a series
 * keeps times of its own only from the first one that differs from those of the series before it.
 */
export class PointStore {
  private readonly shared: Float64Array;
  private own: Float64Array | undefined;
  private values: Float64Array;
  private length = 0;

  /** `shared`: all times of the series before. */
  constructor(shared: Float64Array) {
    this.shared = shared;
    this.values = new Float64Array(Math.max(FIRST_CAPACITY, shared.length));
  }

  /** Adds a point. Returns false, without adding it, where its time is not after the last one's. */
  add(atMs: number, value: number): boolean {
    const at = this.length;
    // Nearly always: the time is the next of the shared ones, which ascend.
    if (this.own === undefined && this.shared[at] === atMs && at < this.values.length) {
      this.values[at] = value;
      this.length++;
      return true;
    }
    const times = this.own ?? this.shared;
    if (at > 0 && atMs <= times[at - 1]!) return false;
    if (at === this.values.length) this.grow();
    if (this.own === undefined && this.shared[at] !== atMs) this.own = grown(this.shared, at, this.values.length);
    if (this.own !== undefined) this.own[at] = atMs;
    this.values[at] = value;
    this.length++;
    return true;
  }

  /** The places of the points that come next, if their times are the shared ones. Call `extend` with what was filled. */
  sharedRun(): SharedRun {
    const { shared, values, length } = this;
    const end = this.own === undefined ? Math.min(shared.length, values.length) : 0;
    return { times: shared, values, length, end };
  }

  /** Counts the points up to a place of the shared run, which hold their values. */
  extend(length: number): void {
    this.length = length;
  }

  /** Frees unused room after the last point. Returns the times, for the next series to share. */
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

/** The points of one series of a file that may have them in any order. Of two points at one time, the later line counts. */
export class AnyOrderPoints {
  private readonly inOrder: PointStore;
  private readonly late: (readonly [atMs: number, value: number])[] = [];

  /** `shared`: all times of the series before. */
  constructor(shared: Float64Array) {
    this.inOrder = new PointStore(shared);
  }

  /** The number of points that were added after a later one, or at its time. */
  get lateCount(): number {
    return this.late.length;
  }

  add(atMs: number, value: number): void {
    if (!this.inOrder.add(atMs, value)) this.late.push([atMs, value]);
  }

  /** As in `PointStore`. */
  sharedRun(): SharedRun {
    return this.inOrder.sharedRun();
  }

  extend(length: number): void {
    this.inOrder.extend(length);
  }

  /** Frees unused room; more points may follow. Returns the times, for the next series to share. */
  trim(): Float64Array {
    return this.inOrder.end();
  }

  /** All points in one block, in order of time. */
  block(): Block {
    const block = this.inOrder.block();
    if (this.late.length === 0) return block;
    const values = new Map<number, number>();
    for (let at = 0; at < block.length; at++) values.set(block.times[at]!, block.values[at]!);
    for (const [atMs, value] of this.late) values.set(atMs, value);
    const times = Float64Array.from(values.keys()).sort();
    return { length: times.length, times, values: times.map((atMs) => values.get(atMs)!) };
  }
}
