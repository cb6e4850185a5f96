import type uPlot from "uplot";
import { indexOfTime } from "../../src/recording/span.ts";
import { hasSameTimes } from "../data/line-points.ts";
import type { LinePoints } from "../data/model.ts";
import type { PlannedLine } from "./chart-plan.ts";

/** A line's times and values as the chart library draws them; null is a gap. */
interface DrawnLine {
  readonly times: Float64Array;
  readonly values: (number | null)[];
}

/** The points of a chart, by the index of its lines; times in seconds from the start. */
export interface ChartPoints {
  /** The points of each line: the values in the legend. */
  readonly own: readonly LinePoints[];
  /** What is drawn of each line: for a layer, the sum of the layers up to it. */
  readonly drawn: readonly LinePoints[];
  /** When the line's run and its command started. One of them is the first sample of a counter. */
  readonly starts: readonly (readonly number[])[];
}

export const NO_POINTS: LinePoints = { times: new Float64Array(0), values: new Float64Array(0) };

/** Turns times in milliseconds since the epoch into seconds from the start. */
export function fromOrigin({ times, values }: LinePoints, originMs: number): LinePoints {
  return { times: times.map((atMs) => (atMs - originMs) / 1000), values };
}

/** Rates are drawn as steps: each is the mean since the point before, so that the area below is the total. */
export function isStepped(line: PlannedLine): boolean {
  return line.request.as === "rate";
}

/** Returns the indexes of the lines in drawing order: the layers from the highest to the lowest, then plain lines. */
export function drawOrder(lines: readonly PlannedLine[]): number[] {
  const indexes = lines.map((_, at) => at);
  return [...indexes.filter((at) => lines[at]?.layer).reverse(), ...indexes.filter((at) => !lines[at]?.layer)];
}

/** Returns the data for the chart library: one row of times for all lines, null for a gap, undefined for no point. */
export function alignedData(lines: readonly PlannedLine[], points: ChartPoints): uPlot.AlignedData {
  const drawn = drawOrder(lines).map((at) => {
    const own = points.drawn[at] ?? NO_POINTS;
    const line = { times: own.times, values: withNulls(own.values) };
    return isStepped(lines[at]!) ? withFirstSteps(line, points.starts[at] ?? []) : line;
  });
  const times = allTimes(drawn);
  return [times, ...drawn.map((line) => atTimes(line, times))] as uPlot.AlignedData;
}

/** Returns the times of all lines in order, each once. */
function allTimes(lines: readonly DrawnLine[]): Float64Array {
  const [first] = lines;
  if (first && lines.every(({ times }) => hasSameTimes(times, first.times))) return first.times;
  const all = new Float64Array(lines.reduce((sum, { times }) => sum + times.length, 0));
  let length = 0;
  for (const { times } of lines) {
    all.set(times, length);
    length += times.length;
  }
  all.sort();
  length = 0;
  for (const x of all) if (length === 0 || x !== all[length - 1]) all[length++] = x;
  return all.subarray(0, length);
}

/** Returns the values of a line at all times; undefined where it has no point: the library then draws on to the next. */
function atTimes({ times: own, values }: DrawnLine, times: Float64Array): (number | null | undefined)[] {
  if (own === times) return values;
  const all: (number | null | undefined)[] = [];
  let next = 0;
  for (let at = 0; at < times.length; at++) all.push(own[next] === times[at] ? values[next++] : undefined);
  return all;
}

function withNulls(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

/** The first step may be at most this many times as long as the second one. */
const FIRST_STEP = 1.5;

/**
 * Adds the points at which steps begin. A step begins at the point before it, and a rate has no value at a counter's first
 * sample and after a gap.
 */
function withFirstSteps({ times, values }: DrawnLine, starts: readonly number[]): DrawnLine {
  for (let at = 0; at + 1 < values.length; at++) if (values[at] === null) values[at] = values[at + 1]!;
  const [first, second] = times;
  const [value] = values;
  const start = Math.max(...starts.filter((x) => x < first!));
  const isLong = first! - start > FIRST_STEP * (second! - first!);
  if (value == null || !Number.isFinite(start) || isLong) return { times, values };
  return { times: Float64Array.of(start, ...times), values: [value, ...values] };
}

/** Returns a line's value at a time: of the step there, or of the nearest point; NaN: in a gap or outside of the line. */
export function valueAt({ times, values }: LinePoints, x: number, asStep: boolean): number {
  const { length } = times;
  if (length === 0 || x < times[0]! || x > times[length - 1]!) return Number.NaN;
  const at = indexOfTime(times, x);
  const before = at - 1;
  const isNearer = before >= 0 && x - times[before]! < times[at]! - x;
  return values[!asStep && isNearer ? before : at]!;
}

/** Returns a line's highest value in a range; NaN: it has none there. */
export function highestIn({ times, values }: LinePoints, from: number, to: number): number {
  let highest = Number.NaN;
  for (let at = 0; at < times.length; at++) {
    const [x, value] = [times[at]!, values[at]!];
    if (x >= from && x <= to && !(value <= highest) && !Number.isNaN(value)) highest = value;
  }
  return highest;
}
