import { chanceOfHigher, leastChance } from "./rank-test.ts";

export type Verdict = "better" | "worse" | "same" | "not comparable";

/** One figure of two groups of runs, each of several. */
export interface FigureOfSets {
  readonly base: readonly number[];
  readonly next: readonly number[];
  readonly baseMedian: number;
  readonly nextMedian: number;
  /** A smaller difference counts as none. */
  readonly least: number;
}

export interface SetVerdict {
  readonly verdict: Verdict;
  /** Why a difference is not held for one. */
  readonly reason?: string;
}

/** A test of whether one group of values is higher than another. */
export interface ChanceTest {
  /** The probability that chance alone puts `high` as far above `low` as it is, or further. */
  readonly chanceOfHigher: (low: readonly number[], high: readonly number[]) => number;
  /** The lowest probability that groups of these sizes can have. */
  readonly leastChance: (low: number, high: number) => number;
}

/** For groups that are in no order. */
const RANK_TEST: ChanceTest = { chanceOfHigher, leastChance };

/** Where nothing has changed, at most this share of comparisons says that something is worse. */
const FALSE_ALARMS = 0.05;

const SAME: SetVerdict = { verdict: "same" };

/**
 * Judges the figures of two groups of runs: one has changed if its medians differ by more than the noise, and chance does not
 * explain that. Chance has a try with each figure, so that the probabilities are those of Holm (1979) for all of them.
 */
export function judgeSets(figures: readonly FigureOfSets[], noise: number, test = RANK_TEST): SetVerdict[] {
  // Figures whose runs are all the same, whatever the group, give chance no try.
  const tried = figures.filter(({ base, next, least }) => {
    const all = [...base, ...next];
    return Math.max(...all) - Math.min(...all) >= least;
  });
  const worse = significant(tried, ({ base, next }) => test.chanceOfHigher(base, next));
  const better = significant(tried, ({ base, next }) => test.chanceOfHigher(next, base));
  return figures.map((one) => {
    const difference = one.nextMedian - one.baseMedian;
    const isSmall = Math.abs(difference) <= noise * Math.abs(one.baseMedian) || Math.abs(difference) < one.least;
    if (isSmall) return SAME;
    if ((difference > 0 ? worse : better).has(one)) return { verdict: difference > 0 ? "worse" : "better" };
    return undecided(one, test.leastChance(one.base.length, one.next.length) * tried.length);
  });
}

/** `least`: the lowest chance that these runs can have, times the tries that chance had. */
function undecided({ base, next }: FigureOfSets, least: number): SetVerdict {
  if (least > FALSE_ALARMS)
    return {
      verdict: "not comparable",
      reason: `${base.length} and ${next.length} runs are too few to tell a change from chance`,
    };
  return { verdict: "same", reason: "the medians differ by more than the noise, as they may by chance" };
}

/** Returns the figures whose chance is low enough with the number of tries that chance had. */
function significant(tried: readonly FigureOfSets[], chanceOf: (one: FigureOfSets) => number): Set<FigureOfSets> {
  const chances = tried.map((one) => ({ one, chance: chanceOf(one) })).sort((a, b) => a.chance - b.chance);
  const found = new Set<FigureOfSets>();
  for (const [i, { one, chance }] of chances.entries()) {
    if (chance > FALSE_ALARMS / (chances.length - i)) break;
    found.add(one);
  }
  return found;
}
