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
  { base, next, inTurns }: Groups<RunFigures>,
): ChangeInterval | undefined {
  if (verdict === "not comparable") return undefined;
  const [old, now] = [comparedValues(what, base), comparedValues(what, next)];
  return old && now && changeInterval({ base: old, next: now, inTurns });
}

/** Two groups of runs, or of their values. */
export interface Groups<T> {
  readonly base: readonly T[];
  readonly next: readonly T[];
  /** They are in the order of their turns: what a turn has in common is then no part of the doubt. */
  readonly inTurns: boolean;
}

/** Returns how far the change from `base` to `next` is known; undefined: too few runs, or no multiple of 0. */
export function changeInterval({ base, next, inTurns }: Groups<number>): ChangeInterval | undefined {
  if (base.length < LEAST_RUNS || next.length < LEAST_RUNS) return undefined;
  // A median that is drawn may be any of the values.
  if (!(Math.min(...base) > 0)) return undefined;
  // The order of what has none makes no difference.
  const ordered = (values: readonly number[]) => (inTurns ? values : values.toSorted((a, b) => a - b));
  const [old, now] = [new Draws(ordered(base)), new Draws(ordered(next))];
  const random = mulberry32(SEED);
  const drawnRatio = () => {
    old.draw(random);
    if (inTurns) now.drawLike(old);
    else now.draw(random);
    return now.median() / old.median();
  };
  const ratio = now.median() / old.median();
  const ratios = Float64Array.from({ length: DRAWS }, drawnRatio).sort();
  const at = Math.floor(TAIL * DRAWS);
  return { ratio, lowest: ratios[at]!, highest: ratios[DRAWS - 1 - at]! };
}

/** Values of which as many as there are are drawn, each from all of them. At first, each is drawn once. */
class Draws {
  /** The places of the values, the lowest value first. */
  private readonly order: readonly number[];
  /** How often the value at each place was drawn. */
  private readonly counts: Uint32Array;

  constructor(private readonly values: readonly number[]) {
    this.order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
    this.counts = new Uint32Array(values.length).fill(1);
  }

  draw(random: () => number): void {
    const { length } = this.counts.fill(0);
    for (let i = 0; i < length; i++) this.counts[Math.floor(random() * length)]!++;
  }

  /** Draws the values of the same turns as others. */
  drawLike({ counts }: Draws): void {
    this.counts.set(counts);
  }

  median(): number {
    const { length } = this.values;
    return (this.at((length - 1) >> 1) + this.at(length >> 1)) / 2;
  }

  /** The value at a place in the order of those that were drawn. */
  private at(place: number): number {
    let index = 0;
    for (let before = 0; ; index++) {
      before += this.counts[this.order[index]!]!;
      if (before > place) return this.values[this.order[index]!]!;
    }
  }
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
