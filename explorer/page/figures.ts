import type { Metric } from "../../src/catalog/index.ts";
import type { DataSource, LinePoints, RunInfo, SeriesInfo } from "../data/model.ts";

/** The few numbers of one series over a span of time; NaN where it has no point in it. */
export interface Figure {
  readonly first: number;
  readonly last: number;
  readonly low: number;
  readonly high: number;
}

/** A run's figures: its series by metric, each with its numbers. */
export class Figures {
  constructor(
    readonly run: RunInfo,
    /** One a series, in the run's order. */
    readonly all: readonly Figure[],
  ) {}

  /** The places of a metric's series. */
  places(metric: Metric, where: Readonly<Record<string, readonly string[]>> = {}): number[] {
    return placesOf(this.run, metric, where);
  }

  /** The last points together; NaN where there is none. */
  last(metric: Metric, where: Readonly<Record<string, readonly string[]>> = {}): number {
    return sum(this.places(metric, where).map((at) => this.all[at]?.last ?? Number.NaN));
  }

  /** By how much counters grew together; NaN where none has a point. */
  growth(metric: Metric, where: Readonly<Record<string, readonly string[]>> = {}): number {
    return sum(this.places(metric, where).map((at) => growthOf(this.all[at])));
  }

  /** The highest of all points; NaN where there is none. */
  high(metric: Metric, where: Readonly<Record<string, readonly string[]>> = {}): number {
    const highs = this.places(metric, where).map((at) => this.all[at]?.high ?? Number.NaN);
    return highs.reduce((a, b) => (Number.isNaN(a) || b > a ? b : a), Number.NaN);
  }

  /** How many CPUs there are, by their gauge or by their series; NaN: nothing says it. */
  cpus(online: Metric, each: Metric): number {
    const known = this.last(online);
    if (!Number.isNaN(known)) return known;
    return new Set(this.places(each).map((at) => this.run.series[at]?.labels.cpu)).size || Number.NaN;
  }
}

/** A counter that fell began anew: what it has by then is what is known to have been. */
function growthOf(figure: Figure | undefined): number {
  if (!figure) return Number.NaN;
  return figure.last >= figure.first ? figure.last - figure.first : figure.last;
}

/** The places in `run.series` of a metric's series that have one of the values of each label. */
export function placesOf(
  run: RunInfo,
  metric: Metric,
  where: Readonly<Record<string, readonly string[]>> = {},
): number[] {
  const wanted = Object.entries(where);
  const fits = ({ name, labels }: SeriesInfo) =>
    name === metric.name && wanted.every(([label, values]) => values.includes(labels[label] ?? ""));
  return run.series.flatMap((series, at) => (fits(series) ? [at] : []));
}

/** The sum of what is there; NaN where nothing is. */
export function sum(values: readonly number[]): number {
  const there = values.filter((value) => !Number.isNaN(value));
  return there.length === 0 ? Number.NaN : there.reduce((a, b) => a + b, 0);
}

/** A source may refuse more. */
const LINES_AT_ONCE = 1000;

/** Asks for the figures of all series over a span: that of the command, or all of the run. */
export async function readFigures(source: DataSource, run: RunInfo, over: "command" | "all"): Promise<Figures> {
  const span = over === "command" ? run.command : null;
  const [fromMs, toMs] = span ? [span.fromMs, span.toMs] : [run.startMs, run.endMs];
  const lines = run.series.map((_, at) => ({ series: [at], as: "value" as const }));
  const all: Figure[] = [];
  for (let first = 0; first < lines.length; first += LINES_AT_ONCE) {
    const some = { lines: lines.slice(first, first + LINES_AT_ONCE), fromMs, toMs, pixels: 1 };
    for (const points of await source.points(run.id, some)) all.push(figureOf(points, fromMs, toMs));
  }
  return new Figures(run, all);
}

function figureOf({ times, values }: LinePoints, fromMs: number, toMs: number): Figure {
  let [first, last, low, high] = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  for (let at = 0; at < times.length; at++) {
    const [time, value] = [times[at] as number, values[at] as number];
    if (time < fromMs || time > toMs || Number.isNaN(value)) continue;
    if (Number.isNaN(first)) first = low = high = value;
    if (value < low) low = value;
    if (value > high) high = value;
    last = value;
  }
  return { first, last, low, high };
}
