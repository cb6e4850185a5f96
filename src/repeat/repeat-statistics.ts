import { max, mean, median, medianAbsoluteDeviation, min, sampleStandardDeviation } from "simple-statistics";
import { findingOf, type Resource } from "../recording/evidence.ts";
import type { Unit } from "../recording/quantities.ts";
import type { RunFigures } from "../recording/run-figures.ts";
import type { MeasuredRun } from "./done-runs.ts";

/** A figure of which each run has a value. */
export interface RepeatedFigure {
  /** For a person: `wall time`. */
  readonly what: string;
  readonly unit: Unit;
  readonly value: (figures: RunFigures) => number | undefined;
  /** What the evidence of the figure is about; undefined: the kernel counts it, as far as it was seen. */
  readonly resource?: Resource;
  /** The comparison's name for it; undefined: it is not compared. */
  readonly compared?: string;
}

const resource = (what: string, unit: Unit, name: Resource, compared = what): RepeatedFigure => ({
  ...{ what, unit, resource: name, compared },
  value: (figures) => findingOf(name, figures).value,
});

export const REPEATED_FIGURES: readonly RepeatedFigure[] = [
  resource("wall time", "seconds", "wall"),
  resource("CPU time", "seconds", "cpu"),
  resource("peak memory", "bytes", "memory"),
  resource("read", "bytes", "read", "read from storage"),
  resource("written", "bytes", "written", "written to storage"),
  { what: "switches", unit: "count", value: ({ contextSwitches }) => contextSwitches },
];

/** What many values are like. */
export interface Described {
  readonly runs: number;
  readonly mean: number;
  readonly median: number;
  /** Sample standard deviation; NaN of one value. */
  readonly spread: number;
  readonly least: number;
  readonly most: number;
}

/** Describes values; there is at least one. */
export function describe(values: readonly number[]): Described {
  const all = [...values];
  return {
    runs: all.length,
    mean: mean(all),
    median: median(all),
    spread: all.length < 2 ? Number.NaN : sampleStandardDeviation(all),
    least: min(all),
    most: max(all),
  };
}

/** The values of a figure in the runs that have it. */
export function valuesOfRuns(figure: RepeatedFigure, runs: readonly MeasuredRun[]): number[] {
  return runs.map(({ figures }) => figure.value(figures)).filter((value) => value !== undefined);
}

/** The runs of which a figure may be higher than its value says. */
export function runsMaybeHigher({ resource }: RepeatedFigure, runs: readonly MeasuredRun[]): MeasuredRun[] {
  if (resource === undefined) return [];
  return runs.filter(({ figures }) => {
    const { value, highest } = findingOf(resource, figures);
    return value !== undefined && highest > value;
  });
}

/** Fewer runs do not show what is usual, nor how far a mean can be trusted. */
const LEAST_RUNS = 5;

/** Whether 95 % confidence in the mean of values is within this fraction of it. */
export function isMeanKnown(values: readonly number[], precision: number): boolean {
  if (values.length < LEAST_RUNS) return false;
  return meanMargin(values) <= precision * mean([...values]);
}

/** Half the width of the 95 % confidence interval of the mean of at least five values, by Student's distribution. */
export function meanMargin(values: readonly number[]): number {
  const all = [...values];
  return (student(all.length - 1) * sampleStandardDeviation(all)) / Math.sqrt(all.length);
}

/** The normal distribution is below this in 97.5 %. */
const Z = 1.959964;

/** Student's distribution is below this in 97.5 %; right to 0.2 % from four degrees of freedom: Abramowitz and Stegun, 26.7.5. */
function student(freedom: number): number {
  const first = (Z ** 3 + Z) / 4;
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  const third = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;
  return Z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}

/** Median absolute deviations of a normal distribution in a standard deviation. */
const PER_DEVIATION = 1.4826;
/** So many standard deviations above the median, one value in thousands lies by chance. */
const FAR_DEVIATIONS = 3.5;
/** A difference that nobody notices is none, however equal the others are. */
const LEAST_SHARE = 0.05;
const LEAST_SECONDS = 0.01;

/**
 * The runs that took far longer than the others: by the modified z-score of Iglewicz and Hoaglin (1993), which the outliers
 * themselves do not move, and by at least 5 % and 10 ms.
 */
export function slowRuns(runs: readonly MeasuredRun[]): MeasuredRun[] {
  const known = runs.filter(({ figures }) => figures.wallSeconds !== undefined);
  if (known.length < LEAST_RUNS) return [];
  const walls = known.map(({ figures }) => figures.wallSeconds!);
  const usual = median(walls);
  const deviation = medianAbsoluteDeviation(walls) * PER_DEVIATION;
  const far = usual + Math.max(FAR_DEVIATIONS * deviation, LEAST_SHARE * usual, LEAST_SECONDS);
  return known.filter(({ figures }) => figures.wallSeconds! > far);
}
