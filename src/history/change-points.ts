import { median } from "simple-statistics";
import { mulberry32 } from "../recording/change-interval.ts";

/*
 * Where the level of a series changed. The statistic is the maximally selected rank statistic of Lausen and Schumacher (1992),
 * which is the Mann-Whitney change-point model of Hawkins and Deng (2010): of all splits of the series the one whose two
 * sides differ most in their ranks. Its probability is that of a permutation test, and so counts that the split was chosen.
 * What is found splits the series, and its parts are searched again. A level that went up and came back has no such split,
 * so that a second statistic looks for a part that differs from the rest, as Levin and Kline (1985) have it for one that begins and
 * ends: of parts whose lengths grow by a quarter, the one with the most different ranks. Each of the two has half of the chance.
 *
 * E-divisive (Matteson and James 2014) is what MongoDB uses, with permutations; Apache Otava has put a t-test in their place,
 * to be quick and to give the same answer twice. A t-test on a split that was chosen for being the best says "change" too
 * often, which matters less for the long series that those are made for. Ranks stand single slow runs, which distances
 * do not, are exact for few runs, and take n steps a permutation instead of n²; a fixed seed gives the same answer twice.
 */

/** A change of a level that chance explains this rarely is held for one. */
export const CHANGE_CHANCE = 0.01;
/** A smaller change of the median is none. */
export const CHANGE_SHARE = 0.05;
/** Fewer values, cut in the middle, cannot have a chance as low as half of that: 2 of 462 ways for 11, of 252 for 10. */
export const LEAST_POINTS = 11;

/** A level has so many values at least. */
const LEAST_SIDE = 3;
const PERMUTATIONS = 999;

export interface ChangePoint {
  /** Place of the first value of the new level. */
  readonly at: number;
  /** Medians of the level before, and of the new one. */
  readonly before: number;
  readonly after: number;
  /** The probability that chance alone makes a split look so well chosen; at least 1 in 500. */
  readonly chance: number;
}

interface Split {
  readonly at: number;
  readonly chance: number;
}

/** Returns the changes of level in a series, in its order; the same series always has the same ones. */
export function changePoints(values: ArrayLike<number>): ChangePoint[] {
  const all = Array.from(values);
  const found: Split[] = [];
  const random = mulberry32(SEED);
  const search = (from: number, to: number): void => {
    let start = from;
    for (const split of splitsOf(all.slice(from, to), random)) {
      search(start, from + split.at);
      start = from + split.at;
      found.push({ ...split, at: start });
    }
    if (start > from) search(start, to);
  };
  search(0, all.length);
  return largeOnes(all, settled(all, found));
}

/**
 * Moves each change to where its levels meet: ranks tell that there is one, and less well where, since a value that lies high
 * among those of the lower level adds to the sum of the higher one, too.
 */
function settled(all: readonly number[], splits: readonly Split[]): Split[] {
  const places = splits.map(({ at }) => at);
  return splits.map(({ chance }, i) => {
    const [from, to] = [places[i - 1] ?? 0, places[i + 1] ?? all.length];
    let at = places[i]!;
    const [before, after] = [median(all.slice(from, at)), median(all.slice(at, to))];
    const isNew = (value: number) => Math.abs(value - after) < Math.abs(value - before);
    while (at < to - LEAST_SIDE && !isNew(all[at]!)) at++;
    while (at > from + LEAST_SIDE && isNew(all[at - 1]!)) at--;
    places[i] = at;
    return { at, chance };
  });
}

/** Leaves out the smallest change until all are large enough: without one, its neighbours' levels are longer. */
function largeOnes(all: readonly number[], splits: readonly Split[]): ChangePoint[] {
  let kept = splits;
  for (;;) {
    const changes = kept.map(({ at, chance }, i): ChangePoint => {
      const before = median(all.slice(kept[i - 1]?.at ?? 0, at));
      return { at, chance, before, after: median(all.slice(at, kept[i + 1]?.at ?? all.length)) };
    });
    const shares = changes.map(changeShare);
    const least = shares.indexOf(Math.min(...shares));
    if (least < 0 || shares[least]! >= CHANGE_SHARE) return changes;
    kept = kept.filter((_, i) => i !== least);
  }
}

