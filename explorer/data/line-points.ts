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
  const { times } = line;
  const out = new PointList(Math.min(times.length, MOST_POINTS * pixels + 2));
  const widthMs = (toMs - fromMs) / pixels;
  const partOf = (atMs: number) => {
    if (atMs < fromMs) return -1;
    return atMs > toMs ? pixels : Math.min(pixels - 1, Math.floor((atMs - fromMs) / widthMs) || 0);
  };
  for (let start = 0; start < times.length; ) {
    const part = partOf(times[start]!);
    let end = start + 1;
    while (end < times.length && partOf(times[end]!) === part) end++;
    const isOutside = part < 0 || part === pixels;
    for (const at of isOutside || end - start <= MOST_POINTS ? range(start, end) : keptIndexes(line, start, end))
      out.push(times[at]!, line.values[at]!);
    start = end;
  }
  return out.points();
}

/** Returns the indexes of the points that a part keeps, in order. */
function keptIndexes({ values }: LinePoints, start: number, end: number): Iterable<number> {
  let first = -1;
  let lowest = -1;
  let highest = -1;
  let last = -1;
  /** The latest absent point, and the first absent point that has points on both sides. */
  let absent = -1;
  let inner = -1;
  for (let at = start; at < end; at++) {
    const value = values[at]!;
    if (Number.isNaN(value)) {
      absent = at;
      continue;
    }
    if (first < 0) first = lowest = highest = at;
    else if (inner < 0 && absent > last) inner = absent;
    if (value < values[lowest]!) lowest = at;
    if (value > values[highest]!) highest = at;
    last = at;
  }
  if (first < 0) return [start];
  const before = first > start ? [start] : [];
  const after = absent > last ? [absent] : [];
  const kept = [...before, first, lowest, highest, last, ...(inner < 0 ? [] : [inner]), ...after];
  return new Set(kept.sort((a, b) => a - b));
}

function* range(start: number, end: number): Iterable<number> {
  for (let at = start; at < end; at++) yield at;
}
