import type { Block } from "./recording.ts";

/** A span of time, both ends in it; milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a counter shows within a span of time. */
export interface SeenGrowth {
  /** By how much it grew from its first point in the span to its last, falls left out; NaN if no two points show it. */
  readonly growth: number;
  /** Its value at the very end of the span; NaN if it has none there. */
  readonly end: number;
}

/** Growth of a counter from a point to a later one: NaN where either is absent, or where it fell, since it began anew. */
export function growth(from: number, to: number): number {
  return to >= from ? to - from : Number.NaN;
}

/** The sum of what is not NaN; NaN if all is. */
export function sumSeen(values: Iterable<number>): number {
  let sum = Number.NaN;
  for (const value of values) if (!Number.isNaN(value)) sum = Number.isNaN(sum) ? value : sum + value;
  return sum;
}

/** What the points of a counter within a span show; an absent point in between hides nothing of what grew. */
export function growthWithin(blocks: Iterable<Block>, { fromMs, toMs }: Span): SeenGrowth {
  let seen = Number.NaN;
  let last = Number.NaN;
  let lastMs = Number.NaN;
  for (const { length, times, values } of blocks) {
    if (length > 0 && (times[0] as number) > toMs) break;
    for (let row = 0; row < length; row++) {
      const atMs = times[row] as number;
      const value = values[row] as number;
      if (atMs < fromMs || atMs > toMs || Number.isNaN(value)) continue;
      const grown = growth(last, value);
      if (!Number.isNaN(grown)) seen = Number.isNaN(seen) ? grown : seen + grown;
      last = value;
      lastMs = atMs;
    }
  }
  return { growth: seen, end: lastMs === toMs ? last : Number.NaN };
}

/**
 * A counter as its growth a second: at each point the mean rate since the point before it. NaN at its first point,
 * where it is absent and where it fell. The times are those of the counter's own blocks.
 */
export function* rates(blocks: Iterable<Block>): Iterable<Block> {
  let last = Number.NaN;
  let lastMs = Number.NaN;
  for (const { length, times, values } of blocks) {
    const perSecond = new Float64Array(length);
    for (let row = 0; row < length; row++) {
      const value = values[row] as number;
      const atMs = times[row] as number;
      perSecond[row] = (growth(last, value) / (atMs - lastMs)) * 1000;
      if (Number.isNaN(value)) continue;
      last = value;
      lastMs = atMs;
    }
    yield { length, times, values: perSecond };
  }
}
