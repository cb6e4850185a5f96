import type { MetricType } from "../catalog/index.ts";
import { type LabelScan, quoteText, readLabels, skipMetricName } from "./label-text.ts";
import { isOurs } from "./metric-names.ts";
import type { AnyOrderPoints } from "./point-store.ts";
import { lastNumber, plainDecimal, plainStamp, readNumber, readStampMs } from "./read-number.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const POINT = 0x2e;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The byte order of typed arrays is the machine's. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Whole lines, with a line feed as last byte, and a view of the same bytes to read several at once. */
export interface LineBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** ASCII text without NUL and DEL: its bytes, eight at a time, are doubles that equal no others, and none is NaN or a zero. */
const LEAST_ASCII = 0x01;
const MOST_ASCII = 0x7e;

/**
 * The bytes that each line of a series begins with, compared eight at a time as doubles where they are ASCII: one by one
 * would take most of the time.
 */
export class Head {
  readonly length: number;
  private readonly copy: Uint8Array;
  private readonly doubles: Float64Array;

  /** The bytes are copied. */
  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.copy = bytes.slice();
    const isAscii = this.copy.every((byte) => byte >= LEAST_ASCII && byte <= MOST_ASCII);
    this.doubles = new Float64Array(this.copy.buffer, 0, isAscii ? bytes.length >> 3 : 0);
  }

  /** Whether the text has these bytes at an offset. */
  isAt(view: DataView, at: number): boolean {
    const doubles = this.doubles;
    const bytes = this.copy;
    if (at + bytes.length > view.byteLength) return false;
    for (let i = 0, place = at; i < doubles.length; i++, place += 8)
      if (view.getFloat64(place, LITTLE_ENDIAN) !== doubles[i]) return false;
    for (let i = doubles.length * 8; i < bytes.length; i++) if (view.getUint8(at + i) !== bytes[i]) return false;
    return true;
  }
}

/** A series while its lines are read. */
export interface LineSeries {
  /** The start of each of its lines, up to the value. */
  readonly head: Head;
  readonly points: AnyOrderPoints;
  /** Values are divided by it. */
  readonly divisor: number;
  /** The lowest and the highest valid value. */
  readonly least: number;
  readonly most: number;
}

/**
 * Reads lines of one series as long as they are plain: the same head, a decimal with few digits, a time in seconds with
 * three decimals. Nearly all lines are. `readSample` reads the others.
 * @param cursor the offset of the first line; it is moved to the first line that was not read
 * @returns the number of lines read
 */
export function readPlainLines({ bytes, view }: LineBytes, series: LineSeries, cursor: { at: number }): number {
  const { head, points, divisor, least, most } = series;
  const { times, values, length, end } = points.sharedRun();
  let place = length;
  let limit = end;
  let at = cursor.at;
  let lines = 0;
  while (head.isAt(view, at)) {
    const value = plainDecimal(bytes, at + head.length);
    const valueEnd = lastNumber.end;
    if (valueEnd < 0 || bytes[valueEnd] !== SPACE || !(value >= least && value <= most)) break;
    const atMs = plainStamp(bytes, valueEnd + 1);
    if (lastNumber.end < 0) break;
    const scaled = divisor === 1 ? value : value / divisor;
    if (place < limit && times[place] === atMs) {
      values[place] = scaled;
      place++;
    } else {
      // Here the shared times end for this series, or differ.
      if (place > length && limit > 0) points.extend(place);
      limit = 0;
      points.add(atMs, scaled);
    }
    lines++;
    at = lastNumber.end + 1;
  }
  if (place > length && limit > 0) points.extend(place);
  cursor.at = at;
  return lines;
}

/** Whole time stamps from here on are milliseconds, as in Prometheus' text format: in seconds they would be the year 5138. */
const LEAST_MILLISECONDS = 1e11;

const encoder = new TextEncoder();
const START_MARK = encoder.encode(" st@");
const EXEMPLAR_MARK = encoder.encode(" # {");

/** The latest time of a JavaScript date. */
const MOST_MS = 8.64e15;

/** The content that the grammar expects where a line has something else. */
export interface Unexpected {
  readonly expected: string;
}

export interface NamedLabels {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** The offset of the value. */
  readonly end: number;
}

/** The start of a sample's line, up to its value. Label values may contain a brace; value and time stamp cannot. */
export function headBytes(line: Uint8Array): Uint8Array {
  const brace = line.lastIndexOf(CLOSING_BRACE);
  return line.subarray(0, brace < 0 ? line.indexOf(SPACE) + 1 : brace + 2);
}