function changeShare({ before, after }: ChangePoint): number {
  return before === after ? 0 : Math.abs(after - before) / Math.abs(before);
}

/** Returns the best split of a series, or the two around a part of it; none if chance explains both. */
function splitsOf(values: readonly number[], random: () => number): Split[] {
  if (values.length < LEAST_POINTS) return [];
  const ranks = centredRanks(values);
  const weights = splitWeights(values.length);
  const lengths = partLengths(values.length);
  const { split, part } = bestSplits(ranks, weights, lengths);
  if (split.statistic === 0) return [];
  // Sums of ranks are exact in binary; their weights are not, and the same split is to count as equal.
  const least = split.statistic * (1 - 1e-9);
  const most = (CHANGE_CHANCE / 2) * (PERMUTATIONS + 1);
  let [splits, parts] = [1, 1];
  for (let i = 0; i < PERMUTATIONS && (splits <= most || parts <= most); i++) {
    shuffle(ranks, random);
    const other = bestSplits(ranks, weights, lengths);
    if (other.split.statistic >= least) splits++;
    if (other.part.statistic >= part.statistic * (1 - 1e-9)) parts++;
  }
  const chanceOf = (reached: number) => (2 * reached) / (PERMUTATIONS + 1);
  if (splits <= most) return [{ at: split.at, chance: chanceOf(splits) }];
  if (parts > most) return [];
  const all = Array.from(values, (_, length) => length).filter((length) => length >= LEAST_SIDE);
  const { ends } = bestSplits(centredRanks(values), weights, all).part;
  return ends.map((at) => ({ at, chance: chanceOf(parts) }));
}

/** Mean ranks of equal values, less their mean: they sum up to 0. */
function centredRanks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    for (let i = first; i < end; i++) ranks[order[i]!] = (first + end - 1 - (order.length - 1)) / 2;
    first = end;
  }
  return ranks;
}

/** What the sum of the ranks before a split is multiplied with, so that all splits have the same variance. */
function splitWeights(length: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => 1 / Math.sqrt(at * (length - at)));
}

/** Returns lengths of parts to look at: those in between differ from the nearest one by an eighth at most. */
function partLengths(points: number): number[] {
  const lengths: number[] = [];
  for (
    let length = LEAST_SIDE;
    length <= points - 2 * LEAST_SIDE;
    length = Math.max(length + 1, Math.floor(length * 1.25))
  )
    lengths.push(length);
  return lengths;
}

interface BestSplits {
  readonly split: { readonly at: number; readonly statistic: number };
  /** From the first end to before the second. */
  readonly part: { readonly ends: readonly [number, number]; readonly statistic: number };
}

function bestSplits(ranks: Float64Array, weights: Float64Array, lengths: readonly number[]): BestSplits {
  const last = ranks.length - LEAST_SIDE;
  const sums = new Float64Array(last + 1);
  let [at, statistic] = [0, 0];
  for (let next = 1; next <= last; next++) {
    sums[next] = sums[next - 1]! + ranks[next - 1]!;
    const here = Math.abs(sums[next]!) * weights[next]!;
    if (here <= statistic || next < LEAST_SIDE) continue;
    at = next;
    statistic = here;
  }
  return { split: { at, statistic }, part: bestPart(sums, weights, lengths) };
}

/** `sums`: of the ranks before each place, up to the last where a part may end. */
function bestPart(sums: Float64Array, weights: Float64Array, lengths: readonly number[]): BestSplits["part"] {
  const last = sums.length - 1;
  let [from, to, statistic] = [0, 0, 0];
  for (const length of lengths) {
    const weight = weights[length]!;
    for (let end = LEAST_SIDE + length; end <= last; end++) {
      const here = Math.abs(sums[end]! - sums[end - length]!) * weight;
      if (here <= statistic) continue;
      [from, to] = [end - length, end];
      statistic = here;
    }
  }
  return { ends: [from, to], statistic };
}

/** The method of Fisher and Yates. */
function shuffle(values: Float64Array, random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    const kept = values[i]!;
    values[i] = values[other]!;
    values[other] = kept;
  }
}

const SEED = 20_231_001;
