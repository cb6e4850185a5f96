import type { Metric } from "../../src/catalog/index.ts";
import type { DataSource, LinePoints, RunInfo, SeriesInfo } from "../data/model.ts";

/** The figures of one series over a span of time; NaN where it has no point in the span. */
export interface Figure {
  readonly first: number;
  readonly last: number;
  readonly low: number;
  readonly high: number;
}

/** Selects the series whose labels have one of these values each. */
type Where = Readonly<Record<string, readonly string[]>>;

/** The figures of a run: those of each series, and those of each metric. */
export class RunFigures {
  constructor(
    readonly run: RunInfo,
    /** The figures of each series, in the order of `run.series`. */
    readonly all: readonly Figure[],
  ) {}

  /** Returns the indexes of a metric's series in `run.series`. */
  indexesOf(metric: Metric, where: Where = {}): number[] {
    const wanted = Object.entries(where);
    const fits = ({ name, labels }: SeriesInfo) =>
      name === metric.name && wanted.every(([label, values]) => values.includes(labels[label] ?? ""));
    return this.run.series.flatMap((series, at) => (fits(series) ? [at] : []));
  }

  /** Returns the sum of the last points; NaN: there are none. */
  last(metric: Metric, where: Where = {}): number {
    return sumKnown(this.figuresOf(metric, where).map(({ last }) => last));
  }

  /** Returns the sum of the counters' growth; NaN: no series has a point. */
  growth(metric: Metric, where: Where = {}): number {
    // A counter that fell was reset: its last value is the growth that is known.
    return sumKnown(this.figuresOf(metric, where).map(({ first, last }) => (last < first ? last : last - first)));
  }

  /** Returns the highest of all points; NaN: there are none. */
  high(metric: Metric, where: Where = {}): number {
    const highs = this.figuresOf(metric, where).map(({ high }) => high);
    return highs.reduce((a, b) => (Number.isNaN(a) || b > a ? b : a), Number.NaN);
  }

  /** Returns the number of CPUs, by their gauge `online` or by the series of `each`; NaN: unknown. */
  cpus(online: Metric, each: Metric): number {
    const known = this.last(online);
    if (!Number.isNaN(known)) return known;
    return new Set(this.indexesOf(each).map((at) => this.run.series[at]?.labels.cpu)).size || Number.NaN;
  }

  private figuresOf(metric: Metric, where: Where): Figure[] {
    return this.indexesOf(metric, where).map((at) => this.all[at]!);
  }
}

/** Adds the numbers that are not NaN; NaN: all are. */
export function sumKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : known.reduce((a, b) => a + b, 0);
}

/** Lines per request; the server refuses more than 2000. */
const MOST_LINES = 1000;

/** Reads the figures of all series, over the time of the command or over the whole run. */
export async function readFigures(source: DataSource, run: RunInfo, over: "command" | "all"): Promise<RunFigures> {
  const span = over === "command" ? run.command : null;
  const [fromMs, toMs] = span ? [span.fromMs, span.toMs] : [run.startMs, run.endMs];
  const lines = run.series.map((_, at) => ({ series: [at], as: "value" as const }));
  const all: Figure[] = [];
  for (let first = 0; first < lines.length; first += MOST_LINES) {
    const request = { lines: lines.slice(first, first + MOST_LINES), fromMs, toMs, pixels: 1 };
    for (const points of await source.points(run.id, request)) all.push(figureOf(points, fromMs, toMs));
  }
  return new RunFigures(run, all);
}

function figureOf({ times, values }: LinePoints, fromMs: number, toMs: number): Figure {
  let [first, last, low, high] = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  for (let at = 0; at < times.length; at++) {
    const [time, value] = [times[at]!, values[at]!];
    if (time < fromMs || time > toMs || Number.isNaN(value)) continue;
    if (Number.isNaN(first)) first = low = high = value;
    if (value < low) low = value;
    if (value > high) high = value;
    last = value;
  }
  return { first, last, low, high };
}
