/*
 * The journal of a run, version 1.0. All numbers are little-endian; `count` is a whole number of seven bits a byte, the
 * lowest first; `text` is a count of bytes and UTF-8; `texts` a count and so many; `double` and `word` have 8 and 4 bytes.
 *
 *   file     "statexec", "journal\n", major version, minor version: 18 bytes; then records, the header first
 *   record   marker a7 5e, CRC-32 (IEEE) of all that follows as a word, type, 0, length of the payload as a word, payload
 *
 *   1 header    double start ms, double true start ms, count pid, text metrics file, text instance, text role,
 *               texts user's labels (name, value, name, value …)
 *   2 metric    count number; texts name, type, unit or "", help, source; texts label names
 *   3 series    count number, count metric; texts label values
 *   4 layout    count number, count kept, count added, count series …
 *   5 rows      count layout, count first row, count rows, count columns, byte fresh; double time of the first row, times
 *               of the others as values (values.ts), each after the one before; then each row: a bit for each column,
 *               set where its value is not that of the row before, and the values of those
 *   6 columns   count first row, count rows, double first and last time; count columns, count series …; a word for the
 *               times and for each column: where it ends, counted from behind these words; times and columns: a bit for
 *               each row, set where the value is not that of the row before, and the values of those
 *   7 event     double ms, text event, text text
 *   8 fact      text fact, text value
 *   9 end       count rows in all; the run is over, and nothing follows
 *
 * Metrics, series, layouts and rows are numbered from 0 through the run, so that what is damaged is missed. A layout that keeps no columns begins a segment; one that keeps some adds to
 * them the series that have appeared since; a layout is repeated whole, by its number, where rows are fresh. Each flush appends its rows, so that nothing is ever rewritten; when a
 * segment is full, a `columns` record has all its rows once more, so that one series can be read without the others.
 * Either copy is enough. Rows with `fresh` set follow on nothing, but on a row of zeros: damage costs at most the rows up
 * to the next of these.
 *
 * Readers pass over types that they do not know and over what follows in a payload that they do: those are minor
 * versions. They refuse another major version.
 */
import { ByteReader, type ByteWriter, MalformedRecord, putWord, wordAt } from "./bytes.ts";

export const MAGIC = "statexecjournal\n";
export const MAJOR = 1;
export const MINOR = 0;
/** Magic, major, minor. */
export const PROLOGUE_BYTES = MAGIC.length + 2;

export const TYPE = {
  header: 1,
  metric: 2,
  series: 3,
  layout: 4,
  rows: 5,
  columns: 6,
  event: 7,
  fact: 8,
  end: 9,
} as const;

/** Marker, checksum, type, zero, length. */
export const RECORD_BYTES = 12;
export const MARKER = Uint8Array.of(0xa7, 0x5e);
const CHECKED_FROM = 6;

/** No record is longer, so that a damaged length asks for no more memory than this. */
export const MOST_PAYLOAD_BYTES = 16 * 1024 * 1024;

export function putPrologue(out: ByteWriter): void {
  for (const character of MAGIC) out.byte(character.charCodeAt(0));
  out.byte(MAJOR);
  out.byte(MINOR);
}

/** Writes one record, its payload by a callback. */
export function putRecord(out: ByteWriter, type: number, payload: (out: ByteWriter) => void): void {
  const start = out.at;
  beginRecord(out, type);
  payload(out);
  endRecord(out, start);
}

/** The same in two steps, for records that are written on every flush. */
export function beginRecord(out: ByteWriter, type: number): void {
  out.reserve(RECORD_BYTES);
  const { bytes, at } = out;
  bytes.set(MARKER, at);
  bytes[at + CHECKED_FROM] = type;
  bytes[at + CHECKED_FROM + 1] = 0;
  out.at += RECORD_BYTES;
}

export function endRecord(out: ByteWriter, start: number): void {
  putWord(out.bytes, start + RECORD_BYTES - 4, out.at - start - RECORD_BYTES);
  putWord(out.bytes, start + MARKER.length, checksum(out.bytes.subarray(start, out.at)));
}

function checksum(record: Uint8Array): number {
  return Bun.hash.crc32(record.subarray(CHECKED_FROM));
}

/** Whether bytes that begin like a record, as long as it says, are one. */
export function isIntact(record: Uint8Array): boolean {
  return wordAt(record, MARKER.length) === checksum(record);
}

/** Type and length of the record that these bytes begin; undefined if they begin none. */
export function recordHead(bytes: Uint8Array): { readonly type: number; readonly length: number } | undefined {
  if (bytes.length < RECORD_BYTES || bytes[0] !== MARKER[0] || bytes[1] !== MARKER[1]) return undefined;
  const length = wordAt(bytes, RECORD_BYTES - 4);
  return length > MOST_PAYLOAD_BYTES ? undefined : { type: bytes[CHECKED_FROM] as number, length };
}

/** What a `rows` record says of its rows before it has them. */
export interface RowsHead {
  readonly layout: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: number;
  readonly fresh: boolean;
  readonly firstMs: number;
}

export function putRowsHead(out: ByteWriter, head: RowsHead): void {
  out.count(head.layout);
  out.count(head.firstRow);
  out.count(head.rows);
  out.count(head.columns);
  out.byte(head.fresh ? 1 : 0);
  out.double(head.firstMs);
}

export function rowsHead(reader: ByteReader): RowsHead {
  const layout = reader.count();
  const firstRow = reader.count();
  const rows = reader.length();
  const columns = reader.count();
  if (rows === 0) throw new MalformedRecord("rows without a row");
  return { layout, firstRow, rows, columns, fresh: reader.byte() === 1, firstMs: reader.double() };
}

/** What a `columns` record says of its columns, and where they are in its payload. */
export interface ColumnsHead {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly series: readonly number[];
  /** Where the ends of times and columns stand, and what they are counted from. */
  readonly endsAt: number;
  readonly dataAt: number;
}

export function columnsHead(payload: Uint8Array): ColumnsHead {
  const reader = new ByteReader(payload);
  const firstRow = reader.count();
  const rows = reader.count();
  const firstMs = reader.double();
  const lastMs = reader.double();
  const series = Array.from({ length: reader.length() }, () => reader.count());
  const endsAt = reader.at;
  let end = 0;
  for (let i = 0; i <= series.length; i++) {
    const next = reader.word();
    // Each column has a bit a row: a count of rows that the payload cannot hold asks for no memory.
    if (next - end < rows / 8) throw new MalformedRecord("a column that is too short");
    end = next;
  }
  if (reader.at + end !== payload.length) throw new MalformedRecord("columns that end elsewhere than their record");
  return { firstRow, rows, firstMs, lastMs, series, endsAt, dataAt: reader.at };
}

export interface Layout {
  readonly number: number;
  /** Columns of the layout before that stay; 0: none does, and unless it is the layout that is known, a segment begins. */
  readonly kept: number;
  readonly added: readonly number[];
}

export function putLayout(out: ByteWriter, { number, kept, added }: Layout): void {
  out.count(number);
  out.count(kept);
  out.count(added.length);
  for (const series of added) out.count(series);
}

export function layout(payload: Uint8Array): Layout {
  const reader = new ByteReader(payload);
  const number = reader.count();
  const kept = reader.count();
  return { number, kept, added: Array.from({ length: reader.length() }, () => reader.count()) };
}
