import { median } from "simple-statistics";
import { judgeBudgets, type Limit, shownLimit } from "../recording/budget-results.ts";
import type { RunReport } from "../recording/run-report.ts";
import { defaultBranchOf } from "./git-state.ts";
import { defaultHistoryFile, readRuns } from "./history-file.ts";
import { type RememberedRun, rememberedRun } from "./remembered-run.ts";
import { LEAST_USUAL, usualOf, worseAbove } from "./usual-runs.ts";

/*
 * Budgets such as cpu<+10% of history. A run is over one if it is worse than usual: by more than so much of the median, and above
 * what earlier runs reach by chance. Where the history is too short, or cannot be read, the budget is neither kept nor exceeded.
 */

/** Of a command with so many remembered runs, no older one is usual. */
const MOST_READ = 1000;

/** Where the history is. */
interface HistoryPlace {
  /** Undefined: the user's. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Returns the report of a run that has just ended, with its budgets judged by the history as well. */
export function judgeByHistory(report: RunReport, limits: readonly Limit[], { file, env }: HistoryPlace): RunReport {
  const folder = process.cwd();
  const next = rememberedRun(report, "", folder);
  let earlier: RememberedRun[] = [];
  let failure: string | undefined;
  try {
    const { project, command } = next;
    const wanted = { project, command, branch: undefined, host: undefined, sinceMs: undefined, last: MOST_READ };
    earlier = readRuns(file ?? defaultHistoryFile(env), wanted);
  } catch (error) {
    // The run is over, and nothing of it depends on the history but this verdict.
    failure = `the history cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const branch = defaultBranchOf(next.project, env);
  const known = limits.map((limit) =>
    limit.overHistory === undefined
      ? limit
      : failure === undefined
        ? limitByHistory(limit, limit.overHistory, { next, earlier, branch })
        : { ...limit, basis: failure },
  );
  return { ...report, budgets: judgeBudgets(known, report.figures) };
}

interface Known {
  readonly next: RememberedRun;
  readonly earlier: readonly RememberedRun[];
  /** The default branch. */
  readonly branch: string | undefined;
}

/** Works out what the run may use; its value stays NaN where too few runs say it. */
export function limitByHistory(limit: Limit, share: number, { next, earlier, branch }: Known): Limit {
  const usual = usualOf(limit.name, next, earlier, branch);
  const { values } = usual;
  const count = `${values.length} comparable ${values.length === 1 ? "run" : "runs"}`;
  const runs = usual.branch === null ? count : `${count} on ${usual.branch}`;
  const most = worseAbove(values, share);
  if (most === undefined) return { ...limit, basis: `${runs} in the history, ${LEAST_USUAL} are needed` };
  const [shown, middle] = [most, median([...values])].map((value) => shownLimit(limit, value));
  // A run that is as high as others were is not worse, whatever the operator says of the limit itself.
  const isOfOthers = values.includes(most);
  const basis = `${runs} had ${middle} in the middle, which allows ${shown}`;
  return { ...limit, value: most, inclusive: limit.inclusive || isOfOthers, basis };
}
