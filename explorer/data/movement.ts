import { indexOfTime } from "../../src/recording/span.ts";
import type { Column } from "./lines.ts";
import type { SeriesInfo } from "./model.ts";

/** A counter's rates are compared over this many parts of its time. */
const PARTS = 24;

/** Returns how much a series moved, 0 to 1: the lowest of its values, or of its rates, is this share below the highest. */
export function movedBy(column: Column, type: SeriesInfo["type"]): number {
  const { low, high } = type === "counter" ? rangeOfRates(column) : rangeOf(column.values);
  const share = high > 0 ? (high - low) / high : 0;
  // A thousandth is enough to sort by, and short in a report.
  return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
}

interface ValueRange {
  readonly low: number;
  readonly high: number;
}

function rangeOf(values: ArrayLike<number>): ValueRange {
  let [low, high] = [Number.NaN, Number.NaN];
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (!(value >= low)) low = Number.isNaN(value) ? low : value;
    if (!(value <= high)) high = Number.isNaN(value) ? high : value;
  }
  return { low, high };
}

/** Returns the lowest and the highest growth of a counter in equal parts of its time; NaN where it fell. */
function rangeOfRates({ times, values }: Column): ValueRange {
  const [from = 0, to = 0] = [times[0], times.at(-1)];
  const parts = Math.min(PARTS, times.length - 1);
  const rates: number[] = [];
  let last = 0;
  for (let part = 1; part <= parts; part++) {
    const edge = from + ((to - from) * part) / parts;
    const at = Math.min(times.length - 1, indexOfTime(times, edge));
    const seconds = (times[at]! - times[last]!) / 1000;
    const grown = values[at]! - values[last]!;
    if (seconds > 0 && grown >= 0) rates.push(grown / seconds);
    if (!Number.isNaN(values[at])) last = at;
  }
  return rangeOf(rates);
}
