import type { LinePoints, PointsRequest } from "./model.ts";
import { PointList } from "./points.ts";

/** What is drawn of one part of the time at most, gaps aside; so few are kept as they are. */
const MOST_POINTS = 4;

/**
 * The same line for so many pixels: of each part of the time its first, lowest, highest and last point, never a mean;
 * and where points before, between or behind these are absent, a NaN. What lies outside of the span is kept as it is.
 */
export function thinned(line: LinePoints, { fromMs, toMs, pixels }: Omit<PointsRequest, "lines">): LinePoints {
  const { times } = line;
  const out = new PointList(Math.min(times.length, MOST_POINTS * pixels + 2));
  const widthMs = (toMs - fromMs) / pixels;
  const partOf = (atMs: number) => {
    if (atMs < fromMs) return -1;
    return atMs > toMs ? pixels : Math.min(pixels - 1, Math.floor((atMs - fromMs) / widthMs) || 0);
  };
  for (let start = 0; start < times.length; ) {
    const part = partOf(times[start] as number);
    let end = start + 1;
    while (end < times.length && partOf(times[end] as number) === part) end++;
    const isOutside = part < 0 || part === pixels;
    for (const at of isOutside || end - start <= MOST_POINTS ? range(start, end) : chosen(line, start, end))
      out.push(times[at] as number, line.values[at] as number);
    start = end;
  }
  return out.points();
}

/** The places of what is kept of a part, in order. */
function chosen({ values }: LinePoints, start: number, end: number): Iterable<number> {
  let first = -1;
  let lowest = -1;
  let highest = -1;
  let last = -1;
  /** Places of absent points: the latest seen, and the first one that has points on both sides. */
  let absent = -1;
  let inner = -1;
  for (let at = start; at < end; at++) {
    const value = values[at] as number;
    if (Number.isNaN(value)) {
      absent = at;
      continue;
    }
    if (first < 0) first = lowest = highest = at;
    else if (inner < 0 && absent > last) inner = absent;
    if (value < (values[lowest] as number)) lowest = at;
    if (value > (values[highest] as number)) highest = at;
    last = at;
  }
  if (first < 0) return [start];
  const before = first > start ? [start] : [];
  const behind = absent > last ? [absent] : [];
  const places = [...before, first, lowest, highest, last, ...(inner < 0 ? [] : [inner]), ...behind];
  return new Set(places.sort((a, b) => a - b));
}

function* range(start: number, end: number): Iterable<number> {
  for (let at = start; at < end; at++) yield at;
}
