import { MEMORY_MARGINS, MEMORY_STEP_BYTES } from "../../src/recording/sizing.ts";
import { growsFromRunToRun, limitFor, roundedUp } from "../../src/recording/sizing-limits.ts";

/*
 * Replays runs whose peak memory follows a known distribution, and asks of the limit that `statexec --size` gives after some
 * of them: how many of later runs are above it, and how much of it stays unused.
 */

export const SEED = 20_260_101;
const HISTORIES = 2000;
const LATER_RUNS = 500;
export const MOST_ABOVE = 0.01;
export const MOST_UNUSED = 0.25;
const GIB = 2 ** 30;

/** Uniform numbers from 0 to 1, without 1: mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Peaks {
  readonly what: string;
  /** The peak of the run with this number, in GiB. */
  readonly peak: (random: () => number, run: number) => number;
}

const gauss = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const around = (mean: number, part: number) => (random: () => number) =>
  mean * Math.max(0.01, 1 + part * gauss(random));
const bimodal = (high: number, share: number) => (random: () => number) =>
  around(random() < share ? high : 1, 0.03)(random);
const pareto = (shape: number) => (random: () => number) => (1 - random()) ** (-1 / shape);

export const DISTRIBUTIONS: readonly Peaks[] = [
  { what: "always the same", peak: () => 1 },
  { what: "normal, deviation 3 %", peak: around(1, 0.03) },
  { what: "normal, deviation 5 %", peak: around(1, 0.05) },
  { what: "normal, deviation 10 %", peak: around(1, 0.1) },
  { what: "normal, deviation 15 %", peak: around(1, 0.15) },
  { what: "lognormal, sigma 0.1", peak: (random) => Math.exp(0.1 * gauss(random)) },
  { what: "lognormal, sigma 0.3", peak: (random) => Math.exp(0.3 * gauss(random)) },
  { what: "bimodal, 30 % of runs 1.25 times as high", peak: bimodal(1.25, 0.3) },
  { what: "bimodal, half of the runs 1.5 times as high", peak: bimodal(1.5, 0.5) },
  { what: "bimodal, 5 % of runs 1.5 times as high", peak: bimodal(1.5, 0.05) },
  { what: "heavy tail (Pareto, shape 12)", peak: pareto(12) },
  { what: "heavy tail (Pareto, shape 3)", peak: pareto(3) },
  { what: "drift, 1 % more each run, deviation 5 %", peak: (random, run) => (1 + run / 100) * around(1, 0.05)(random) },
];

export interface Outcome {
  /** Share of later runs above the limit. */
  readonly above: number;
  /** Share of the limit that later runs do not use. */
  readonly unused: number;
  /** Share of the histories that a trend was seen in. */
  readonly warned: number;
}

export function replay({ peak }: Peaks, runs: number, random: () => number, histories = HISTORIES): Outcome {
  let [above, unused, warned] = [0, 0, 0];
  for (let history = 0; history < histories; history++) {
    const seen = Array.from({ length: runs }, (_, run) => peak(random, run) * GIB);
    const limit = roundedUp(limitFor(seen, MEMORY_MARGINS).value, MEMORY_STEP_BYTES);
    if (growsFromRunToRun(seen)) warned++;
    // Those who drift are asked about as many later runs as there were before.
    const later = Array.from({ length: LATER_RUNS }, (_, at) => peak(random, runs + (at % runs)) * GIB);
    above += later.filter((bytes) => bytes > limit).length / LATER_RUNS;
    unused += 1 - later.reduce((sum, bytes) => sum + Math.min(bytes, limit), 0) / LATER_RUNS / limit;
  }
  return { above: above / histories, unused: unused / histories, warned: warned / histories };
}

/** What the best limit leaves unused: that which 1 % of runs are above. */
export function leastUnused({ peak }: Peaks, random: () => number): number {
  const peaks = Array.from({ length: 200_000 }, () => peak(random, 0)).sort((a, b) => a - b);
  const limit = peaks[Math.ceil(peaks.length * (1 - MOST_ABOVE)) - 1]!;
  return 1 - peaks.reduce((sum, one) => sum + Math.min(one, limit), 0) / peaks.length / limit;
}
