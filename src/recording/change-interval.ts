import { type Comparison, comparedValues } from "./comparison.ts";
import type { RunFigures } from "./run-figures.ts";

/*
 * How far the change of a median is known: by the bootstrap of Efron (1979), which assumes no distribution. Both groups are
 * drawn again and again from their own runs, and the changes in between are the interval. The seed is fixed, so that the same
 * runs have the same interval.
 */

/** The median of a group as a multiple of another's, and the 95 % confidence interval of that. */
export interface ChangeInterval {
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The medians of fewer runs are drawn from so few values that the interval says too little. */
const LEAST_RUNS = 5;
const DRAWS = 2000;
const SEED = 0x5eed;
/** Outside the interval on each side. */
const TAIL = 0.025;

/** Returns how far a change of some runs is known; undefined: they cannot be compared, or are too few. */
export function intervalOf(
  { what, verdict }: Pick<Comparison, "what" | "verdict">,
  base: readonly RunFigures[],
  next: readonly RunFigures[],
): ChangeInterval | undefined {
  if (verdict === "not comparable") return undefined;
  const [old, now] = [comparedValues(what, base), comparedValues(what, next)];
  return old && now && changeInterval(old, now);
}

/** Returns how far the change from `base` to `next` is known; undefined: too few runs, or no multiple of 0. */
export function changeInterval(base: readonly number[], next: readonly number[]): ChangeInterval | undefined {
  if (base.length < LEAST_RUNS || next.length < LEAST_RUNS) return undefined;
  const [old, now] = [Float64Array.from(base).sort(), Float64Array.from(next).sort()];
  // A median that is drawn may be any of the values.
  if (!(old[0]! > 0)) return undefined;
  const random = mulberry32(SEED);
  const ratios = Float64Array.from({ length: DRAWS }, () => drawnMedian(now, random) / drawnMedian(old, random)).sort();
  const at = Math.floor(TAIL * DRAWS);
  return { ratio: middle(now) / middle(old), lowest: ratios[at]!, highest: ratios[DRAWS - 1 - at]! };
}

/** The median of as many values as there are, each drawn from all of them. */
function drawnMedian(sorted: Float64Array, random: () => number): number {
  const { length } = sorted;
  const counts = new Uint32Array(length);
  for (let i = 0; i < length; i++) counts[Math.floor(random() * length)]!++;
  return (drawnAt(sorted, counts, (length - 1) >> 1) + drawnAt(sorted, counts, length >> 1)) / 2;
}

/** The value at a place in the order of those that were drawn, by how often each was. */
function drawnAt(sorted: Float64Array, counts: Uint32Array, place: number): number {
  let index = 0;
  for (let before = counts[0]!; before <= place; before += counts[index]!) index++;
  return sorted[index]!;
}

function middle(sorted: Float64Array): number {
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** The generator mulberry32: numbers from 0 up to 1, the same for the same seed. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
