import {
  type ByteReader,
  type ByteWriter,
  beginRecord,
  endRecord,
  MalformedRecord,
  putWord,
  TYPE,
} from "./journal-format.ts";
import { encodeRowsHead, type RowsHead } from "./journal-records.ts";
import type { Segment } from "./journal-segment.ts";

/*
 * A value is written as its difference from the value before it in its series:
 *
 *   first byte      bytes after it
 *   kkzzzzzz        none: z < 48 is the difference itself, in units of kind k
 *   kk11nnnn        n + 1, a longer difference, the lowest byte first
 *   11lllttt        8 - l - t: the bits that changed in the double, without l zero bytes above and t below them
 *   11111111        none: there is no value (NaN)
 *
 * Kinds 0, 1 and 2 are differences of whole numbers, hundredths and thousandths, in zigzag (0, -1, 1, -2 … as 0, 1, 2,
 * 3 …). They are used only where both values are the double nearest to such a decimal, so that every double is restored
 * bit by bit. The value before the first, and before one that follows an absent value, is 0.
 */

/** The most bytes that `putValue` writes. */
const VALUE_BYTES = 9;

const THOUSANDTHS = 1000;
const SCALES = [1, 100, THOUSANDTHS] as const;
/** Above this, the difference of two may have no exact zigzag in a double. */
const MOST_UNITS = 2 ** 51;
const MOST_INLINE = 48;
const CHANGED_BITS = 0b11 << 6;
const ABSENT = 0xff;

const doubles = new Float64Array(2);
const words = new Uint32Array(doubles.buffer);

/** Whether two values are the same: NaN equals NaN, and 0 differs from -0. */
function isSameValue(a: number, b: number): boolean {
  return a === b ? a !== 0 || 1 / a === 1 / b : Number.isNaN(a) && Number.isNaN(b);
}

/** Writes a value after the one before it. Returns the offset after it. */
function putValue(bytes: Uint8Array, at: number, previous: number, value: number): number {
  if (Number.isNaN(value)) {
    bytes[at] = ABSENT;
    return at + 1;
  }
  const from = Number.isNaN(previous) ? 0 : previous;
  if (isFraction(value)) return putChangedBits(bytes, at, from, value);
  for (let kind = 0; kind < SCALES.length; kind++) {
    const scale = SCALES[kind]!;
    const difference = unitsOf(value, scale) - unitsOf(from, scale);
    if (!Number.isNaN(difference)) return putDifference(bytes, at, kind, difference);
  }
  return putChangedBits(bytes, at, from, value);
}

/**
 * Whether a value is surely of no kind, which costs a sixth of asking for each: what is no number of thousandths is none of
 * hundredths, and no whole number.
 */
function isFraction(value: number): boolean {
  const units = Math.round(value * THOUSANDTHS);
  return units / THOUSANDTHS !== value && Math.abs(units) <= MOST_UNITS;
}

/** A value as a whole number of units; NaN where it is none. A negative zero is none, since it would be restored as 0. */
function unitsOf(value: number, scale: number): number {
  const units = Math.round(value * scale);
  const exact = units / scale === value && Math.abs(units) <= MOST_UNITS && (value !== 0 || 1 / value > 0);
  return exact ? units : Number.NaN;
}

function putDifference(bytes: Uint8Array, start: number, kind: number, difference: number): number {
  const zigzag = difference < 0 ? -2 * difference - 1 : 2 * difference;
  if (zigzag < MOST_INLINE) {
    bytes[start] = (kind << 6) | zigzag;
    return start + 1;
  }
  let at = start + 1;
  for (let rest = zigzag; rest > 0; rest = Math.floor(rest / 256)) bytes[at++] = rest % 256;
  bytes[start] = (kind << 6) | (MOST_INLINE + at - start - 2);
  return at;
}