/** Reads name and labels of a sample's line. OpenMetrics 2.0 lets the name be quoted, as the first thing in the braces. */
export function readHead(line: Uint8Array): NamedLabels | Unexpected {
  const isQuoted = line[0] === OPENING_BRACE && line[1] === QUOTE;
  const nameStart = isQuoted ? 2 : 0;
  const nameEnd = skipMetricName(line, nameStart);
  if (nameEnd === nameStart || (isQuoted && line[nameEnd] !== QUOTE)) return { expected: "a metric's name" };
  const name = quoteText(line.subarray(nameStart, nameEnd));
  if (!isOurs(name)) return { expected: "a metric of statexec, whose name begins with statexec_" };
  const scan = isQuoted ? labelsAfterName(line, nameEnd + 1) : labelsInBraces(line, nameEnd);
  if ("expected" in scan) return scan;
  if (line[scan.end] !== SPACE) return { expected: "a space behind the labels" };
  return { name, labels: scan.labels, end: scan.end + 1 };
}

function labelsInBraces(line: Uint8Array, nameEnd: number): LabelScan {
  return line[nameEnd] === OPENING_BRACE ? readLabels(line, nameEnd + 1) : { labels: new Map(), end: nameEnd };
}

function labelsAfterName(line: Uint8Array, nameEnd: number): LabelScan {
  if (line[nameEnd] === COMMA && line[nameEnd + 1] !== CLOSING_BRACE) return readLabels(line, nameEnd + 1);
  if (line[nameEnd] === CLOSING_BRACE) return { labels: new Map(), end: nameEnd + 1 };
  return { expected: "`,` or `}` behind a metric's name" };
}

/** The lowest and the highest valid value of a type. NaN is valid for gauges only. */
export function boundsOf(type: MetricType): readonly [least: number, most: number] {
  if (type === "info") return [1, 1];
  return [type === "counter" ? 0 : Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

export interface Sample {
  readonly atMs: number;
  readonly value: number;
  /** Whether the line ends in exemplars or in the start of a counter, which recordings have no place for. */
  readonly hasExemplar: boolean;
  readonly hasStart: boolean;
}

/**
 * Reads value and time after the head of a line. A time with a point is in seconds. A whole one is in milliseconds where
 * all times of the file are (`inMs`), or where it is too large for seconds.
 */
export function readSample(line: Uint8Array, from: number, type: MetricType, inMs: boolean): Sample | Unexpected {
  const valueEnd = line.indexOf(SPACE, from);
  if (valueEnd < 0) return { expected: "a value and a time stamp" };
  const value = readNumber(line, from, valueEnd);
  if (value === undefined) return { expected: "a number as value" };
  if (type === "counter" && !(value >= 0)) return { expected: "a number of 0 or more as value of a counter" };
  if (type === "info" && value !== 1) return { expected: "1 as value of an info" };
  const stampEnd = wordEnd(line, valueEnd + 1);
  const ms = readStampMs(line, valueEnd + 1, stampEnd);
  if (ms === undefined || Math.abs(ms) > MOST_MS)
    return { expected: "a time stamp, in seconds or milliseconds since the epoch" };
  const pointAt = line.indexOf(POINT, valueEnd);
  const isWhole = pointAt < 0 || pointAt > stampEnd;
  const isMs = isWhole && (inMs || Math.abs(ms / 1000) >= LEAST_MILLISECONDS);
  const atMs = isMs ? ms / 1000 : ms;
  if (stampEnd === line.length) return { atMs, value, hasExemplar: false, hasStart: false };
  const rest = readRest(line, stampEnd);
  return "expected" in rest ? rest : { ...rest, atMs, value };
}

/** Reads what may follow a time stamp: `st@` with a time, and exemplars. */
function readRest(line: Uint8Array, stampEnd: number): Pick<Sample, "hasExemplar" | "hasStart"> | Unexpected {
  let at = stampEnd;
  const hasStart = START_MARK.every((byte, i) => line[at + i] === byte);
  if (hasStart) {
    const startEnd = wordEnd(line, at + START_MARK.length);
    if (readStampMs(line, at + START_MARK.length, startEnd) === undefined)
      return { expected: "a time behind st@, in seconds" };
    at = startEnd;
  }
  const hasExemplar = at < line.length;
  while (at < line.length) {
    const end = skipExemplar(line, at);
    if (end === undefined) return { expected: "a time stamp, then at most st@ and exemplars" };
    at = end;
  }
  return { hasExemplar, hasStart };
}

/** The offset after ` # {trace="x"} 1 1.000`, an exemplar with its time or without; undefined where it is none. */
function skipExemplar(line: Uint8Array, from: number): number | undefined {
  if (!EXEMPLAR_MARK.every((byte, i) => line[from + i] === byte)) return undefined;
  const scan = readLabels(line, from + EXEMPLAR_MARK.length, true);
  if ("expected" in scan || line[scan.end] !== SPACE) return undefined;
  const valueEnd = wordEnd(line, scan.end + 1);
  if (readNumber(line, scan.end + 1, valueEnd) === undefined) return undefined;
  if (valueEnd === line.length || line[valueEnd + 1] === HASH) return valueEnd;
  const stampEnd = wordEnd(line, valueEnd + 1);
  return readStampMs(line, valueEnd + 1, stampEnd) === undefined ? undefined : stampEnd;
}

/** The offset of the next space, or of the line's end. */
function wordEnd(line: Uint8Array, from: number): number {
  const space = line.indexOf(SPACE, from);
  return space < 0 ? line.length : space;
}
