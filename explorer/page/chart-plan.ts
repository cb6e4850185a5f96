import { KERNEL, MACHINE } from "../../src/catalog/index.ts";
import type { LinePoints, LineRequest, RunInfo } from "../data/model.ts";
import type { Range } from "./page-state.ts";
import { type Hue, type LimitSpec, type LineSpec, PANELS, type PanelSpec } from "./panels.ts";
import { namesOf, type RunChoice } from "./run-choice.ts";
import type { RunFigures } from "./run-figures.ts";

/** The colours of lines with `by`, and of the runs of an overlay. */
export const HUES: readonly Hue[] = ["blue", "orange", "green", "purple", "red", "sky", "yellow", "grey"];

/** The most lines of one label that a reader can tell apart: the smaller ones are summed into one. */
const MOST_VALUES = 7;

/** The most lines of a label for each run of an overlay. */
const MOST_OVERLAY_VALUES = 3;

/** Of more runs, an overlay has one line each: nobody can tell more apart. */
const MOST_WHOLE_RUNS = 4;

/** One line of a chart: its name, its style and its data. */
export interface PlannedLine {
  readonly label: string;
  readonly hue: Hue;
  /** 0: solid, 1: dashed, 2: dotted, 3: long and short dashes. */
  readonly dash: number;
  readonly layer: boolean;
  /** The id of its run. */
  readonly run: string;
  readonly request: LineRequest;
  /** In an overlay, what its run has several lines of. */
  readonly kind?: string;
  /** Its points come from those of other lines, not from its own request. */
  readonly derived?: Derived;
}

/** How a line comes from lines of several runs. */
export interface Derived {
  readonly how: "difference" | "lowest" | "median" | "highest";
  readonly from: readonly { readonly run: string; readonly request: LineRequest }[];
  /** Times are in seconds from the start. */
  combine(points: readonly LinePoints[], range: Range): LinePoints;
}

export interface Limit {
  readonly label: string;
  readonly value: number;
}

/** A chart that has data: a panel of one run, or of several runs in an overlay. */
export interface PlannedChart {
  readonly spec: PanelSpec;
  /** Its height in pixels; default: that of all charts. */
  readonly height?: number;
  /** The name of the host, where each host has a chart; of many runs, what their lines are; else empty. */
  readonly title: string;
  readonly lines: readonly PlannedLine[];
  /** Areas between two lines, of which the first is the higher one; lines are counted from 1. There are no layers then. */
  readonly bands?: readonly { readonly series: [high: number, low: number]; readonly hue: Hue }[];
  readonly limits: readonly Limit[];
  /** Whether all values were recorded and are zero. */
  readonly quiet: boolean;
}

/** A panel of the page and its charts: one, or one for each host. */
export interface PlannedPanel {
  readonly spec: PanelSpec;
  readonly charts: readonly PlannedChart[];
}

/** Returns the panels that have data for the chosen runs. */
export function planPanels({ runs, view }: RunChoice, figures: readonly RunFigures[]): PlannedPanel[] {
  const names = namesOf(runs);
  const named = figures.map((one, at) => ({ figures: one, name: names[at]! }));
  const chartsOf = (spec: PanelSpec) =>
    view === "overlay"
      ? [planOverlay(spec, named)]
      : named.map((one) => planChart(spec, one.figures, view === "hosts" ? one.name : ""));
  const panels = PANELS.map((spec) => ({ spec, charts: chartsOf(spec).filter((chart) => chart !== undefined) }));
  return panels.filter(({ charts }) => charts.length > 0);
}

