import { chanceOfHigher, leastChance } from "./rank-test.ts";
import type { ChanceTest } from "./set-verdicts.ts";

/*
 * The test of two commands that took turns. A machine that others use is now faster and now slower, for seconds or minutes:
 * neighbours in time have that in common, and their ratio does not have it. Student's test asks whether the ratios of the turns
 * are above 1. Where nothing changed, a ratio is as likely as its inverse, whatever the times are spread like; with such
 * symmetric values the test errs to the careful side where some are far out (Benjamini 1983).
 */

/** With fewer turns, what the values are spread like matters too much. */
const LEAST_TURNS = 5;

/** The values of both groups are in the order of their turns. */
export const TURN_TEST: ChanceTest = {
  chanceOfHigher(low, high) {
    if (!isPaired(low, high)) return chanceOfHigher(low, high);
    const ratios = low.map((value, turn) => Math.log(high[turn]! / value));
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const squares = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0);
    const error = Math.sqrt(squares / (ratios.length - 1) / ratios.length);
    // Turns that are all the same leave nothing to chance.
    if (error <= Number.EPSILON) return mean > 0 ? 0 : 1;
    return studentAbove(mean / error, ratios.length - 1);
  },
  leastChance: (low, high) => (low === high && low >= LEAST_TURNS ? 0 : leastChance(low, high)),
};

/** There is no ratio to a value of 0. */
function isPaired(low: readonly number[], high: readonly number[]): boolean {
  return low.length >= LEAST_TURNS && low.length === high.length && [...low, ...high].every((value) => value > 0);
}

/** Runs that took turns, in the order of these. */
interface Turns<T> {
  readonly base: readonly T[];
  readonly next: readonly T[];
}

/**
 * Returns both groups by turns where they took some: by their starts, each two neighbours are one of either. What belongs
 * together is then known by time alone, whoever started them. Undefined: they did not, or it is not known.
 */
export function turnsOf<T extends { readonly startedAtMs?: number }>(
  base: readonly T[],
  next: readonly T[],
): Turns<T> | undefined {
  if (base.length !== next.length || base.length < LEAST_TURNS) return undefined;
  const isOfBase = new Set(base);
  const startOf = ({ startedAtMs = Number.NaN }: T) => startedAtMs;
  const all = [...base, ...next];
  if (all.some((run) => Number.isNaN(startOf(run)))) return undefined;
  all.sort((a, b) => startOf(a) - startOf(b));
  const turns: { readonly base: T[]; readonly next: T[] } = { base: [], next: [] };
  for (let i = 0; i < all.length; i += 2) {
    const [first, second] = [all[i]!, all[i + 1]!];
    // Those that began at once, or the same run twice, are in no order.
    if (isOfBase.has(first) === isOfBase.has(second) || startOf(first) === startOf(second)) return undefined;
    turns.base.push(isOfBase.has(first) ? first : second);
    turns.next.push(isOfBase.has(first) ? second : first);
  }
  return turns;
}

/** Student's distribution with so many degrees of freedom above `t`: Abramowitz and Stegun, 26.7.3 and 26.7.4. */
export function studentAbove(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let sum = 0;
  let term = isOdd ? cosine : 1;
  for (let k = isOdd ? 1 : 0; k <= freedom - 2; k += 2) {
    sum += term;
    term *= ((k + 1) / (k + 2)) * cosine ** 2;
  }
  const within = isOdd ? (angle + sine * sum) * (2 / Math.PI) : sine * sum;
  return (1 - within) / 2;
}
