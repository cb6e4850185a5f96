/*
 * How large a limit must be for later runs, by the runs before them. It rests on one assumption: that later runs are like
 * those before. `growsFromRunToRun` looks for the most usual way in which they are not.
 */

/** A limit is to hold for this share of later runs, on average. */
const GOAL_SHARE = 0.99;

/** Runs of which the highest alone reaches that goal, whatever their distribution: 1 of 100 more is above it. */
export const ENOUGH_ALONE = Math.ceil(1 / (1 - GOAL_SHARE)) - 1;

/** Fewer runs show too little of their spread. */
export const LEAST_RUNS = 5;

/** The confidence of what is said about shares of later runs. */
const CONFIDENCE = 0.95;

/**
 * The weight of the spread, highest less lowest, in the margin above the highest of n runs: none where the highest alone is
 * enough. It takes 1.18 for 5 runs, 0.48 for 10, 0.23 for 20 and 0.1 for 40 that 1 % of later runs of a normal distribution
 * are above, on average; this is a little more, for those that lean to one side. `bench/sizing.ts` measures what it does.
 */
export function spreadWeight(runs: number): number {
  return Math.max(0, 7 / runs - 7 / ENOUGH_ALONE);
}

/** A limit, and how it came to be. */
export interface SizeLimit {
  readonly value: number;
  /** The margin above `base`, as a part of it. */
  readonly margin: number;
  /** What the margin is on: the highest, or with enough runs the percentile of the goal. */
  readonly base: number;
  /** What decided on the margin. */
  readonly by: "spread" | "least margin" | "too few runs" | "percentile";
}

/** The margins where the spread says nothing, or less than this. */
export interface Margins {
  /** With enough runs for their spread to count; the more runs, the less of it. */
  readonly least: number;
  /** With fewer. */
  readonly unknown: number;
}

/** Returns the limit that some runs ask for. There is at least one value. */
export function limitFor(values: readonly number[], { least, unknown }: Margins): SizeLimit {
  const sorted = values.toSorted((a, b) => a - b);
  const runs = sorted.length;
  const highest = sorted[runs - 1]!;
  const above = (base: number, margin: number, by: SizeLimit["by"]) => ({
    value: base * (1 + margin),
    margin,
    base,
    by,
  });
  if (runs < LEAST_RUNS) return above(highest, unknown, "too few runs");
  // Of n values in order, a later one is above the r-th with the chance (n + 1 - r) / (n + 1).
  if (runs >= ENOUGH_ALONE) return above(sorted[Math.ceil(GOAL_SHARE * (runs + 1)) - 1]!, 0, "percentile");
  const bySpread = highest > 0 ? (spreadWeight(runs) * (highest - sorted[0]!)) / highest : 0;
  const byLeast = least * (1 - runs / ENOUGH_ALONE);
  return bySpread > byLeast ? above(highest, bySpread, "spread") : above(highest, byLeast, "least margin");
}

/**
 * Returns the share of later runs that are at most as high as the highest of n, with a confidence of 95 %, whatever their
 * distribution: the chance that all n are below a percentile p is p^n.
 */
export function shareBelowHighest(runs: number): number {
  return (1 - CONFIDENCE) ** (1 / runs);
}

/** Returns how many runs it takes until the highest is above this share of later ones, with the same confidence. */
export function runsForShare(share: number): number {
  return Math.ceil(Math.log(1 - CONFIDENCE) / Math.log(share));
}

/** Runs of which a trend can be told from chance, and the score that chance alone reaches in 1 of 200 cases. */
const LEAST_FOR_TREND = 8;
const TREND_SCORE = 2.576;

/** Whether values in order of time rise more than chance lets them, by the test of Mann and Kendall. */
export function growsFromRunToRun(values: readonly number[]): boolean {
  const runs = values.length;
  if (runs < LEAST_FOR_TREND) return false;
  let rises = 0;
  for (let later = 1; later < runs; later++)
    for (let earlier = 0; earlier < later; earlier++) rises += Math.sign(values[later]! - values[earlier]!);
  const deviation = Math.sqrt((runs * (runs - 1) * (2 * runs + 5)) / 18);
  return (rises - 1) / deviation > TREND_SCORE;
}

/** The percentile by nearest rank: one of the values. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
}

/** The next multiple of a step, at least one. */
export function roundedUp(value: number, step: number): number {
  // Multiples of a step that is no binary fraction end in rounding errors.
  return Number((Math.max(1, Math.ceil(Number((value / step).toFixed(9)))) * step).toFixed(6));
}
