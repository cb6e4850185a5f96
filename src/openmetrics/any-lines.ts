import type { MetricType } from "../catalog/index.ts";
import { isOurs } from "./kinds.ts";
import { quoteText, readLabels, readNumber, readStampMs, skipName } from "./scan.ts";

const SPACE = 0x20;
const POINT = 0x2e;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Whole time stamps from here on are milliseconds, as Prometheus' own text has them: as seconds, they are the year 5138. */
const LEAST_MILLISECONDS = 1e11;

/** What dates can tell. */
const MOST_MS = 8.64e15;

/** What was expected in a line where something else is. */
export interface Unexpected {
  readonly expected: string;
}

export interface NamedLabels {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Where the value begins. */
  readonly end: number;
}

/** What a sample's line begins with, up to its value: labels may hold a brace, the rest of a line cannot. */
export function headBytes(line: Uint8Array): Uint8Array {
  const brace = line.lastIndexOf(CLOSING_BRACE);
  return line.subarray(0, brace < 0 ? line.indexOf(SPACE) + 1 : brace + 2);
}

/** Name and labels of a sample's line. */
export function readHead(line: Uint8Array): NamedLabels | Unexpected {
  const nameEnd = skipName(line, 0);
  if (nameEnd === 0) return { expected: "a metric's name" };
  const name = quoteText(line.subarray(0, nameEnd));
  if (!isOurs(name)) return { expected: "a metric of statexec, whose name begins with statexec_" };
  const scan = line[nameEnd] === OPENING_BRACE ? readLabels(line, nameEnd + 1) : { labels: new Map(), end: nameEnd };
  if ("expected" in scan) return scan;
  if (line[scan.end] !== SPACE) return { expected: "a space behind the labels" };
  return { name, labels: scan.labels, end: scan.end + 1 };
}

/** Lowest and highest value of a type; NaN, which is no value, is for gauges only. */
export function boundsOf(type: MetricType): readonly [least: number, most: number] {
  if (type === "info") return [1, 1];
  return [type === "counter" ? 0 : Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/**
 * Value and time behind a head. A time with a point is in seconds; a whole one is in milliseconds where all of the file
 * are (`inMs`), or where it is too large for seconds.
 */
export function readSample(line: Uint8Array, from: number, type: MetricType, inMs: boolean): Sample | Unexpected {
  const valueEnd = line.indexOf(SPACE, from);
  if (valueEnd < 0) return { expected: "a value and a time stamp" };
  const value = readNumber(line, from, valueEnd);
  if (value === undefined) return { expected: "a number as value" };
  if (type === "counter" && !(value >= 0)) return { expected: "a number of 0 or more as value of a counter" };
  if (type === "info" && value !== 1) return { expected: "1 as value of an info" };
  const ms = readStampMs(line, valueEnd + 1, line.length);
  if (ms === undefined || Math.abs(ms) > MOST_MS)
    return { expected: "a time stamp, in seconds or milliseconds since the epoch" };
  const isMs = line.indexOf(POINT, valueEnd) < 0 && (inMs || Math.abs(ms / 1000) >= LEAST_MILLISECONDS);
  return { atMs: isMs ? ms / 1000 : ms, value };
}
