import type { LinePoints } from "./model.ts";

const FIRST_CAPACITY = 256;

/** Points that are gathered one after the other. */
export class PointList {
  private times: Float64Array<ArrayBuffer>;
  private values: Float64Array<ArrayBuffer>;
  private length = 0;

  constructor(capacity = FIRST_CAPACITY) {
    this.times = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
  }

  push(atMs: number, value: number): void {
    if (this.length === this.times.length) this.grow();
    this.times[this.length] = atMs;
    this.values[this.length++] = value;
  }

  /** What was gathered; it shares the list's memory, which is not added to any more. */
  points(): LinePoints {
    return { times: this.times.subarray(0, this.length), values: this.values.subarray(0, this.length) };
  }

  private grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, this.length * 2);
    const [times, values] = [new Float64Array(capacity), new Float64Array(capacity)];
    times.set(this.times);
    values.set(this.values);
    this.times = times;
    this.values = values;
  }
}

/** The first place whose time is not before `atMs`; the length where all are. */
export function placeOf(times: Float64Array, atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