function putChangedBits(bytes: Uint8Array, start: number, from: number, value: number): number {
  doubles[0] = from;
  doubles[1] = value;
  const low = (words[0]! ^ words[2]!) >>> 0;
  const high = (words[1]! ^ words[3]!) >>> 0;
  const above = high === 0 ? 4 + (Math.clz32(low) >> 3) : Math.clz32(high) >> 3;
  const below = low === 0 ? 4 + (trailingZeros(high) >> 3) : trailingZeros(low) >> 3;
  bytes[start] = CHANGED_BITS | (above << 3) | below;
  let at = start + 1;
  for (let i = below; i < 8 - above; i++) bytes[at++] = i < 4 ? low >>> (8 * i) : high >>> (8 * (i - 4));
  return at;
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Reads consecutive values. After the end of the bytes it reads zeros, and `at` is beyond the end. */
class ValueReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;

  next(previous: number): number {
    const first = this.byte();
    if (first === ABSENT) return Number.NaN;
    const from = Number.isNaN(previous) ? 0 : previous;
    if (first >= CHANGED_BITS) return this.changedBits(first, from);
    const scale = SCALES[first >> 6]!;
    return (Math.round(from * scale) + this.difference(first & 63)) / scale;
  }

  private difference(code: number): number {
    let zigzag = code;
    if (code >= MOST_INLINE) {
      zigzag = 0;
      for (let scale = 1, left = code - MOST_INLINE + 1; left > 0; left--, scale *= 256) zigzag += this.byte() * scale;
    }
    return zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
  }

  private changedBits(first: number, from: number): number {
    let low = 0;
    let high = 0;
    const end = 8 - ((first >> 3) & 7);
    for (let i = first & 7; i < end; i++) {
      if (i < 4) low |= this.byte() << (8 * i);
      else high |= this.byte() << (8 * (i - 4));
    }
    doubles[0] = from;
    words[0]! ^= low;
    words[1]! ^= high;
    return doubles[0];
  }

  private byte(): number {
    return this.bytes[this.at++] ?? 0;
  }
}

/** Writes a `rows` record with the segment's rows from index `first` on; `fresh`: so that it needs no row before them. */
export function encodeRows(
  out: ByteWriter,
  segment: Segment,
  first: number,
  { layout, fresh }: { readonly layout: number; readonly fresh: boolean },
): void {
  const start = out.at;
  const columns = segment.series.length;
  const rows = segment.rows - first;
  beginRecord(out, TYPE.rows);
  const firstMs = segment.times[first]!;
  encodeRowsHead(out, { layout, firstRow: segment.firstRow + first, rows, columns, fresh, firstMs });
  out.reserve(rows * VALUE_BYTES);
  for (let row = first + 1; row < segment.rows; row++)
    out.at = putValue(out.bytes, out.at, segment.times[row - 1]!, segment.times[row]!);
  const freshRow = fresh ? first : -1;
  const changed = findChanged(segment, first, freshRow);
  for (let row = first; row < segment.rows; row++) encodeRow(out, segment, row, changed, row === freshRow);
  endRecord(out, start);
}

/** The columns of the rows that are being encoded which have not one value in all of them. */
let changedColumns = new Int32Array(64);

/**
 * Puts them there, in order, and returns how many they are. Most series stay the same for seconds: rows are then encoded
 * without a look at these. A column is one that is not the same as in the row before, or as 0 in a fresh row.
 */
function findChanged({ values, stride, rows, series }: Segment, first: number, freshRow: number): number {
  const columns = series.length;
  if (columns > changedColumns.length) changedColumns = new Int32Array(2 * columns);
  let changed = 0;
  for (let column = 0, start = 0; column < columns; column++, start += stride) {
    const previous = first === freshRow ? 0 : values[start + first - 1]!;
    for (let cell = start + first, end = start + rows; cell < end; cell++) {
      const value = values[cell]!;
      // Here in place of a call, since this is all that a series costs that stays the same.
      if (value === previous && (value !== 0 || 1 / value === 1 / previous)) continue;
      if (isSameValue(previous, value)) continue;
      changedColumns[changed++] = column;
      break;
    }
  }
  return changed;
}

