import { median } from "simple-statistics";
import { REMEMBERED_UNITS, type RememberedName } from "../catalog/choices.ts";
import { type ChangePoint, changePoints } from "./change-points.ts";
import { hasSucceeded, isSameMachine, knownBy } from "./comparable-runs.ts";
import type { RememberedRun } from "./remembered-run.ts";

/*
 * How a figure of one command went from commit to commit, on each branch. The newest run says which command and which kind
 * of machine: all others are left out, and counted.
 */

/** The runs of one commit, or one run where the commit does not say what ran: it had changes, or there is none. */
export interface TrendPoint {
  readonly commit: string | null;
  readonly isDirty: boolean;
  readonly startedMs: number;
  /** Median of its runs, in the unit of the figure. */
  readonly value: number;
  readonly runs: number;
}

export interface BranchTrend {
  /** Null: no branch is known. */
  readonly branch: string | null;
  /** In the order in which they were remembered; at least one. */
  readonly points: readonly TrendPoint[];
  /** Their places are those of points. */
  readonly changes: readonly ChangePoint[];
}

export interface Trend {
  readonly name: RememberedName;
  readonly unit: (typeof REMEMBERED_UNITS)[RememberedName];
  /** That with the newest run first. */
  readonly branches: readonly BranchTrend[];
  /** The newest run that was wanted: the others are of its command and machine. */
  readonly newest: RememberedRun;
  /** Why how many runs were left out. */
  readonly leftOut: readonly (readonly [runs: number, why: string])[];
}

/** Returns the trend of a figure in runs that are in the order in which they were remembered; undefined: there is none. */
export function trendOf(name: RememberedName, runs: readonly RememberedRun[]): Trend | undefined {
  const newest = runs.findLast(hasSucceeded) ?? runs.at(-1);
  if (!newest) return undefined;
  const leftOut: [number, string][] = [];
  const without = (kept: readonly RememberedRun[], why: string, isKept: (run: RememberedRun) => boolean) => {
    const rest = kept.filter(isKept);
    if (rest.length < kept.length) leftOut.push([kept.length - rest.length, why]);
    return rest;
  };
  let kept = without(runs, "of another command", ({ command }) => command === newest.command);
  kept = without(kept, "on another kind of machine", (run) => isSameMachine(run, newest));
  kept = without(kept, "did not end with status 0", hasSucceeded);
  const known = kept.findLast((run) => knownBy(run, name) !== undefined);
  const by = known && knownBy(known, name);
  kept = without(
    kept,
    "do not know the figure, or in another way",
    (run) => by !== undefined && knownBy(run, name) === by,
  );
  const byBranch = [...Map.groupBy(kept, ({ branch }) => branch)];
  const branches = byBranch.map(([branch, own]) => branchTrend(branch, own, name));
  const newestOf = ({ branch }: BranchTrend) => kept.findLastIndex((run) => run.branch === branch);
  branches.sort((a, b) => newestOf(b) - newestOf(a));
  return { name, unit: REMEMBERED_UNITS[name], branches, newest, leftOut };
}

function branchTrend(branch: string | null, runs: readonly RememberedRun[], name: RememberedName): BranchTrend {
  const points = groupsOf(runs).map((group): TrendPoint => {
    const { commit, isDirty, startedMs } = group[0]!;
    const value = median(group.map(({ figures }) => figures[name]!.value));
    return { commit, isDirty: isDirty ?? false, startedMs, value, runs: group.length };
  });
  return { branch, points, changes: changePoints(points.map(({ value }) => value)) };
}

/** Puts runs of one commit together that follow each other. */
function groupsOf(runs: readonly RememberedRun[]): RememberedRun[][] {
  const groups: RememberedRun[][] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    const isOne = run.commit !== null && !run.isDirty && !last?.[0]?.isDirty && last?.[0]?.commit === run.commit;
    if (last && isOne) last.push(run);
    else groups.push([run]);
  }
  return groups;
}