/** Whether two plans have the same charts with the same lines. Then only their points differ. */
export function isSamePlan(a: readonly PlannedPanel[], b: readonly PlannedPanel[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Plans a panel for one run; undefined: the run has no series for it. */
function planChart(spec: PanelSpec, figures: RunFigures, title = ""): PlannedChart | undefined {
  const lines = spec.lines.flatMap((one) => linesOf(one, spec, figures));
  if (lines.length === 0) return undefined;
  const indexes = lines.flatMap(({ request }) => request.series);
  return { spec, title, lines, limits: limitsOf(spec.limits ?? [], figures), quiet: isQuiet(indexes, figures) };
}

interface NamedFigures {
  readonly figures: RunFigures;
  readonly name: string;
}

/**
 * Plans a panel for several runs, each in its own colour. Areas of several runs would hide each other, so layers are
 * drawn as the line of their sum. The values of a label are summed, too, to keep the number of lines small.
 */
function planOverlay(spec: PanelSpec, runs: readonly NamedFigures[]): PlannedChart | undefined {
  const isMany = runs.length > MOST_WHOLE_RUNS;
  const lines = runs.flatMap(({ figures, name }, at) => {
    const hue = HUES[at % HUES.length]!;
    const own = overlayLines(spec, figures);
    return (isMany ? own.slice(0, 1).map((one) => ({ ...one, dash: 0 })) : own).map((one) => ({
      ...one,
      hue,
      kind: one.label,
      label: one.label && !isMany ? `${name}: ${one.label}` : name,
    }));
  });
  if (lines.length === 0) return undefined;
  const limits = limitsOf(spec.limits ?? [], runs[0]!.figures);
  const quiet = runs.every(({ figures }) => planChart(spec, figures)?.quiet ?? true);
  const title = isMany ? (lines[0]!.kind ?? "") : "";
  return { spec, title, lines, limits, quiet };
}

/**
 * Returns a run's lines in an overlay, distinguished by dashes. A panel with layers has one line, their sum. Else each
 * line is the sum of its series; shares cannot be summed, so the largest values of their label are drawn.
 */
function overlayLines(spec: PanelSpec, figures: RunFigures): PlannedLine[] {
  const whole = (one: LineSpec) => plainLine(one, figures.indexesOf(one.metric, one.only ?? {}), figures.run);
  const layers = spec.lines.filter(({ layer, apart }) => layer && !apart).map(whole);
  const series = layers.flatMap(({ request }) => request.series);
  if (layers[0] && series.length > 0)
    return [{ ...layers[0], layer: false, label: "", request: { ...layers[0].request, series } }];
  const plain = spec.lines.filter(({ layer }) => !layer);
  const lines =
    spec.unit === "share"
      ? plain
          .filter(({ dashed }) => !dashed)
          .flatMap((one) => linesOf(one, spec, figures).slice(0, MOST_OVERLAY_VALUES))
      : plain.map(whole).filter(({ request }) => request.series.length > 0);
  return lines.map((one, dash) => ({ ...one, dash, label: lines.length > 1 ? one.label.replace(/\{\},? ?/, "") : "" }));
}

function linesOf(one: LineSpec, spec: PanelSpec, figures: RunFigures): PlannedLine[] {
  const { run } = figures;
  const indexes = figures.indexesOf(one.metric, one.only ?? {});
  if (indexes.length === 0) return [];
  const { by } = one;
  if (by === undefined) return [plainLine(one, indexes, run)];
  const ranked = rankedValues(by, spec, figures);
  const shown = ranked.length > MOST_VALUES + 1 ? ranked.slice(0, MOST_VALUES) : ranked;
  const lines = shown.map((value, at) => {
    const own = indexes.filter((index) => run.series[index]?.labels[by] === value);
    const hue = HUES[Math.min(at, HUES.length - 1)]!;
    return { ...plainLine(one, own, run), label: one.label.replace("{}", value), hue };
  });
  const rest = indexes.filter((index) => !shown.includes(run.series[index]?.labels[by] ?? ""));
  const label = one.label.replace("{}", `${ranked.length - shown.length} others`);
  return [...lines, { ...plainLine(one, rest, run), label, hue: "grey" as const }].filter(
    ({ request }) => request.series.length > 0,
  );
}

function plainLine(
  { metric, label, hue, dashed = false, layer = false }: LineSpec,
  series: number[],
  run: RunInfo,
): PlannedLine {
  const as = metric.type === "counter" ? "rate" : "value";
  return { label, hue, dash: dashed ? 1 : 0, layer, run: run.id, request: { series, as } };
}

/**
 * Returns the values of a label, ordered by growth or maximum over all lines of the panel. So an interface has the same
 * colour for both directions.
 */
function rankedValues(by: string, spec: PanelSpec, figures: RunFigures): string[] {
  const sizes = new Map<string, number>();
  for (const { metric, only = {} } of spec.lines.filter((one) => one.by === by)) {
    for (const index of figures.indexesOf(metric, only)) {
      const value = figures.run.series[index]?.labels[by] ?? "";
      const { first, last, high } = figures.all[index]!;
      const size = (metric.type === "counter" ? last - first : high) || 0;
      sizes.set(value, (sizes.get(value) ?? 0) + size);
    }
  }
  const natural = new Intl.Collator("en", { numeric: true });
  return [...sizes].sort(([a, x], [b, y]) => y - x || natural.compare(a, b)).map(([value]) => value);
}

/** Returns the limits that the run has recorded. */
function limitsOf(specs: readonly LimitSpec[], figures: RunFigures): Limit[] {
  return specs.map(({ label, of }) => ({ label, value: limitOf(of, figures) })).filter(({ value }) => value > 0);
}

function limitOf(of: LimitSpec["of"], figures: RunFigures): number {
  if (of !== "cpus" && of !== "usableCpus") return figures.last(of);
  const usable = of === "usableCpus" ? figures.run.known.usableCpus : null;
  return usable ?? figures.cpus(KERNEL.cpusOnline, MACHINE.cpuSeconds);
}

function isQuiet(indexes: readonly number[], { run, all }: RunFigures): boolean {
  return indexes.every((index) => {
    const figure = all[index];
    if (!figure || Number.isNaN(figure.first)) return false;
    return run.series[index]?.type === "counter" ? figure.last === figure.first : figure.high === 0;
  });
}

/** The data that a chart requests, by the index of its lines. */
export interface ChartRequests {
  readonly own: readonly LineRequest[];
  /** What is drawn of each line: for a layer, the sum of the layers up to it; else the line's own data. */
  readonly drawn: readonly LineRequest[];
}

/**
 * Returns the requests of a chart. The sums of layers are requested, since downsampled lines have their points at
 * different times and cannot be added.
 */
export function requestsOf(lines: readonly PlannedLine[]): ChartRequests {
  const below: number[] = [];
  const drawn = lines.map(({ layer, request }) => {
    if (!layer) return request;
    below.push(...request.series);
    return { ...request, series: [...below] };
  });
  return { own: lines.map(({ request }) => request), drawn };
}
