import type { Span } from "./rates.ts";
import type { Block } from "./recording.ts";

/** A mean over time and how much of the time it is of. */
export interface TimeMean {
  /** NaN if no time is covered. */
  readonly mean: number;
  /** Milliseconds between points that have no gap between them. */
  readonly coveredMs: number;
}

/**
 * The mean of a gauge over time, straight lines between its points. Where a sample was taken and the gauge is absent is
 * a gap, which is left out on both sides of that sample.
 * @param samples a series that has a point at every sample: a file does not say otherwise that a gauge was absent
 */
export function meanOverTime(blocks: Iterable<Block>, samples: Iterable<Block>, span: Span): TimeMean {
  const cursor = new SampleCursor(samples, span);
  let area = 0;
  let coveredMs = 0;
  let last = Number.NaN;
  let lastMs = Number.NaN;
  for (const { length, times, values } of blocks) {
    if (length > 0 && (times[0] as number) > span.toMs) break;
    for (let row = 0; row < length; row++) {
      const atMs = times[row] as number;
      const value = values[row] as number;
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

/** Walks along the times of the samples beside a series that has a point at some of them. */
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

  /** How many samples of the span lie between the time of the last call and this one. */
  advance(toMs: number): number {
    let passed = 0;
    for (; this.atMs < toMs; this.next()) if (this.atMs >= this.span.fromMs) passed++;
    if (this.atMs === toMs) this.next();
    return passed;
  }

  /** Time of the next sample; infinite behind the last one of the span. */
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
