import { KERNEL, MACHINE } from "../../src/catalog/index.ts";
import type { LineRequest, RunInfo } from "../data/model.ts";
import type { Figures } from "./figures.ts";
import type { Hue, LimitSpec, LineSpec, PanelSpec } from "./panels.ts";

/** Colours of lines that a label tells apart, and of the runs of an overlay. */
export const HUES: readonly Hue[] = ["blue", "orange", "green", "purple", "red", "sky", "yellow", "grey"];

/** More lines than this nobody tells apart: the smaller ones are drawn as one. */
const MOST_VALUES = 7;

/** In an overlay, of each run. */
const MOST_SHARES = 3;

/** One line of a chart: what it is called, how it looks, and what it is made of. */
export interface PlannedLine {
  readonly label: string;
  readonly hue: Hue;
  /** 0: solid, 1: dashed, 2: dotted, 3: dashed far apart. */
  readonly dash: number;
  readonly layer: boolean;
  /** A run's id. */
  readonly run: string;
  readonly request: LineRequest;
}

export interface Limit {
  readonly label: string;
  readonly value: number;
}

/** A chart that has data: a panel of one run, or of several laid over each other. */
export interface PlannedChart {
  readonly spec: PanelSpec;
  /** What tells this chart from others of its panel: a host's name; empty where there is one. */
  readonly title: string;
  readonly lines: readonly PlannedLine[];
  readonly limits: readonly Limit[];
  /** All of it was recorded, and is zero. */
  readonly quiet: boolean;
}

/** The chart of a panel for one run; undefined where the run has no series for it. */
export function planChart(spec: PanelSpec, figures: Figures, title = ""): PlannedChart | undefined {
  const lines = spec.lines.flatMap((one) => linesOf(one, spec, figures));
  if (lines.length === 0) return undefined;
  const places = lines.flatMap(({ request }) => request.series);
  return { spec, title, lines, limits: limitsOf(spec.limits ?? [], figures), quiet: isQuiet(places, figures) };
}

/** A run of an overlay: its figures and what it is called. */
export interface Overlaid {
  readonly figures: Figures;
  readonly name: string;
}

/**
 * The same panel of several runs in one chart: a colour a run. Layers become their sum, the values of a label too, since
 * areas cannot be laid over each other and what is drawn must stay a few lines.
 */
export function planOverlay(spec: PanelSpec, runs: readonly Overlaid[]): PlannedChart | undefined {
  const lines = runs.flatMap(({ figures, name }, at) => {
    const hue = HUES[at % HUES.length] as Hue;
    return overlaidLines(spec, figures).map((one) => ({
      ...one,
      hue,
      label: one.label ? `${name}: ${one.label}` : name,
    }));
  });
  if (lines.length === 0) return undefined;
  const limits = limitsOf(spec.limits ?? [], runs[0]!.figures);
  const quiet = runs.every(({ figures }) => {
    const chart = planChart(spec, figures);
    return chart === undefined || chart.quiet;
  });
  return { spec, title: "", lines, limits, quiet };
}

/**
 * A run's lines in an overlay, told apart by their dashes: the layers' sum; else for each line of the panel the sum of
 * its series, or where these are shares, which have no sum, the biggest ones of the values of its label.
 */
function overlaidLines(spec: PanelSpec, figures: Figures): PlannedLine[] {
  const whole = (one: LineSpec) => plainLine(one, figures.places(one.metric, one.only ?? {}), figures.run);
  const layers = spec.lines.filter(({ layer }) => layer).map(whole);
  const series = layers.flatMap(({ request }) => request.series);
  if (layers[0] && series.length > 0)
    return [{ ...layers[0], layer: false, label: "", request: { ...layers[0].request, series } }];
  const plain = spec.lines.filter(({ layer }) => !layer);
  const lines =
    spec.unit === "share"
      ? plain.filter(({ dashed }) => !dashed).flatMap((one) => linesOf(one, spec, figures).slice(0, MOST_SHARES))
      : plain.map(whole).filter(({ request }) => request.series.length > 0);
  return lines.map((one, dash) => ({ ...one, dash, label: lines.length > 1 ? one.label.replace(/\{\},? ?/, "") : "" }));
}

