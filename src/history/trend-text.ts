import type { RememberedName } from "../catalog/choices.ts";
import { axisLabels, plainQuantity } from "../recording/quantities.ts";
import { painted, safeLine } from "../safe-text.ts";
import { CHANGE_CHANCE, CHANGE_SHARE, type ChangePoint, LEAST_POINTS } from "./change-points.ts";
import { machineText } from "./comparable-runs.ts";
import type { BranchTrend, Trend, TrendPoint } from "./trend.ts";
import { plotOf, scaleOf } from "./trend-plot.ts";

/* A trend as text for a terminal. */

const ROWS = 6;
/** More branches than these do not fit on a screen. */
const MOST_BRANCHES = 4;

const WHAT: Readonly<Record<RememberedName, string>> = {
  ...{ wall: "wall time", cpu: "CPU time", memory: "peak memory", "memory-with-cache": "peak memory with cache" },
  ...{ processes: "most processes", threads: "most threads", read: "read from storage", written: "written to storage" },
  ...{ switches: "context switches", instructions: "instructions" },
};

export function trendTitle(name: RememberedName): string {
  return WHAT[name];
}

/** How a change point is found, for the foot of a trend. */
export const METHOD = `change points: Mann-Whitney model, permutation test p<=${CHANGE_CHANCE}, medians ${CHANGE_SHARE * 100} % apart`;

interface TrendStyle {
  readonly width: number;
  readonly colour: boolean;
  readonly unicode: boolean;
}

/** Returns a chart for each branch of a trend, and its changes. */
export function trendText(trend: Trend, style: TrendStyle): string {
  const { name, newest, branches, leftOut } = trend;
  const shown = branches.slice(0, MOST_BRANCHES);
  const scale = scaleOf(shown.flatMap(({ points }) => points));
  const labels = labelsOf(scale, trend);
  const more = branches.length - shown.length;
  const lines = [
    `${trendTitle(name)} of ${safeLine(newest.command)}`,
    `on ${safeLine(machineText(newest))}`,
    ...(shown.length === 0 ? ["no run that could be shown knows it"] : []),
    ...shown.flatMap((branch) => branchLines(branch, { trend, style, scale, labels })),
    ...(more > 0 ? [`${more} more ${more === 1 ? "branch" : "branches"}: --branch shows one`] : []),
    ...leftOut.map(([runs, why]) => `left out: ${runs} ${runs === 1 ? "run" : "runs"} ${why}`),
    ...(shown.some(({ changes }) => changes.length > 0) ? [METHOD] : []),
  ];
  return `${lines.map((line) => cut(line, style)).join("\n")}\n`;
}

interface Drawing {
  readonly trend: Trend;
  readonly style: TrendStyle;
  readonly scale: readonly [number, number];
  readonly labels: readonly string[];
}

/** The labels of the chart's rows: the highest value at the top, the lowest at the bottom, in one unit. */
function labelsOf([least, most]: readonly [number, number], { unit }: Trend): string[] {
  let [low = "", high = ""] = [least, most].map((value) => plainQuantity(value, unit));
  if (low === high)
    [low = "", high = ""] = axisLabels([least, most], unit).map((label) => label.replaceAll("\u202f", " "));
  const width = Math.max(low.length, high.length);
  return Array.from({ length: ROWS }, (_, row) => (row === 0 ? high : row === ROWS - 1 ? low : "").padStart(width));
}

function branchLines(branch: BranchTrend, { trend, style, scale, labels }: Drawing): string[] {
  const { points, changes } = branch;
  const { colour, unicode, width } = style;
  const paint = (code: number, text: string) => (colour && text !== "" ? painted(code, text) : text);
  const columns = Math.max(8, width - 1 - labels[0]!.length - 3);
  const { rows, marks } = plotOf(branch, scale, { columns, rows: ROWS, unicode });
  const side = unicode ? " ┤" : " |";
  const indent = " ".repeat(labels[0]!.length + 2);
  return [
    "",
    branchTitle(branch),
    ...rows.map((row, i) => paint(2, labels[i]! + side) + paint(36, row.trimEnd())),
    ...(marks === "" ? [] : [indent + paint(1, marks)]),
    ...(changes.length > 0
      ? changes.map((change, i) => `  ${i + 1}  ${changeText(change, points[change.at]!, trend)}`)
      : [`  ${noChange(points.length)}`]),
  ];
}

/** `main: 48 points of 60 runs, 2026-10-01 to 2026-11-28`. */
export function branchTitle({ branch, points }: BranchTrend): string {
  const runs = points.reduce((sum, point) => sum + point.runs, 0);
  const [first, last] = [points[0]!, points.at(-1)!].map(dayOf);
  const count = `${points.length} ${points.length === 1 ? "point" : "points"}${runs > points.length ? ` of ${runs} runs` : ""}`;
  return `${branch === null ? "no branch" : safeLine(branch)}: ${count}, ${first === last ? first : `${first} to ${last}`}`;
}

export function noChange(points: number): string {
  return points < LEAST_POINTS
    ? `too few points to tell a change from chance: ${LEAST_POINTS} are needed`
    : `no change in ${points} points`;
}

function dayOf({ startedMs }: TrendPoint): string {
  return new Date(startedMs).toISOString().slice(0, 10);
}

export function commitText({ commit, isDirty }: TrendPoint): string {
  return commit === null ? "-" : `${safeLine(commit).slice(0, 10)}${isDirty ? "+" : ""}`;
}

/** `+38 % at a1b2c3d4e5 of 2026-11-20: 2.10 s to 2.90 s, p=0.002, worse`. */
export function changeText({ before, after, chance }: ChangePoint, point: TrendPoint, { unit }: Trend): string {
  const [from, to] = [before, after].map((value) => plainQuantity(value, unit));
  const at = point.commit === null ? `on ${dayOf(point)}` : `at ${commitText(point)} of ${dayOf(point)}`;
  return `${changeShareText(before, after)} ${at}: ${from} to ${to}, p=${chance}, ${after > before ? "worse" : "better"}`;
}

/** `+38 %`; a figure that was 0 has no share. */
export function changeShareText(before: number, after: number): string {
  if (before === 0) return after > 0 ? "from 0" : "0 %";
  const percent = (after / before - 1) * 100;
  return `${percent > 0 ? "+" : ""}${Math.abs(percent) < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

function cut(text: string, { width, unicode, colour }: TrendStyle): string {
  if (colour || Bun.stringWidth(text) < width) return text;
  const end = unicode ? "…" : "...";
  return Bun.sliceAnsi(text, 0, width - 1 - end.length) + end;
}
