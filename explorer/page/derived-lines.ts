import { indexOfTime } from "../../src/recording/span.ts";
import type { LinePoints } from "../data/model.ts";
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
  const { runs, view } = choice;
  if (view !== "overlay" || !runs.every((run) => isSameTask(run, runs[0]!))) return panels;
  return panels.map((panel) => {
    const [chart] = panel.charts;
    const derived = chart && derivedChart(chart, choice);
    return derived ? { ...panel, charts: [...panel.charts, derived] } : panel;
  });
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
  return { spec, title: title + about, lines, limits: [], quiet: false, height: HEIGHT };
}

function spreadLines(lines: readonly PlannedLine[]): PlannedLine[] {
  return (["lowest", "median", "highest"] as const).map((how) =>
    derivedLine(lines, how, { hue: how === "median" ? "blue" : "sky", label: how }),
  );
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
