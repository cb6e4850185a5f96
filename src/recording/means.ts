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
  const cursor = new SampleCursor(timesWithin(samples, span));
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
  readonly #times: Iterator<number>;
  #next: IteratorResult<number>;

  constructor(times: Iterable<number>) {
    this.#times = times[Symbol.iterator]();
    this.#next = this.#times.next();
  }

  /** How many samples lie between the time of the last call and this one. */
  advance(toMs: number): number {
    let passed = 0;
    for (; !this.#next.done && this.#next.value < toMs; this.#next = this.#times.next()) passed++;
    if (this.#next.value === toMs) this.#next = this.#times.next();
    return passed;
  }
}

function* timesWithin(blocks: Iterable<Block>, { fromMs, toMs }: Span): Iterable<number> {
  for (const { length, times } of blocks) {
    for (let row = 0; row < length; row++) {
      const atMs = times[row] as number;
      if (atMs > toMs) return;
      if (atMs >= fromMs) yield atMs;
    }
  }
}
