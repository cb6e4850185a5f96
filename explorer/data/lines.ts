import { COMMAND, CONTAINER, MACHINE, RECORDER } from "../../src/catalog/index.ts";
import { growth, indexOfTime } from "../../src/recording/span.ts";
import { Gaps, type Sampling } from "./gaps.ts";
import { downsampled, hasSameTimes, PointList } from "./line-points.ts";
import type { DrawnSpan, LinePoints, LineRequest, PointsRequest } from "./model.ts";
import { part, type RateCache } from "./rate-cache.ts";

/** Divides a counter's growth by the time between its own two readings. */
export interface RateClock {
  /** Returns the growth a second between two points, by their places in the counter's column. */
  perSecond(grown: number, from: number, to: number): number;
}

/** The points of one series, in order of time; NaN is absent. Series that were sampled together may share their times. */
export interface Column {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** The shortest time over which a rate is computed, see `leastRateMs`; default: 20. */
  readonly leastRateMs?: number;
  /** Divides its growth; default: by the time between its points. */
  readonly clock?: RateClock;
}

/** The points of a run, by the index of each series in `RunInfo.series`. */
export interface Columns {
  series(index: number): Column;
  /** The times of all samples; default: the series' own times. */
  readonly samples?: Float64Array;
  /** How often there was to be one; default: as often as there usually was. */
  readonly intervalMs?: number | undefined;
  /** Keeps rates; default: they are worked out for each request. */
  readonly rates?: RateCache;
}

/** A rate covers at least this many times the resolution of its counter, as in the summary. */
const LEAST_RESOLUTIONS = 20;

/** The kernel counts CPU time in ticks of 1/100 s. */
const CPU_RESOLUTION_MS = 10;

/** All other counters are exact when they are read, and the times of the samples are whole milliseconds. */
const TIME_RESOLUTION_MS = 1;

const LEAST_RATE_MS = LEAST_RESOLUTIONS * TIME_RESOLUTION_MS;

const CPU_TIMES: ReadonlySet<string> = new Set(
  [MACHINE.cpuSeconds, COMMAND.cpuSeconds, COMMAND.commCpuSeconds, CONTAINER.cpuSeconds, RECORDER.cpuSeconds].map(
    ({ name }) => name,
  ),
);

/** A wait for a CPU is counted when it ends, and may have been long: over a short time its rate says little. */
const LEAST_WAIT_MS = 2000;

/** Returns the shortest time over which a counter of this name (`SeriesInfo.name`) has a rate. */
export function leastRateMs(name: string): number {
  if (name === COMMAND.runDelay.name) return LEAST_WAIT_MS;
  return CPU_TIMES.has(name) ? LEAST_RESOLUTIONS * CPU_RESOLUTION_MS : LEAST_RATE_MS;
}

/**
 * Returns the points of the requested lines. Rates and sums are computed from all points; downsampling comes last. The
 * nearest points before and after the span are included, so that lines reach its edges.
 */
export function linePoints(columns: Columns, request: PointsRequest): LinePoints[] {
  return request.lines.map((line) => downsampled(lineOf(columns, line, request), request));
}

