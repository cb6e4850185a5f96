import { bootstrapInterval, type Estimate, median } from "./stats.ts";

/** The figures of one round: one for each build of either side. */
export interface Round {
  readonly old: readonly number[];
  readonly new: readonly number[];
}

/** Rounds with the same builds: value `i` of a side is that of its build `i`. The next epoch has new builds. */
export type Epoch = readonly Round[];

export type Verdict = "regression" | "better" | "no regression";

/** Figures by build and round. */
type FiguresByBuild = readonly (readonly number[])[];

/** A change smaller than this part is neither a regression nor an improvement. */
export const MARGIN = 0.03;

/**
 * The ratio of the new side's figures to the old side's, with its 95 % bootstrap interval. Builds of the same source differ
 * lastingly, by where their pages lie in memory. So builds are drawn, and then rounds of each drawn build: many rounds of two
 * builds alone say nothing of their sources. One build fewer is drawn than there are: drawing all of a few would make the
 * interval too narrow.
 */
export function ratioOverBuilds(epochs: readonly Epoch[]): Estimate {
  const sides = { old: figuresByBuild(epochs, "old"), new: figuresByBuild(epochs, "new") };
  const level = (all: FiguresByBuild) => mean(all.map(median));
  return {
    value: level(sides.new) / level(sides.old),
    ...bootstrapInterval((pick) => {
      const drawn = (all: FiguresByBuild): number => {
        const builds = Array.from({ length: Math.max(1, all.length - 1) }, () => all[pick(all.length)]!);
        return mean(builds.map((rounds) => median(rounds.map(() => rounds[pick(rounds.length)]!))));
      };
      return drawn(sides.new) / drawn(sides.old);
    }),
  };
}

/** Higher figures are worse. An interval that reaches into the margin is no verdict against either side. */
export function verdictOf({ low, high }: Estimate): Verdict {
  if (low > 1 + MARGIN) return "regression";
  return high < 1 / (1 + MARGIN) ? "better" : "no regression";
}

/** A side's figures, each divided by the median of its round: what slows a round slows both sides. */
function figuresByBuild(epochs: readonly Epoch[], side: keyof Round): FiguresByBuild {
  return epochs.flatMap((rounds) => {
    const levels = rounds.map((round) => median([...round.old, ...round.new]));
    return (rounds[0]?.[side] ?? []).map((_, build) => rounds.map((round, i) => round[side][build]! / levels[i]!));
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