/** `changed`: how many of `changedColumns` there are. */
function encodeRow(out: ByteWriter, segment: Segment, row: number, changed: number, fresh: boolean): void {
  const { values, stride, series } = segment;
  const bits = out.at;
  let at = bits + bytesOfBits(series.length);
  out.reserve(at - bits + changed * VALUE_BYTES);
  const { bytes } = out;
  bytes.fill(0, bits, at);
  for (let i = 0; i < changed; i++) {
    const column = changedColumns[i]!;
    const cell = column * stride + row;
    const previous = fresh ? 0 : values[cell - 1]!;
    const value = values[cell]!;
    if (isSameValue(previous, value)) continue;
    bytes[bits + (column >> 3)]! |= 1 << (column & 7);
    at = putValue(bytes, at, previous, value);
  }
  out.at = at;
}

/** Writes a `columns` record with all rows of a segment. */
export function encodeColumns(out: ByteWriter, segment: Segment): void {
  const start = out.at;
  const { series, rows, stride, values, times } = segment;
  beginRecord(out, TYPE.columns);
  out.count(segment.firstRow);
  out.count(rows);
  out.double(times[0]!);
  out.double(segment.lastMs);
  out.count(series.length);
  for (const one of series) out.count(one);
  const ends = out.at;
  out.reserve(4 * (series.length + 1));
  out.at += 4 * (series.length + 1);
  const data = out.at;
  encodeColumn(out, times, 0, rows);
  putWord(out.bytes, ends, out.at - data);
  for (let column = 0; column < series.length; column++) {
    encodeColumn(out, values, column * stride, rows);
    putWord(out.bytes, ends + 4 * (column + 1), out.at - data);
  }
  endRecord(out, start);
}

function encodeColumn(out: ByteWriter, values: Float64Array, from: number, rows: number): void {
  const bits = out.at;
  let at = bits + bytesOfBits(rows);
  out.reserve(at - bits + rows * VALUE_BYTES);
  const { bytes } = out;
  bytes.fill(0, bits, at);
  let previous = 0;
  for (let row = 0; row < rows; row++) {
    const value = values[from + row]!;
    if (!isSameValue(previous, value)) {
      bytes[bits + (row >> 3)]! |= 1 << (row & 7);
      at = putValue(bytes, at, previous, value);
    }
    previous = value;
  }
  out.at = at;
}

const codes = new ValueReader();

/** Reads the rows of a `rows` record, after its head, into a segment that ends where they begin. Throws MalformedRecord. */
export function decodeRows(payload: Uint8Array, reader: ByteReader, head: RowsHead, segment: Segment): void {
  const { rows, columns, fresh } = head;
  const first = segment.rows;
  const least = rows - 1 + rows * bytesOfBits(columns);
  if (columns !== segment.series.length || reader.at + least > payload.length)
    throw new MalformedRecord("rows that do not fit their layout or their record");
  codes.bytes = payload;
  codes.at = reader.at;
  let atMs = head.firstMs;
  for (let row = 0; row < rows; row++) {
    if (row > 0) atMs = codes.next(atMs);
    segment.addRow(atMs);
  }
  for (let row = first; row < segment.rows; row++) decodeRow(segment, row, fresh && row === first);
  if (codes.at !== payload.length) throw new MalformedRecord("rows that end elsewhere than their record");
}

function decodeRow({ values, stride, series }: Segment, row: number, fresh: boolean): void {
  const bits = codes.at;
  codes.at += bytesOfBits(series.length);
  for (let column = 0, cell = row; column < series.length; column++, cell += stride) {
    const previous = fresh ? 0 : values[cell - 1]!;
    const changed = codes.bytes[bits + (column >> 3)]! & (1 << (column & 7));
    values[cell] = changed ? codes.next(previous) : previous;
  }
}

/**
 * Reads one column, or the times, of a `columns` record into the start of an array: the first `length` of the bytes.
 * Throws MalformedRecord.
 */
export function decodeColumn(bytes: Uint8Array, length: number, rows: number, into: Float64Array): void {
  codes.bytes = bytes;
  codes.at = bytesOfBits(rows);
  let previous = 0;
  for (let row = 0; row < rows; row++) {
    if (bytes[row >> 3]! & (1 << (row & 7))) previous = codes.next(previous);
    into[row] = previous;
  }
  if (codes.at !== length) throw new MalformedRecord("a column that ends elsewhere than it should");
}

function bytesOfBits(bits: number): number {
  return (bits + 7) >> 3;
}
