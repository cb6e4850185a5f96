import { indexOfTime } from "../../src/recording/span.ts";
import type { LinePoints, RunInfo } from "../data/model.ts";
import type { Derived, PlannedChart, PlannedLine, PlannedPanel } from "./chart-plan.ts";
import type { Range } from "./page-state.ts";
import { isSameTask, type RunChoice } from "./run-choice.ts";

/*
 * What several runs have in common: the difference of two, and the spread of more, each from its command's start. Runs have
 * their samples at different times, so that they are compared over equal parts of the visible time.
 */

/** The height of a chart below a lane, in pixels. */
const HEIGHT = 96;

/** Returns the lanes, each with a chart of the difference or the spread of its runs below it. */
export function withDerivedCharts(panels: readonly PlannedPanel[], choice: RunChoice): readonly PlannedPanel[] {
  if (choice.view !== "overlay") return panels;
  const tasks = tasksOf(choice.runs);
  const derive = (chart: PlannedChart) =>
    tasks.length === 1 ? derivedChart(chart, choice) : tasks.length > 1 ? spreadOfTasks(chart, tasks) : undefined;
  return panels.map((panel) => {
    const [chart] = panel.charts;
    const derived = chart && derive(chart);
    return derived ? { ...panel, charts: [...panel.charts, derived] } : panel;
  });
}

/** The runs of one command on one side. */
type Task = readonly RunInfo[];

/** Returns the runs by their task; none, where some task has a single run that nothing can be said of. */
function tasksOf(runs: readonly RunInfo[]): readonly Task[] {
  const tasks: RunInfo[][] = [];
  for (const run of runs) {
    const own = tasks.find(([first]) => isSameTask(first!, run));
    if (own) own.push(run);
    else tasks.push([run]);
  }
  return tasks.length <= TASK_HUES.length && tasks.every(({ length }) => length > 1) ? tasks : [];
}

const TASK_HUES: readonly PlannedLine["hue"][] = ["blue", "orange", "green", "purple"];

/** Returns a chart of the spread of each task's runs. */
function spreadOfTasks(chart: PlannedChart, tasks: readonly Task[]): PlannedChart | undefined {
  const byTask = tasks.map((runs) =>
    runs.map(({ id }) => chart.lines.find(({ run }) => run === id)).filter((line) => line !== undefined),
  );
  if (byTask.some((lines, i) => lines.length < tasks[i]!.length)) return undefined;
  const lines = byTask.flatMap((own, i) => {
    const name = nameOfTask(tasks[i]!);
    return spreadLines(own).map((line) => ({ ...line, hue: TASK_HUES[i]!, label: `${name}, ${line.label}` }));
  });
  const bands = tasks.map((_, i) => bandOf(i, TASK_HUES[i]!));
  const spec = { ...chart.spec, id: `${chart.spec.id}-spread` };
  return { spec, title: "Spread of each command's runs", lines, bands, limits: [], quiet: false, height: HEIGHT };
}