/** Returns all points of one line within a span, and the nearest point on either side. */
function lineOf(columns: Columns, { series, as }: LineRequest, span: DrawnSpan): LinePoints {
  const lines = series.map((index) => {
    const column = columns.series(index);
    const { samples = column.times, intervalMs } = columns;
    const sampled = { ...span, samples, intervalMs };
    const whole = { ...sampled, fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
    const kept =
      as === "rate"
        ? columns.rates?.within(index, column.times, span, () => seriesLine(column, as, whole))
        : presentValues(column, sampled);
    return kept ?? seriesLine(column, as, sampled);
  });
  const [only] = lines;
  return lines.length === 1 && only ? only : summed(lines);
}

type SampledSpan = DrawnSpan & Sampling;

/** The values of a series that is never absent, in a run without gaps: they are its line. Undefined: there may be some. */
function presentValues(column: Column, span: SampledSpan): LinePoints | undefined {
  const { times, values } = column;
  return isPresent(values) && new Gaps(times, values, span).areNone ? part(column, span) : undefined;
}

const presences = new WeakMap<Float64Array, boolean>();

function isPresent(values: Float64Array): boolean {
  const known = presences.get(values);
  if (known !== undefined) return known;
  let at = 0;
  while (at < values.length && !Number.isNaN(values[at])) at++;
  presences.set(values, at === values.length);
  return at === values.length;
}

/**
 * Returns the line of one series: no point where the series is absent, and one NaN for each gap. A rate has none where
 * no samples were taken: it is the mean over that time.
 */
function seriesLine(column: Column, as: LineRequest["as"], span: SampledSpan): LinePoints {
  const { fromMs, toMs } = span;
  const { times, values } = column;
  const start = startIndex(column, fromMs, as);
  const out = new PointList(Math.max(1, indexOfTime(times, toMs) - start + 2));
  const gaps = new Gaps(times, values, span);
  const rate = new RateLine(column);
  let last = -1;
  for (let at = start; at < times.length; at++) {
    const value = values[at]!;
    if (Number.isNaN(value)) continue;
    const atMs = times[at]!;
    const gapMs = last < 0 ? Number.NaN : gaps.between(last, at);
    const isGap = !Number.isNaN(gapMs);
    if (as === "rate") rate.put(out, at, isGap && !gaps.isPause(last, at));
    else {
      if (isGap) out.push(gapMs, Number.NaN);
      out.push(atMs, value);
    }
    last = at;
    if (atMs > toMs) break;
  }
  return out.points();
}

/** Returns the index to start at: of the last point before the span; for a rate, of the point that its rate begins at. */
function startIndex(column: Column, fromMs: number, as: LineRequest["as"]): number {
  const { times, values, leastRateMs: leastMs = LEAST_RATE_MS } = column;
  let at = presentBefore(values, indexOfTime(times, fromMs));
  if (as === "value" || at < 0) return Math.max(0, at);
  const latestMs = times[at]! - leastMs;
  while (at > 0 && times[at]! > latestMs) at = presentBefore(values, at);
  return Math.max(0, at);
}

/** Returns the index of the last present value before an index; -1: there is none. */
function presentBefore(values: Float64Array, index: number): number {
  let at = index - 1;
  while (at >= 0 && Number.isNaN(values[at])) at--;
  return at;
}

/**
 * Computes a counter's growth per second, at each point since the point before it. Where that is nearer than
 * `leastRateMs`, as at the samples of the command's start and end, it computes it since an earlier point.
 */
class RateLine {
  private readonly column: Column;
  private readonly leastMs: number;
  /** The first point that growth may be computed from: there was a gap before it, or the counter fell. */
  private origin = -1;
  private last = -1;

  constructor(column: Column) {
    this.column = column;
    this.leastMs = column.leastRateMs ?? LEAST_RATE_MS;
  }

  put(out: PointList, at: number, isGap: boolean): void {
    const { times, values, clock } = this.column;
    const { last } = this;
    this.last = at;
    const atMs = times[at]!;
    if (last < 0) {
      this.origin = at;
      return;
    }
    if (isGap || Number.isNaN(growth(values[last]!, values[at]!))) {
      this.origin = at;
      out.push(atMs, Number.NaN);
      return;
    }
    let from = last;
    while (from > this.origin && atMs - times[from]! < this.leastMs) from = presentBefore(values, from);
    const spanMs = atMs - times[from]!;
    if (spanMs < this.leastMs) return;
    const grown = growth(values[from]!, values[at]!);
    out.push(atMs, clock ? clock.perSecond(grown, from, at) : (grown / spanMs) * 1000);
  }
}

/** Returns at each time the sum of the lines that have a point there; NaN where all of these are in a gap. */
function summed(lines: readonly LinePoints[]): LinePoints {
  const [first] = lines;
  if (!first) return { times: new Float64Array(0), values: new Float64Array(0) };
  if (!lines.every(({ times }) => hasSameTimes(times, first.times))) return merged(lines);
  const values = new Float64Array(first.times.length).fill(Number.NaN);
  for (const line of lines) for (let at = 0; at < values.length; at++) values[at] = plus(values[at]!, line.values[at]!);
  return { times: first.times, values };
}

/** Sums lines whose points are at different times. */
function merged(lines: readonly LinePoints[]): LinePoints {
  const out = new PointList(lines[0]?.times.length);
  const next = new Uint32Array(lines.length);
  for (;;) {
    let atMs = Number.POSITIVE_INFINITY;
    for (const [i, { times }] of lines.entries()) atMs = Math.min(atMs, times[next[i]!] ?? atMs);
    if (atMs === Number.POSITIVE_INFINITY) return out.points();
    let sum = Number.NaN;
    for (const [i, { times, values }] of lines.entries()) {
      if (times[next[i]!] !== atMs) continue;
      sum = plus(sum, values[next[i]!]!);
      next[i]!++;
    }
    out.push(atMs, sum);
  }
}

/** Adds two numbers; NaN counts as absent. */
function plus(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : a + b;
}
