import type { DrawnSpan, LinePoints } from "./model.ts";

const FIRST_CAPACITY = 256;

/** A growing list of points. */
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

  /** Returns the points so far. They share the list's memory: push nothing afterwards. */
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

/** Whether both arrays hold the same times. */
export function hasSameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** The most points that one part of a span keeps, not counting gaps. */
const MOST_POINTS = 4;

/**
 * Returns a line with the first, lowest, highest and last point of each part of the span, never a mean. It has a NaN
 * where points are absent before, between or after these. Points outside of the span are kept.
 */
export function downsampled(line: LinePoints, { fromMs, toMs, pixels }: DrawnSpan): LinePoints {
  const { times, values } = line;
  const out = new PointList(Math.min(times.length, MOST_POINTS * pixels + 2));
  const widthMs = (toMs - fromMs) / pixels;
  const partOf = (atMs: number) => {
    if (atMs < fromMs) return -1;
    return atMs > toMs ? pixels : Math.min(pixels - 1, Math.floor((atMs - fromMs) / widthMs) || 0);
  };
  for (let start = 0; start < times.length; ) {
    const part = partOf(times[start]!);
    const end = endOfPart(times, start, (atMs) => partOf(atMs) === part);
    const isOutside = part < 0 || part === pixels;
    if (isOutside || end - start <= MOST_POINTS) for (let at = start; at < end; at++) out.push(times[at]!, values[at]!);
    else keepOf(line, start, end, out);
    start = end;
  }
  return out.points();
}

/** Returns the index after the last time of a part that has the time at `start`: few of them are looked at. */
function endOfPart(times: Float64Array, start: number, isInside: (atMs: number) => boolean): number {
  let inside = start;
  let step = 1;
  while (inside + step < times.length && isInside(times[inside + step]!)) {
    inside += step;
    step *= 2;
  }
  let outside = Math.min(inside + step, times.length);
  while (outside - inside > 1) {
    const middle = (inside + outside) >>> 1;
    if (isInside(times[middle]!)) inside = middle;
    else outside = middle;
  }
  return outside;
}

/** Adds the points that a part keeps, in order. */
function keepOf({ times, values }: LinePoints, start: number, end: number, out: PointList): void {
  let first = -1;
  let lowest = -1;
  let highest = -1;
  let last = -1;
  /** The latest absent point, and the first absent point that has points on both sides. */
  let absent = -1;
  let inner = -1;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = start; at < end; at++) {
    const value = values[at]!;
    if (Number.isNaN(value)) {
      absent = at;
      continue;
    }
    if (first < 0) first = lowest = highest = at;
    else if (inner < 0 && absent > last) inner = absent;
    if (value < low) {
      low = value;
      lowest = at;
    }
    if (value > high) {
      high = value;
      highest = at;
    }
    last = at;
  }
  const kept = first < 0 ? [start] : [first, lowest, highest, last];
  if (first > start) kept.push(start);
  if (absent > last && first >= 0) kept.push(absent);
  if (inner >= 0) kept.push(inner);
  kept.sort((a, b) => a - b);
  for (const [i, at] of kept.entries()) if (at !== kept[i - 1]) out.push(times[at]!, values[at]!);
}
