import type uPlot from "uplot";
import type { LinePoints } from "../data/model.ts";
import type { PlannedLine } from "./plan.ts";

/** A line's times and values as a chart takes them. */
type Drawn = [times: number[], values: (number | null)[]];

/** The points of a chart's lines, times in seconds from the start. */
export interface ChartPoints {
  /** Of each line by itself: what is told of it. */
  readonly own: readonly LinePoints[];
  /** What is drawn of each line: of layers, the sum up to it. */
  readonly drawn: readonly LinePoints[];
  /** Of each line when its run began and its command: one of them is a counter's first sample. */
  readonly beginnings: readonly (readonly number[])[];
}

export const NO_POINTS: LinePoints = { times: new Float64Array(0), values: new Float64Array(0) };

/** Times that are milliseconds since the epoch as seconds from the start. */
export function fromOrigin({ times, values }: LinePoints, originMs: number): LinePoints {
  return { times: times.map((atMs) => (atMs - originMs) / 1000), values };
}

/** Rates are drawn as steps: each is the mean since the point before it, so that the area is what was used. */
export function isStepped(line: PlannedLine): boolean {
  return line.request.as === "rate";
}

/** In which order lines are drawn: the highest layer first, each lower one over it, plain lines over all. */
export function drawOrder(lines: readonly PlannedLine[]): number[] {
  const places = lines.map((_, at) => at);
  return [...places.filter((at) => lines[at]?.layer).reverse(), ...places.filter((at) => !lines[at]?.layer)];
}

/** The lines as a chart takes them: one row of times for all, `null` for a gap, and nothing where a line has no point. */
export function aligned(lines: readonly PlannedLine[], points: ChartPoints): uPlot.AlignedData {
  const tables = drawOrder(lines).map((at) => {
    const { times, values } = points.drawn[at] ?? NO_POINTS;
    const drawn: Drawn = [Array.from(times), gapped(values)];
    if (isStepped(lines[at] as PlannedLine)) reachBack(drawn, points.beginnings[at] ?? []);
    return drawn;
  });
  return joined(tables);
}

/** Lines with times of their own as rows over all times; `undefined` is what a chart draws past. */
function joined(lines: readonly Drawn[]): uPlot.AlignedData {
  const [first] = lines;
  const isShared = lines.every(
    ([times]) => times.length === first?.[0].length && times.every((x, at) => x === first[0][at]),
  );
  if (first && isShared) return [first[0], ...lines.map(([, values]) => values)];
  const all = Float64Array.from(lines.flatMap(([times]) => times)).sort();
  const times = all.filter((x, at) => at === 0 || x !== all[at - 1]);
  const rows = lines.map(([own, values]) => {
    let next = 0;
    return Array.from(times, (x) => {
      while ((own[next] as number) < x) next++;
      return own[next] === x ? values[next++] : undefined;
    });
  });
  return [times, ...rows] as uPlot.AlignedData;
}

function gapped(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

/** How much longer than the second step the first one may be, to be taken for one. */
const FIRST_STEP = 1.5;

/**
 * A step reaches back to the point before it. A rate has none at its counter's first sample, and an absent one behind a
 * gap: steps begin there all the same.
 */
function reachBack([times, values]: Drawn, beginnings: readonly number[]): void {
  for (let at = 0; at + 1 < values.length; at++) if (values[at] === null) values[at] = values[at + 1] as number | null;
  const [first, second] = times;
  if (first === undefined || values[0] === null || values[0] === undefined) return;
  const begin = Math.max(...beginnings.filter((x) => x < first));
  if (second !== undefined && first - begin > FIRST_STEP * (second - first)) return;
  if (!Number.isFinite(begin)) return;
  times.unshift(begin);
  values.unshift(values[0]);
}

/**
 * What a line says at a time: of a rate the step that is drawn there, else the nearest point; NaN: outside, or a gap.
 */
export function valueAt({ times, values }: LinePoints, x: number, asStep: boolean): number {
  const length = times.length;
  if (length === 0 || x < (times[0] as number) || x > (times[length - 1] as number)) return Number.NaN;
  let [low, high] = [0, length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  const isNearer = before >= 0 && x - (times[before] as number) < (times[low] as number) - x;
  return values[!asStep && isNearer ? before : low] as number;
}

/** The highest value of a line within a range; NaN: it has none there. */
export function highestIn({ times, values }: LinePoints, from: number, to: number): number {
  let highest = Number.NaN;
  for (let at = 0; at < times.length; at++) {
    const [x, value] = [times[at] as number, values[at] as number];
    if (x >= from && x <= to && !(value <= highest) && !Number.isNaN(value)) highest = value;
  }
  return highest;
}