/** Returns what the names of a task's files have in common (`run.a-grep`), or its command. */
function nameOfTask([first, ...others]: Task): string {
  const name = first!.name.replace(/^.*\//, "");
  let length = name.length;
  for (const other of others) while (!other.name.replace(/^.*\//, "").startsWith(name.slice(0, length))) length--;
  const common = name.slice(0, length).replace(/[.\d]*$/, "");
  return common === "" ? (first!.facts.find(([fact]) => fact === "command")?.[1] ?? first!.instance) : common;
}

function derivedChart(chart: PlannedChart, { runs }: RunChoice): PlannedChart | undefined {
  const byRun = runs.map(({ id }) => chart.lines.filter(({ run }) => run === id));
  const [base = [], next = []] = byRun;
  const isAlike = byRun.every((lines) => lines.length === base.length);
  if (!isAlike || base.length === 0) return undefined;
  const lines =
    runs.length === 2
      ? base.map((line, at) =>
          derivedLine([line, next[at]!], "difference", { hue: next[at]!.hue, label: line.kind || "difference" }),
        )
      : spreadLines(byRun.map(([line]) => line!));
  const title = runs.length === 2 ? "Difference to the first run" : `Spread of ${runs.length} runs`;
  const spec = { ...chart.spec, id: `${chart.spec.id}-${runs.length === 2 ? "difference" : "spread"}` };
  // One line of each run: the spread of several would hide each other.
  const about = runs.length === 2 || base.length === 1 ? "" : `: ${base[0]!.kind}`;
  const bands = runs.length === 2 ? [] : [bandOf(0, "sky")];
  return { spec, title: title + about, lines, bands, limits: [], quiet: false, height: HEIGHT };
}

const SPREAD = ["lowest", "median", "highest"] as const;

/** The area between the lowest and the highest of the spread at this place among the spreads of a chart. */
function bandOf(place: number, hue: PlannedLine["hue"]) {
  const before = place * SPREAD.length;
  return { series: [before + SPREAD.length, before + 1] as [number, number], hue };
}

function spreadLines(lines: readonly PlannedLine[]): PlannedLine[] {
  return SPREAD.map((how) => derivedLine(lines, how, { hue: how === "median" ? "blue" : "sky", label: how }));
}

function derivedLine(
  lines: readonly PlannedLine[],
  how: Derived["how"],
  { hue, label }: Pick<PlannedLine, "hue" | "label">,
): PlannedLine {
  const [first] = lines;
  const { as } = first!.request;
  // The growth of a counter between two times is exact; the highest and the lowest of its rates have no common time.
  const from = lines.map(({ run, request: { series } }) => ({ run, request: { series, as: "value" as const } }));
  const combine: Derived["combine"] = (points, range) => combined(points, { how, as, range });
  return {
    ...first!,
    hue,
    label,
    dash: first!.dash,
    layer: false,
    request: { series: [], as },
    derived: { from, how, combine },
  };
}

interface Combining {
  readonly how: Derived["how"];
  readonly as: "value" | "rate";
  readonly range: Range;
}

/** The visible time is compared in so many parts. */
const PARTS = 240;

/** No part is shorter, in seconds: CPU time comes in hundredths of a second, and a rate needs some of them. */
const LEAST_PART = 0.2;

/** Combines the lines of several runs. Where one of two has no value, and fewer than two of more, there is none. */
function combined(points: readonly LinePoints[], { how, as, range: { from, to } }: Combining): LinePoints {
  const parts = Math.max(1, Math.min(PARTS, Math.floor((to - from) / LEAST_PART)));
  const width = (to - from) / parts;
  const times = new Float64Array(parts);
  const values = new Float64Array(parts);
  for (let part = 0; part < parts; part++) {
    const [start, end] = [from + part * width, from + (part + 1) * width];
    times[part] = as === "rate" ? end : (start + end) / 2;
    const all = points.map((one) => (as === "rate" ? growthRate(one, start, end) : between(one, times[part]!)));
    values[part] =
      how === "difference"
        ? all[1]! - all[0]!
        : ofSorted(
            all.filter((value) => !Number.isNaN(value)),
            how,
          );
  }
  return { times, values };
}

function ofSorted(known: number[], how: Derived["how"]): number {
  if (known.length < 2) return Number.NaN;
  const sorted = known.sort((a, b) => a - b);
  if (how === "lowest") return sorted[0]!;
  if (how === "highest") return sorted.at(-1)!;
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half]! + sorted[half - 1]!) / 2;
}

/** Returns the growth of a counter a second; NaN: it is not known at one of the times, or the counter fell. */
function growthRate(counter: LinePoints, from: number, to: number): number {
  const grown = between(counter, to) - between(counter, from);
  return grown >= 0 ? grown / (to - from) : Number.NaN;
}

/** Returns a line's value at a time, evenly between two points; NaN: outside of the line, or in a gap. */
function between({ times, values }: LinePoints, x: number): number {
  const at = indexOfTime(times, x);
  if (at >= times.length) return Number.NaN;
  if (times[at] === x) return values[at]!;
  if (at === 0) return Number.NaN;
  const [before, after] = [times[at - 1]!, times[at]!];
  return values[at - 1]! + ((values[at]! - values[at - 1]!) * (x - before)) / (after - before);
}
