import { plainDecimal } from "./decimal.ts";
import type { AnyPoints } from "./points-anywhere.ts";
import { scanned } from "./scanned.ts";

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const POINT = 0x2e;
const ZERO = 0x30;

/** As typed arrays have it: that of the machine. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Whole lines, the last byte a line feed; and the same bytes for reading several at once. */
export interface Text {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Bytes, compared four at a time: one by one that would take longer than all else. */
export class Head {
  readonly length: number;
  private readonly _bytes: Uint8Array;
  private readonly words: Int32Array;

  /** The bytes are copied. */
  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this._bytes = bytes.slice();
    this.words = new Int32Array(this._bytes.buffer, 0, bytes.length >> 2);
  }

  /** Whether the text has these bytes at a place. */
  isAt(view: DataView, at: number): boolean {
    const words = this.words;
    const bytes = this._bytes;
    if (at + bytes.length > view.byteLength) return false;
    for (let i = 0, place = at; i < words.length; i++, place += 4)
      if (view.getInt32(place, LITTLE_ENDIAN) !== words[i]) return false;
    for (let i = words.length * 4; i < bytes.length; i++) if (view.getUint8(at + i) !== bytes[i]) return false;
    return true;
  }
}

/** What lines of one series are read with. */
export interface LineSeries {
  /** What each of its lines begins with, the space before the value included. */
  readonly head: Head;
  readonly points: AnyPoints;
  /** What a value is divided by. */
  readonly divisor: number;
  /** Lowest value that is one; an info has 1 only. */
  readonly least: number;
  readonly most: number;
}

/**
 * Reads lines of one series as long as they are plain: its very head, a decimal of few digits, a time in seconds with
 * three decimals. Nearly all lines are; the first one that is not is left to others.
 * @param end where to begin, and afterwards where the next line does
 * @returns how many lines were read
 */
export function readPlainLines({ bytes, view }: Text, series: LineSeries, end: { at: number }): number {
  const { head, points, divisor, least, most } = series;
  let at = end.at;
  let lines = 0;
  while (head.isAt(view, at)) {
    const value = plainDecimal(bytes, at + head.length);
    const { behind } = scanned;
    if (behind < 0 || bytes[behind] !== SPACE || !(value >= least && value <= most)) break;
    const atMs = plainStamp(bytes, behind + 1);
    if (scanned.behind < 0) break;
    points.add(atMs, divisor === 1 ? value : value / divisor);
    lines++;
    at = scanned.behind + 1;
  }
  end.at = at;
  return lines;
}

/** Whole milliseconds of `1700000000.123` and a line feed, which `scanned` then is at. */
function plainStamp(bytes: Uint8Array, from: number): number {
  let at = from;
  let seconds = 0;
  let digit = (bytes[at] as number) - ZERO;
  while (digit >= 0 && digit <= 9) {
    seconds = seconds * 10 + digit;
    digit = (bytes[++at] as number) - ZERO;
  }
  scanned.behind = -1;
  // More digits than that are no date.
  if (at === from || at - from > 11 || bytes[at] !== POINT || bytes[at + 4] !== LINE_FEED) return Number.NaN;
  const a = (bytes[at + 1] as number) - ZERO;
  const b = (bytes[at + 2] as number) - ZERO;
  const c = (bytes[at + 3] as number) - ZERO;
  if (a < 0 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) return Number.NaN;
  scanned.behind = at + 4;
  return seconds * 1000 + a * 100 + b * 10 + c;
}
