/** The value below which a part `q` (0 to 1) of the values lies, linear between two of them; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** The middle value; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Median absolute deviation from the median, in the values' unit: a spread that one stalled round does not move. */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** An estimate and the interval that it lies in, by what the data itself say. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/**
 * Ratio of two medians, with its 95 % bootstrap interval. The values are paired: one of each a round, and a round is
 * drawn whole, so that what slows both does not widen the interval. The draws are seeded: equal data, equal answer.
 * Undefined where a median of the divisor is not above zero: there is nothing to divide by.
 */
export function ratioOfMedians(values: readonly number[], divisors: readonly number[]): Estimate | undefined {
  if (values.length !== divisors.length)
    throw new RangeError(`${values.length} values for ${divisors.length} divisors`);
  const random = seededRandom(1);
  const ratios: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    const rounds = values.map(() => Math.floor(random() * values.length));
    const divisor = median(rounds.map((round) => divisors[round]!));
    if (!(divisor > 0)) return undefined;
    ratios.push(median(rounds.map((round) => values[round]!)) / divisor);
  }
  const tail = (1 - CONFIDENCE) / 2;
  const value = median(values) / median(divisors);
  return ratios.length === 0 || Number.isNaN(value)
    ? undefined
    : { value, low: quantile(ratios, tail), high: quantile(ratios, 1 - tail) };
}

/** Numbers from 0 to 1, the same ones for the same seed: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
