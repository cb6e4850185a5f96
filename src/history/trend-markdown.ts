import { median } from "simple-statistics";
import { plainQuantity } from "../recording/quantities.ts";
import { safeLine } from "../safe-text.ts";
import { CHANGE_SHARE } from "./change-points.ts";
import { machineText } from "./comparable-runs.ts";
import type { RememberedRun } from "./remembered-run.ts";
import type { Trend } from "./trend.ts";
import { changeShareText, changeText, METHOD, trendTitle } from "./trend-text.ts";
import { betterBelow, LEAST_USUAL, type Usual, usualOf, worseAbove } from "./usual-runs.ts";

/*
 * The newest run beside what was usual before it, as a comment below a change. Nobody but us writes such a comment, so that
 * its first line says whose it is: whoever posts it finds the one of before by that, and puts this into its place.
 */

export const COMMENT_MARK = "<!-- statexec history -->";

const SPARKS = "▁▂▃▄▅▆▇█";
const MOST_SPARKS = 40;

/** Returns a section with a table, a row a figure, and the changes of each. `trends` is not empty. */
export function trendMarkdown(
  trends: readonly Trend[],
  runs: readonly RememberedRun[],
  defaultBranch: string | undefined,
): string {
  const next = runs.at(-1)!;
  const earlier = runs.slice(0, -1);
  const rows = trends.map((trend) => row(trend, next, usualOf(trend.name, next, earlier, defaultBranch)));
  const changes = trends.flatMap(changeItems);
  const ended = next.exitStatus === 0 ? [] : ["", `**The newest run ${endText(next)}**: its figures are not compared.`];
  return [
    COMMENT_MARK,
    `### statexec: ${inline(next.command)}`,
    ...ended,
    "",
    "| figure | this run | usual | change | verdict | trend |",
    "| --- | ---: | ---: | ---: | --- | --- |",
    ...rows,
    ...(changes.length === 0 ? [] : ["", "Where the level changed:", "", ...changes, "", inline(METHOD)]),
    "",
    `On ${inline(machineText(next))}. Worse is above the median by more than ${CHANGE_SHARE * 100} % and above all but the highest twentieth of earlier runs; that takes ${LEAST_USUAL} of them.`,
    "",
  ].join("\n");
}

function endText({ exitStatus, exitSignal }: RememberedRun): string {
  if (exitSignal !== null) return `was ended by signal ${exitSignal}`;
  return exitStatus === null ? "did not end as far as is known" : `ended with status ${exitStatus}`;
}

function row(trend: Trend, next: RememberedRun, usual: Usual): string {
  const { name, unit } = trend;
  const now = next.exitStatus === 0 ? next.figures[name]?.value : undefined;
  const { values, branch } = usual;
  const shown = (value: number | undefined) => (value === undefined ? "–" : plainQuantity(value, unit));
  const middle = values.length === 0 ? undefined : median([...values]);
  const of = branch === null ? "" : ` of ${inline(branch)}`;
  const change = now === undefined || middle === undefined ? "–" : inline(changeShareText(middle, now));
  const spark = sparkline(trend.branches.find((one) => one.branch === next.branch)?.points.map(({ value }) => value));
  const usualText = middle === undefined ? "–" : `${shown(middle)} (${values.length}${of})`;
  return `| ${trendTitle(name)} | ${shown(now)} | ${usualText} | ${change} | ${verdictText(now, values)} | ${spark} |`;
}

function verdictText(now: number | undefined, values: readonly number[]): string {
  const [most, least] = [worseAbove(values, CHANGE_SHARE), betterBelow(values, CHANGE_SHARE)];
  if (now === undefined) return "not judged: not known";
  if (most === undefined || least === undefined)
    return `not judged: ${values.length} earlier ${values.length === 1 ? "run" : "runs"} of ${LEAST_USUAL}`;
  if (now > most) return "**worse**";
  return now < least ? "better" : "same";
}

function sparkline(points: readonly number[] = []): string {
  const values = points.slice(-MOST_SPARKS);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const step = (value: number) => (most > least ? Math.round(((value - least) / (most - least)) * 7) : 3);
  return values.map((value) => SPARKS[step(value)]).join("");
}

function changeItems(trend: Trend): string[] {
  const branches = trend.branches.filter(({ changes }) => changes.length > 0);
  return branches.flatMap(({ branch, points, changes }) =>
    changes.map((change) => {
      const where = branch === null ? "" : ` on ${inline(branch)}`;
      return `- ${trendTitle(trend.name)}${where}: ${inline(changeText(change, points[change.at]!, trend))}`;
    }),
  );
}

/** Escapes text for Markdown: nothing in it is markup, names somebody or ends a cell. */
function inline(text: string): string {
  return safeLine(text.replace(/\s+/g, " ")).replace(/[\\`*_{}[\]<>()#!|~&$@]/g, "\\$&");
}
