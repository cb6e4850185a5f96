import { growth } from "../../src/recording/span.ts";
import { Gaps } from "./gaps.ts";
import type { LinePoints, LineRequest, PointsRequest } from "./model.ts";
import { PointList, placeOf } from "./points.ts";
import { thinned } from "./thin.ts";

/** The points of one series, in order of time; NaN is absent. Series that were sampled together may share their times. */
export interface Column {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** A rate over less says more of the source than of what it counts (`leastRateMs` of its name); left out: 20. */
  readonly leastRateMs?: number;
}

/** The points of a run, by the places of its series in `RunInfo.series`. */
export interface Columns {
  series(index: number): Column;
  /** When samples were taken, all of them; left out: at a series' own times. */
  readonly samples?: Float64Array;
}

const LEAST_RATE_MS = 20;

/**
 * The points of the lines that are asked for, one answer each: summed, made rates, and only then thinned to what can
 * be seen. The nearest points before and behind the span come too, so that lines reach its edges.
 */
export function linePoints(columns: Columns, request: PointsRequest): LinePoints[] {
  return request.lines.map((line) => thinned(lineOf(columns, line, request), request));
}

/** All points of one line within a span, and the nearest one on either side. */
function lineOf(columns: Columns, line: LineRequest, span: Omit<PointsRequest, "lines">): LinePoints {
  const tracks = line.series.map((index) => {
    const column = columns.series(index);
    return trackOf(column, line.as, { ...span, samples: columns.samples ?? column.times });
  });
  const [only] = tracks;
  return tracks.length === 1 && only ? only : summed(tracks);
}

interface Part {
  readonly fromMs: number;
  readonly toMs: number;
  readonly samples: Float64Array;
}

/** One series as it is drawn: no point where it is absent, and one NaN for each gap. */
function trackOf(column: Column, as: LineRequest["as"], { fromMs, toMs, samples }: Part): LinePoints {
  const { times, values } = column;
  const start = before(column, fromMs, as);
  const out = new PointList(Math.max(1, placeOf(times, toMs) - start + 2));
  const gaps = new Gaps(times, values, samples);
  const rate = new Rate(column);
  let last = -1;
  for (let at = start; at < times.length; at++) {
    const value = values[at] as number;
    if (Number.isNaN(value)) continue;
    const atMs = times[at] as number;
    const gapMs = last < 0 ? Number.NaN : gaps.between(times[last] as number, atMs);
    const isGap = !Number.isNaN(gapMs);
    if (as === "rate") rate.put(out, at, isGap);
    else {
      if (isGap) out.push(gapMs, Number.NaN);
      out.push(atMs, value);
    }
    last = at;
    if (atMs > toMs) break;
  }
  return out.points();
}

/** The place to begin at, so that there is a point before a span; for a rate also what that one is a rate since. */
function before({ times, values, leastRateMs = LEAST_RATE_MS }: Column, fromMs: number, as: LineRequest["as"]): number {
  let at = presentBefore(values, placeOf(times, fromMs));
  if (as === "value" || at < 0) return Math.max(0, at);
  const enoughMs = (times[at] as number) - leastRateMs;
  while (at > 0 && (times[at] as number) > enoughMs) at = presentBefore(values, at);
  return Math.max(0, at);
}

/** The place of the last point that is there before a place; -1 where none is. */
function presentBefore(values: Float64Array, place: number): number {
  let at = place - 1;
  while (at >= 0 && Number.isNaN(values[at])) at--;
  return at;
}

/**
 * A counter's growth a second, at each point since the one before it; since an earlier one where that is so near that
 * the source's resolution would show, as at the samples of the command's start and end.
 */
class Rate {
  private readonly column: Column;
  private readonly leastMs: number;
  /** Nothing before this place can be grown from: the counter fell, or there is a gap. */
  private origin = -1;
  private _last = -1;

  constructor(column: Column) {
    this.column = column;
    this.leastMs = column.leastRateMs ?? LEAST_RATE_MS;
  }

  put(out: PointList, at: number, isGap: boolean): void {
    const { times, values } = this.column;
    const last = this._last;
    this._last = at;
    const atMs = times[at] as number;
    if (last < 0) {
      this.origin = at;
      return;
    }
    if (isGap || Number.isNaN(growth(values[last] as number, values[at] as number))) {
      this.origin = at;
      out.push(atMs, Number.NaN);
      return;
    }
    let from = last;
    while (from > this.origin && atMs - (times[from] as number) < this.leastMs) from = presentBefore(values, from);
    const spanMs = atMs - (times[from] as number);
    if (spanMs < this.leastMs) return;
    out.push(atMs, (growth(values[from] as number, values[at] as number) / spanMs) * 1000);
  }
}

/** At each time the sum of those that have a point there; NaN where all that have one there are in a gap. */
function summed(tracks: readonly LinePoints[]): LinePoints {
  const [first] = tracks;
  if (!first) return { times: new Float64Array(0), values: new Float64Array(0) };
  if (tracks.every(({ times }) => isSame(times, first.times))) {
    const values = new Float64Array(first.times.length).fill(Number.NaN);
    for (const track of tracks)
      for (let at = 0; at < values.length; at++) values[at] = plus(values[at], track.values[at]);
    return { times: first.times, values };
  }
  const out = new PointList(first.times.length);
  const places = new Uint32Array(tracks.length);
  for (;;) {
    let atMs = Number.POSITIVE_INFINITY;
    for (const [i, { times }] of tracks.entries()) atMs = Math.min(atMs, times[places[i] as number] ?? atMs);
    if (atMs === Number.POSITIVE_INFINITY) return out.points();
    let sum = Number.NaN;
    for (const [i, { times, values }] of tracks.entries()) {
      const place = places[i] as number;
      if (times[place] !== atMs) continue;
      sum = plus(sum, values[place]);
      places[i] = place + 1;
    }
    out.push(atMs, sum);
  }
}

/** The sum of what is there. */
function plus(a: number | undefined, b: number | undefined): number {
  if (Number.isNaN(a)) return b as number;
  return Number.isNaN(b) ? (a as number) : (a as number) + (b as number);
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
