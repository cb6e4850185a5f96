import type { Block, RecordedSeries } from "./recording.ts";

/** A span of time with both its ends, milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a counter shows within a span of time. */
export interface SeenGrowth {
  /** Growth from the counter's first point in the span to its last, without falls; NaN if no two points show it. */
  readonly growth: number;
  /** Value at the very end of the span; NaN if there is no point. */
  readonly end: number;
}

/** Returns the index of the first time that is `atMs` or later; the length where all are earlier. */
export function indexOfTime(times: ArrayLike<number>, atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Growth of a counter between two points. NaN where either is absent, or where the counter fell: it was reset. */
export function growth(from: number, to: number): number {
  return to >= from ? to - from : Number.NaN;
}

/** The sum of all values but NaN; NaN if all are. */
export function sumSeen(values: Iterable<number>): number {
  let sum = Number.NaN;
  for (const value of values) if (!Number.isNaN(value)) sum = Number.isNaN(sum) ? value : sum + value;
  return sum;
}

/** Growth of a counter within a span. Growth across an absent point counts. */
export function growthWithin(blocks: Iterable<Block>, { fromMs, toMs }: Span): SeenGrowth {
  let seen = Number.NaN;
  let last = Number.NaN;
  let lastMs = Number.NaN;
  for (const { length, times, values } of blocks) {
    if (length > 0 && times[0]! > toMs) break;
    for (let row = 0; row < length; row++) {
      const atMs = times[row]!;
      const value = values[row]!;
      if (atMs < fromMs || atMs > toMs || Number.isNaN(value)) continue;
      const grown = growth(last, value);
      if (!Number.isNaN(grown)) seen = Number.isNaN(seen) ? grown : seen + grown;
      last = value;
      lastMs = atMs;
    }
  }
  return { growth: seen, end: lastMs === toMs ? last : Number.NaN };
}

/** The points of a series within a span, without absent ones. */
export function* pointsWithin(one: RecordedSeries, { fromMs, toMs }: Span): Iterable<readonly [number, number]> {
  for (const { length, times, values } of one.blocks()) {
    for (let row = 0; row < length; row++) {
      const atMs = times[row]!;
      if (atMs >= fromMs && atMs <= toMs && !Number.isNaN(values[row])) yield [atMs, values[row]!];
    }
  }
}

/** The last value of a series that is not absent, after a time; NaN: it has none. */
export function lastValue(blocks: Iterable<Block>, afterMs = Number.NEGATIVE_INFINITY): number {
  let found = Number.NaN;
  for (const { length, times, values } of blocks)
    for (let row = 0; row < length; row++)
      if (!Number.isNaN(values[row]) && times[row]! > afterMs) found = values[row]!;
  return found;
}

/** Series of a recording by the names of their metrics. */
export type SeriesByName = ReadonlyMap<string, readonly RecordedSeries[]>;

export function seriesByName(all: Iterable<RecordedSeries>): SeriesByName {
  const byName = new Map<string, RecordedSeries[]>();
  for (const one of all) {
    const known = byName.get(one.metric.name);
    if (known) known.push(one);
    else byName.set(one.metric.name, [one]);
  }
  return byName;
}

/** A mean over time, and how much of the time it covers. */
export interface TimeMean {
  /** NaN if no time is covered. */
  readonly mean: number;
  /** Milliseconds between points without a gap between them. */
  readonly coveredMs: number;
}

/**
 * The mean of a gauge over time, with straight lines between its points. A sample at which the gauge is absent is a gap:
 * the time on both sides of that sample is left out.
 * @param samples a series with a point at every sample, since a file does not list the samples at which a gauge was absent
 */
export function meanOverTime(blocks: Iterable<Block>, samples: Iterable<Block>, span: Span): TimeMean {
  const cursor = new SampleCursor(samples, span);
  let area = 0;
  let coveredMs = 0;
  let last = Number.NaN;
  let lastMs = Number.NaN;
  for (const { length, times, values } of blocks) {
    if (length > 0 && times[0]! > span.toMs) break;
    for (let row = 0; row < length; row++) {
      const atMs = times[row]!;
      const value = values[row]!;
      if (atMs < span.fromMs || atMs > span.toMs || Number.isNaN(value)) continue;
      const adjacent = cursor.advance(atMs) === 0 && !Number.isNaN(last);
      if (adjacent) {
        area += ((last + value) / 2) * (atMs - lastMs);
        coveredMs += atMs - lastMs;
      }
      last = value;
      lastMs = atMs;
    }
  }
  return { mean: coveredMs > 0 ? area / coveredMs : Number.NaN, coveredMs };
}

/** Moves through the times of the samples, in step with a series that has points at some of them. */
class SampleCursor {
  private readonly blocks: Iterator<Block>;
  private readonly span: Span;
  private block: Block | undefined;
  private row = 0;

  constructor(blocks: Iterable<Block>, span: Span) {
    this.blocks = blocks[Symbol.iterator]();
    this.span = span;
    this.nextBlock();
  }

  /** Moves past a time. Returns the number of the span's samples between the time of the last call and this one. */
  advance(toMs: number): number {
    let passed = 0;
    for (; this.atMs < toMs; this.next()) if (this.atMs >= this.span.fromMs) passed++;
    if (this.atMs === toMs) this.next();
    return passed;
  }

  /** Time of the next sample; infinite after the last one of the span. */
  private get atMs(): number {
    const atMs = this.block?.times[this.row] ?? Number.POSITIVE_INFINITY;
    return atMs > this.span.toMs ? Number.POSITIVE_INFINITY : atMs;
  }

  private next(): void {
    this.row++;
    if (this.block !== undefined && this.row >= this.block.length) this.nextBlock();
  }

  private nextBlock(): void {
    this.row = 0;
    do {
      const { done, value } = this.blocks.next();
      this.block = done ? undefined : value;
    } while (this.block?.length === 0);
  }
}
