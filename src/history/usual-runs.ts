import { median } from "simple-statistics";
import type { RememberedName } from "../catalog/choices.ts";
import { hasSucceeded, isSameMachine, knownBy } from "./comparable-runs.ts";
import type { RememberedRun } from "./remembered-run.ts";

/*
 * What is usual of a figure, by which the next run is judged. A run stands out if it is above so many of N earlier ones that
 * this happens by chance in at most one case of twenty: whatever the distribution, the rank of the next value among N + 1 is
 * as likely as every other. That takes 19 runs; of 39 one may be higher, so that a single disturbed run hides nothing.
 */

/** The chance that a run which changed nothing stands out. */
const FALSE_ALARMS = 0.05;
/** Fewer runs cannot tell a change from chance by their ranks. */
export const LEAST_USUAL = 1 / FALSE_ALARMS - 1;
/** Older runs say less of what is usual now. */
const MOST_USUAL = 2 * LEAST_USUAL + 1;

/** The earlier runs that a run is compared with. */
export interface Usual {
  /** Null: runs of which no branch is known. */
  readonly branch: string | null;
  /** In the order in which they were remembered. */
  readonly values: readonly number[];
}

/**
 * Returns what earlier runs had of a figure: the last ones of the same command on the same kind of machine and branch, or, where
 * those are too few, on the default branch.
 */
export function usualOf(
  name: RememberedName,
  next: RememberedRun,
  earlier: readonly RememberedRun[],
  defaultBranch: string | undefined,
): Usual {
  const by = knownBy(next, name);
  const isComparable = (run: RememberedRun) =>
    run.command === next.command && isSameMachine(run, next) && hasSucceeded(run) && knownBy(run, name) === by;
  const comparable = by === undefined ? [] : earlier.filter(isComparable);
  const valuesOn = (branch: string | null) =>
    comparable
      .filter((run) => run.branch === branch)
      .slice(-MOST_USUAL)
      .map(({ figures }) => figures[name]!.value);
  const own: Usual = { branch: next.branch, values: valuesOn(next.branch) };
  if (own.values.length >= LEAST_USUAL || defaultBranch === undefined) return own;
  const usual: Usual = { branch: defaultBranch, values: valuesOn(defaultBranch) };
  return usual.values.length > own.values.length ? usual : own;
}

/**
 * Returns the most that the next run can have without being worse: it is worse where it exceeds the median by more than a
 * share of that, and stands out as well. Undefined: too few values to say it.
 */
export function worseAbove(values: readonly number[], share: number): number | undefined {
  if (values.length < LEAST_USUAL) return undefined;
  return Math.max(median([...values]) * (1 + share), higher(values));
}

/** The same for a run that is better below this. */
export function betterBelow(values: readonly number[], share: number): number | undefined {
  const most = values.length < LEAST_USUAL ? undefined : higher(values.map((value) => -value));
  return most === undefined ? undefined : Math.min(median([...values]) * (1 - share), -most);
}

/** The value that chance lets the next one exceed rarely enough. */
function higher(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => b - a);
  return sorted[Math.floor(FALSE_ALARMS * (values.length + 1) + 1e-9) - 1]!;
}
