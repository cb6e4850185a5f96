import { indexOfTime } from "../../src/recording/span.ts";
import { hasSameTimes } from "./line-points.ts";
import type { DrawnSpan, LinePoints } from "./model.ts";

/** More points of rates are not kept: these take 128 MiB. */
const MOST_POINTS = 2 ** 24;

/**
 * The rates of a run's counters over its whole time, each worked out once: a page asks for the same ones again with every
 * zoom, and a rate costs many times what it costs to look at it.
 */
export class RateCache {
  private readonly lines = new Map<number, LinePoints>();
  private points = 0;

  /** Returns the line of a series, by its place in the run, with the nearest points around a span; undefined: there is no room. */
  within(index: number, times: Float64Array, span: DrawnSpan, make: () => LinePoints): LinePoints | undefined {
    let line = this.lines.get(index);
    if (!line) {
      if (this.points + times.length > MOST_POINTS) return undefined;
      line = withSharedTimes(make(), times);
      this.points += line.values.length;
      this.lines.set(index, line);
    }
    return part(line, span);
  }
}

/** Most counters have a rate at each of their points but the first: then the line needs no times of its own. */
function withSharedTimes(line: LinePoints, times: Float64Array): LinePoints {
  const last = times.subarray(times.length - line.times.length);
  if (!hasSameTimes(line.times, last)) return { times: line.times.slice(), values: line.values.slice() };
  return { times: last, values: line.values.slice() };
}

/** A line's points within a span, and on either side those up to the nearest one that is not absent. */
export function part({ times, values }: LinePoints, { fromMs, toMs }: Pick<DrawnSpan, "fromMs" | "toMs">): LinePoints {
  let start = indexOfTime(times, fromMs) - 1;
  while (start > 0 && Number.isNaN(values[start])) start--;
  let end = indexOfTime(times, toMs);
  while (end < times.length && (times[end]! <= toMs || Number.isNaN(values[end]))) end++;
  return { times: times.subarray(Math.max(0, start), end + 1), values: values.subarray(Math.max(0, start), end + 1) };
}
