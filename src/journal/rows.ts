import { type ByteReader, type ByteWriter, MalformedRecord, putWord } from "./bytes.ts";
import { beginRecord, endRecord, putRowsHead, type RowsHead, TYPE } from "./format.ts";
import type { Segment } from "./segment.ts";
import { isSame, putValue, VALUE_BYTES, ValueReader } from "./values.ts";

/** How often a row of a segment follows on nothing: damage costs no more rows than that. */
const FRESH_EVERY = 64;

/** Whether the rows from `first` to the segment's last are to follow on nothing: one of them is a multiple of so many. */
export function beginsAfresh({ rows }: Segment, first: number): boolean {
  return first === 0 || Math.floor((first - 1) / FRESH_EVERY) < Math.floor((rows - 1) / FRESH_EVERY);
}

/** Writes the rows from `first` on, by their place in the segment, as one record. */
export function putRows(out: ByteWriter, segment: Segment, first: number, layout: number): void {
  const start = out.at;
  const columns = segment.series.length;
  const rows = segment.rows - first;
  const fresh = beginsAfresh(segment, first);
  beginRecord(out, TYPE.rows);
  const firstMs = segment.times[first] as number;
  putRowsHead(out, { layout, firstRow: segment.firstRow + first, rows, columns, fresh, firstMs });
  out.reserve(rows * VALUE_BYTES);
  for (let row = first + 1; row < segment.rows; row++)
    out.at = putValue(out.bytes, out.at, segment.times[row - 1] as number, segment.times[row] as number);
  for (let row = first; row < segment.rows; row++) putRow(out, segment, row, fresh && row === first);
  endRecord(out, start);
}

function putRow(out: ByteWriter, segment: Segment, row: number, fresh: boolean): void {
  const { values, stride } = segment;
  const columns = segment.series.length;
  const bits = out.at;
  let at = bits + bytesOfBits(columns);
  out.reserve(at - bits + columns * VALUE_BYTES);
  const { bytes } = out;
  bytes.fill(0, bits, at);
  for (let column = 0, cell = row; column < columns; column++, cell += stride) {
    const previous = fresh ? 0 : (values[cell - 1] as number);
    const value = values[cell] as number;
    if (isSame(previous, value)) continue;
    bytes[bits + (column >> 3)]! |= 1 << (column & 7);
    at = putValue(bytes, at, previous, value);
  }
  out.at = at;
}

/** Writes all rows of a segment column by column, as one record. */
export function putColumns(out: ByteWriter, segment: Segment): void {
  const start = out.at;
  const { series, rows, stride, values, times } = segment;
  beginRecord(out, TYPE.columns);
  out.count(segment.firstRow);
  out.count(rows);
  out.double(times[0] as number);
  out.double(segment.lastMs);
  out.count(series.length);
  for (const one of series) out.count(one);
  const ends = out.at;
  out.reserve(4 * (series.length + 1));
  out.at += 4 * (series.length + 1);
  const data = out.at;
  putColumn(out, times, 0, rows);
  putWord(out.bytes, ends, out.at - data);
  for (let column = 0; column < series.length; column++) {
    putColumn(out, values, column * stride, rows);
    putWord(out.bytes, ends + 4 * (column + 1), out.at - data);
  }
  endRecord(out, start);
}

function putColumn(out: ByteWriter, values: Float64Array, from: number, rows: number): void {
  const bits = out.at;
  let at = bits + bytesOfBits(rows);
  out.reserve(at - bits + rows * VALUE_BYTES);
  const { bytes } = out;
  bytes.fill(0, bits, at);
  let previous = 0;
  for (let row = 0; row < rows; row++) {
    const value = values[from + row] as number;
    if (!isSame(previous, value)) {
      bytes[bits + (row >> 3)]! |= 1 << (row & 7);
      at = putValue(bytes, at, previous, value);
    }
    previous = value;
  }
  out.at = at;
}

const codes = new ValueReader();

/** Reads the rows behind the head of a `rows` record into a segment that ends where they begin. Throws MalformedRecord. */
export function takeRows(payload: Uint8Array, reader: ByteReader, head: RowsHead, segment: Segment): void {
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
  for (let row = first; row < segment.rows; row++) takeRow(segment, row, fresh && row === first);
  if (codes.at !== payload.length) throw new MalformedRecord("rows that end elsewhere than their record");
}

function takeRow({ values, stride, series }: Segment, row: number, fresh: boolean): void {
  const bits = codes.at;
  codes.at += bytesOfBits(series.length);
  for (let column = 0, cell = row; column < series.length; column++, cell += stride) {
    const previous = fresh ? 0 : (values[cell - 1] as number);
    const changed = (codes.bytes[bits + (column >> 3)] as number) & (1 << (column & 7));
    values[cell] = changed ? codes.next(previous) : previous;
  }
}

/**
 * Reads one column, or the times, of a `columns` record into the start of an array: the first `length` of the bytes.
 * Throws MalformedRecord.
 */
export function takeColumn(bytes: Uint8Array, length: number, rows: number, into: Float64Array): void {
  codes.bytes = bytes;
  codes.at = bytesOfBits(rows);
  let previous = 0;
  for (let row = 0; row < rows; row++) {
    if ((bytes[row >> 3] as number) & (1 << (row & 7))) previous = codes.next(previous);
    into[row] = previous;
  }
  if (codes.at !== length) throw new MalformedRecord("a column that ends elsewhere than it should");
}

function bytesOfBits(bits: number): number {
  return (bits + 7) >> 3;
}
