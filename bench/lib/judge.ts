import { type Estimate, median, quantile, seededRandom } from "./stats.ts";

/** What was measured in one round: a figure for each build of either side. */
export interface Round {
  readonly old: readonly number[];
  readonly new: readonly number[];
}

/** Rounds with the same builds, value `i` of a side being that of its build `i`; the next epoch has builds of its own. */
export type Epoch = readonly Round[];

export type Verdict = "regression" | "better" | "no regression";

type Side = keyof Round;

/** Figures by build and round. */
type Builds = readonly (readonly number[])[];

const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/** So much worse is nothing to fail for, even where it is beyond doubt. */
export const MARGIN = 0.03;

/**
 * How the new side's figures are to the old side's, with the 95 % bootstrap interval of that. Builds of one source differ
 * from each other for good, by where their pages lie, so that builds are drawn, and of each drawn one its rounds: what
 * two builds alone say of each other says nothing of their sources. One fewer is drawn than there are: drawing all of a
 * few would make them look more alike than they are.
 */
export function ratioOverBuilds(epochs: readonly Epoch[]): Estimate {
  const sides = { old: builds(epochs, "old"), new: builds(epochs, "new") };
  const random = seededRandom(1);
  const pick = (count: number) => Math.floor(random() * count);
  const drawn = (all: Builds): number => {
    const chosen = Array.from({ length: Math.max(1, all.length - 1) }, () => all[pick(all.length)]!);
    return mean(chosen.map((rounds) => median(rounds.map(() => rounds[pick(rounds.length)]!))));
  };
  const ratios = Array.from({ length: RESAMPLES }, () => drawn(sides.new) / drawn(sides.old));
  const tail = (1 - CONFIDENCE) / 2;
  const level = (all: Builds) => mean(all.map(median));
  return {
    value: level(sides.new) / level(sides.old),
    low: quantile(ratios, tail),
    high: quantile(ratios, 1 - tail),
  };
}

/** More is worse. Nothing is said where the interval reaches into what would be nothing to speak of. */
export function verdictOf({ low, high }: Estimate): Verdict {
  if (low > 1 + MARGIN) return "regression";
  return high < 1 / (1 + MARGIN) ? "better" : "no regression";
}

/** A side's figures, each as a part of its round's middle: what slows a round down slows both sides, and says nothing. */
function builds(epochs: readonly Epoch[], side: Side): Builds {
  return epochs.flatMap((rounds) => {
    const levels = rounds.map((round) => median([...round.old, ...round.new]));
    return (rounds[0]?.[side] ?? []).map((_, build) => rounds.map((round, i) => round[side][build]! / levels[i]!));
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
