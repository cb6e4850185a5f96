import { indexOfTime } from "../../src/recording/span.ts";

/** Two points have a gap between them if they are this many times further apart than usual. */
const GAP_INTERVALS = 3;

/** A shorter pause is never a gap: a counter's growth in it is known all the same. */
const SHORTEST_GAP_MS = 1000;

/** The usual distance is estimated from at most this many distances. */
const MOST_DISTANCES = 1024;

/** How often a series has a point. */
interface Cadence {
  /** In samples: 1 for a point at every sample. */
  readonly stride: number;
  /** Points that are further apart have a gap between them. */
  readonly longestMs: number;
}

/** The samples of a run. */
export interface Sampling {
  /** The times of all samples, which include the times of every series. */
  readonly samples: Float64Array;
  /** How often there was to be a sample; default: as often as there usually was one. */
  readonly intervalMs?: number | undefined;
}

const cadences = new WeakMap<Float64Array, { readonly samples: Float64Array; readonly cadence: Cadence }>();

/**
 * Finds the gaps of one series. A metrics file does not say at which samples a series was absent. So a series that has a
 * point at every sample, or at every tenth as costly ones do, has a gap where its next point is missing; and every
 * series has a gap where no samples were taken for long.
 */
export class Gaps {
  private readonly samples: Float64Array;
  private readonly cadence: Cadence;
  /** Index of the last sample that was looked up; it moves along with the points. */
  private cursor = -1;

  constructor(
    private readonly times: Float64Array,
    values: Float64Array,
    sampling: Sampling,
  ) {
    this.samples = sampling.samples;
    this.cadence = cadenceOf(times, values, sampling);
  }

  /**
   * Returns the time at which to show the gap between two neighbouring points, by their places; NaN: there is no gap. Call
   * it for the points in their order.
   */
  between(from: number, to: number): number {
    const fromMs = this.times[from]!;
    const toMs = this.times[to]!;
    const first = this.sampleOf(from);
    const last = this.sampleOf(to);
    const isMissing = last - first >= 2 * this.cadence.stride;
    if (!isMissing && toMs - fromMs <= this.cadence.longestMs) return Number.NaN;
    return last - first > 1 ? this.samples[first + 1]! : (fromMs + toMs) / 2;
  }

  /** Whether there is surely no gap: it has a point at each sample, if it is never absent, and these are near one another. */
  get areNone(): boolean {
    const { samples, times, cadence } = this;
    return times === samples && cadence.stride === 1 && longestDistance(samples) <= cadence.longestMs;
  }

  /** Whether no samples were taken between two points: a counter's growth is known all the same. */
  isPause(from: number, to: number): boolean {
    return this.sampleOf(to) - this.sampleOf(from) === 1;
  }

  private sampleOf(point: number): number {
    const { samples, times } = this;
    if (times === samples) return point;
    const atMs = times[point]!;
    let at = this.cursor;
    // The next point is usually at the same sample or at the next one, which saves a search.
    if (samples[at] === atMs) return at;
    if (samples[at + 1] === atMs) at++;
    else at = indexOfTime(samples, atMs);
    this.cursor = at;
    return at;
  }
}

const longestDistances = new WeakMap<Float64Array, number>();

function longestDistance(samples: Float64Array): number {
  const known = longestDistances.get(samples);
  if (known !== undefined) return known;
  let longest = 0;
  for (let at = 1; at < samples.length; at++) longest = Math.max(longest, samples[at]! - samples[at - 1]!);
  longestDistances.set(samples, longest);
  return longest;
}

function cadenceOf(times: Float64Array, values: Float64Array, sampling: Sampling): Cadence {
  const { samples } = sampling;
  const known = cadences.get(values);
  if (known && known.samples === samples) return known.cadence;
  const stride = median(strides(times, values, samples)) || 1;
  const longestMs = longestWithoutGap(stride, sampling);
  const cadence = { stride, longestMs };
  cadences.set(values, { samples, cadence });
  return cadence;
}

function longestWithoutGap(stride: number, { samples, intervalMs = Number.POSITIVE_INFINITY }: Sampling): number {
  const usualMs = Math.min(intervalMs, median(distances(samples)) || 0);
  return Math.max(SHORTEST_GAP_MS, GAP_INTERVALS * stride * usualMs);
}

/** Returns the times in which no samples were taken, although some were due: `[from, to]` each. */
export function pausesOf(sampling: Sampling): [fromMs: number, toMs: number][] {
  const { samples } = sampling;
  const longestMs = longestWithoutGap(1, sampling);
  const found: [number, number][] = [];
  for (let at = 1; at < samples.length; at++)
    if (samples[at]! - samples[at - 1]! > longestMs) found.push([samples[at - 1]!, samples[at]!]);
  return found;
}

/** Returns the distances, in samples, of some neighbouring points. */
function strides(times: Float64Array, values: Float64Array, samples: Float64Array): number[] {
  const found: number[] = [];
  const step = Math.max(1, Math.floor(times.length / MOST_DISTANCES));
  for (let at = 0; at < times.length; at += step) {
    const first = presentFrom(values, at);
    const second = presentFrom(values, first + 1);
    if (second >= times.length) break;
    found.push(indexOfTime(samples, times[second]!) - indexOfTime(samples, times[first]!));
    at = Math.max(at, first);
  }
  return found;
}

function presentFrom(values: Float64Array, from: number): number {
  let at = from;
  while (at < values.length && Number.isNaN(values[at])) at++;
  return at;
}

function distances(samples: Float64Array): number[] {
  const found: number[] = [];
  const step = Math.max(1, Math.floor(samples.length / MOST_DISTANCES));
  for (let at = 1; at < samples.length; at += step) found.push(samples[at]! - samples[at - 1]!);
  return found;
}

/** Returns the median; undefined for an empty list. */
function median(numbers: number[]): number | undefined {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}