function linesOf(one: LineSpec, spec: PanelSpec, figures: Figures): PlannedLine[] {
  const { run } = figures;
  const places = figures.places(one.metric, one.only ?? {});
  if (places.length === 0) return [];
  const { by } = one;
  if (by === undefined) return [plainLine(one, places, run)];
  const ranked = rankedValues(by, spec, figures);
  const shown = ranked.length > MOST_VALUES + 1 ? ranked.slice(0, MOST_VALUES) : ranked;
  const hueOf = (at: number) => HUES[Math.min(at, HUES.length - 1)] as Hue;
  const lines = shown.map((value, at) => {
    const own = places.filter((place) => run.series[place]?.labels[by] === value);
    return { ...plainLine(one, own, run), label: one.label.replace("{}", value), hue: hueOf(at) };
  });
  const rest = places.filter((place) => !shown.includes(run.series[place]?.labels[by] ?? ""));
  const label = one.label.replace("{}", `${ranked.length - shown.length} others`);
  return [...lines, { ...plainLine(one, rest, run), label, hue: "grey" as const }].filter(
    ({ request }) => request.series.length > 0,
  );
}

function plainLine({ metric, label, hue, dashed = false, layer = false }: LineSpec, series: number[], run: RunInfo) {
  const as = metric.type === "counter" ? "rate" : "value";
  return { label, hue, dash: dashed ? 1 : 0, layer, run: run.id, request: { series, as } } as const;
}

/** The values of a label in a panel, what grew or reached most first; so an interface has one colour in and out. */
function rankedValues(by: string, spec: PanelSpec, figures: Figures): string[] {
  const sizes = new Map<string, number>();
  for (const { metric, only = {} } of spec.lines.filter((one) => one.by === by)) {
    for (const place of figures.places(metric, only)) {
      const value = figures.run.series[place]?.labels[by] ?? "";
      const { first = 0, last = 0, high = 0 } = figures.all[place] ?? {};
      const size = (metric.type === "counter" ? last - first : high) || 0;
      sizes.set(value, (sizes.get(value) ?? 0) + size);
    }
  }
  const natural = new Intl.Collator("en", { numeric: true });
  return [...sizes].sort(([a, x], [b, y]) => y - x || natural.compare(a, b)).map(([value]) => value);
}

/** What a panel is measured by, where the run says it. */
function limitsOf(specs: readonly LimitSpec[], figures: Figures): Limit[] {
  const limits = specs.map(({ label, of }) => ({
    label,
    value: of === "cpus" ? figures.cpus(KERNEL.cpusOnline, MACHINE.cpuSeconds) : figures.last(of),
  }));
  return limits.filter(({ value }) => value > 0);
}

function isQuiet(places: readonly number[], { run, all }: Figures): boolean {
  return places.every((place) => {
    const figure = all[place];
    if (!figure || Number.isNaN(figure.first)) return false;
    return run.series[place]?.type === "counter" ? figure.last === figure.first : figure.high === 0;
  });
}

/** What a chart must ask for: its lines, and the sums of its layers up to each, which are what is drawn of them. */
export interface Requests {
  readonly own: readonly LineRequest[];
  /** For each line what is drawn of it: the same, or the layers up to it. */
  readonly drawn: readonly LineRequest[];
}

/** Sums are asked for, since lines that are down-sampled have their points at different times and cannot be added. */
export function requestsOf(lines: readonly PlannedLine[]): Requests {
  const below: number[] = [];
  const drawn = lines.map(({ layer, request }) => {
    if (!layer) return request;
    below.push(...request.series);
    return { ...request, series: [...below] };
  });
  return { own: lines.map(({ request }) => request), drawn };
}
