/** The quantile `q` (0 to 1) of the values, interpolated linearly between two of them; NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** The median; NaN for no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Median absolute deviation from the median, in the values' unit: a measure of spread that one stalled round does not change. */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** An estimate with its 95 % bootstrap interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/** Returns a pseudo-random index below `count`. */
export type PickIndex = (count: number) => number;

/** The bootstrap interval of a figure that `draw` computes from data resampled by `pick`. The picks are the same every time. */
export function bootstrapInterval(draw: (pick: PickIndex) => number): Omit<Estimate, "value"> {
  const random = seededRandom(1);
  const pick = (count: number) => Math.floor(random() * count);
  const drawn = Array.from({ length: RESAMPLES }, () => draw(pick));
  const tail = (1 - CONFIDENCE) / 2;
  return { low: quantile(drawn, tail), high: quantile(drawn, 1 - tail) };
}

/**
 * Ratio of two medians, with its interval. The values are paired, one of each a round, and whole rounds are drawn, so that
 * what slows both does not widen the interval. Undefined if a median of the divisors is not above zero.
 */
export function ratioOfMedians(values: readonly number[], divisors: readonly number[]): Estimate | undefined {
  if (values.length !== divisors.length)
    throw new RangeError(`${values.length} values for ${divisors.length} divisors`);
  let isDivisible = values.length > 0;
  const interval = bootstrapInterval((pick) => {
    const rounds = values.map(() => pick(values.length));
    const divisor = median(rounds.map((round) => divisors[round]!));
    isDivisible &&= divisor > 0;
    return median(rounds.map((round) => values[round]!)) / divisor;
  });
  const value = median(values) / median(divisors);
  return isDivisible && !Number.isNaN(value) ? { value, ...interval } : undefined;
}

/** Pseudo-random numbers from 0 to 1, the same for the same seed: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
