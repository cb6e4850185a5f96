/*
 * The journal of a run, version 1.4. All numbers are little-endian. A `count` is a whole number in groups of seven bits,
 * the lowest first, one a byte; a `text` is a count of bytes and UTF-8; `texts` are a count and so many texts; a `double`
 * has 8 bytes and a `word` 4.
 *
 *   file     "statexec", "journal\n", major version, minor version: 18 bytes; then records, the header first
 *   record   marker a7 5e, CRC-32 (IEEE) of all that follows as a word, type, 0, length of the payload as a word, payload
 *
 *   1 header    double start ms, double true start ms, count pid, text metrics file, text instance, text role,
 *               texts user's labels (name, value, name, value …), count major version
 *   2 metric    count number; texts name, type, unit or "", help, source; texts label names
 *   3 series    count number, count metric; texts label values
 *   4 layout    count number, count kept, count added, count series …
 *   5 rows      count layout, count first row, count rows, count columns, byte fresh; double time of the first row, times
 *               of the others as values (row-encoding.ts), each after the one before; then each row: a bit for each
 *               column, set where its value is not that of the row before, and the values of those
 *   6 columns   count first row, count rows, double first and last time; count columns, count series …; a word for the
 *               times and for each column: the offset of its end after these words; times and columns: a bit for each
 *               row, set where the value is not that of the row before, and the values of those
 *   7 event     double ms, text event, text text, count number
 *   8 fact      text fact, text value, count number
 *   9 end       count rows in all; the run is over, and no record follows
 *  10 padding   bytes without a meaning
 *  11 event     a copy of the event with this number
 *  12 fact      a copy of the fact with this number
 *  13 processes text choice (`all` or `top`), and the other bytes: lines of docs/processes.md, compressed by gzip. A line with
 *               an end takes the place of those before it with its pid and start, which say that the process lived (since 1.2)
 *  14 snapshot  text topic, double ms, count of series; of each: count metric, texts label values, double value. It takes the
 *               place of those before it of its topic (since 1.3)
 *  15 samples   count number of the first in the run; the other bytes: samples of the largest processes (sample-encoding.ts),
 *               compressed by deflate (since 1.4)
 *
 * Metrics, series, layouts and rows are numbered from 0 through the run, so that a reader notices what is missing. A
 * layout that keeps no columns begins a segment. One that keeps some adds the series that have appeared since. A layout
 * is repeated whole, with its number, where rows are fresh. Events and facts are numbered each from 0 (since 1.1).
 *
 * No single block of 4 KiB has both copies of anything but rows (journal-copies.ts): header, metrics, series, facts and
 * events are repeated more than a block later, and all but the events once more at the start of each segment. A reader
 * needs neither the file's first bytes nor its first header: the header has the major version, too.
 *
 * Each flush appends its rows; nothing is ever rewritten. When a segment is full, a `columns` record repeats all its rows,
 * so that one series can be read without the others. Either copy is enough. Fresh rows are encoded relative to a row of
 * zeros instead of the row before, and come after a copy of their layout. The first rows that begin in a block of 4 KiB are
 * fresh: damage to a block costs the rows of the records in it, and no others.
 *
 * Readers ignore record types that they do not know, and bytes after the known part of a payload: a minor version may add
 * both. They refuse another major version.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const double = new DataView(new ArrayBuffer(8));

/** A record that does not fit the format: it ends too early, or has an impossible count. */
export class MalformedRecord extends Error {
  override readonly name = "MalformedRecord";
}

/** A buffer that grows as needed. All numbers are little-endian. */
export class ByteWriter {
  bytes: Uint8Array;
  /** The offset of the next byte. */
  at = 0;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for this many bytes from `at` on. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** A whole number from 0 to 2^32 - 1, in four bytes. */
  word(value: number): void {
    this.reserve(4);
    this.at += 4;
    putWord(this.bytes, this.at - 4, value);
  }

  double(value: number): void {
    this.reserve(8);
    double.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.bytes[this.at++] = double.getUint8(i);
  }

  /** A whole number from 0 to 2^53, seven bits a byte, the lowest first. */
  count(value: number): void {
    this.reserve(8);
    if (value < 128) {
      this.bytes[this.at++] = value;
      return;
    }
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes[this.at++] = (rest % 128) | 128;
    this.bytes[this.at++] = rest;
  }

  /** Bytes as they are, to the record's end. */
  rest(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** The length of the text in bytes, and its UTF-8. */
  text(text: string): void {
    const { length } = text;
    this.reserve(3 * length + 8);
    const { bytes, at } = this;
    // Nearly every text is ASCII, and shorter than 128: then the length in bytes is known before, and takes one.
    const guessed = length < 128 ? 1 : 2;
    const { written } = encoder.encodeInto(text, bytes.subarray(at + guessed));
    this.count(written);
    const start = this.at;
    if (start !== at + guessed) {
      encoder.encodeInto(text, bytes.subarray(start));
    }
    this.at = start + written;
  }

  texts(texts: readonly string[]): void {
    this.count(texts.length);
    for (const text of texts) this.text(text);
  }
}

/** Reads what ByteWriter writes. Every method throws MalformedRecord at the end of the bytes. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.bytes[this.take(1)]!;
  }

  word(): number {
    return wordAt(this.bytes, this.take(4));
  }

  double(): number {
    const from = this.take(8);
    for (let i = 0; i < 8; i++) double.setUint8(i, this.bytes[from + i]!);
    return double.getFloat64(0, true);
  }

  count(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
    throw new MalformedRecord("a count of more than 53 bits");
  }

  /** A count of items that take at least a byte each, and so cannot be more than the bytes that are left. */
  length(): number {
    const count = this.count();
    if (count > this.bytes.length - this.at) throw new MalformedRecord("a count of more than there is");
    return count;
  }

  text(): string {
    const length = this.length();
    return decoder.decode(this.bytes.subarray(this.take(length), this.at));
  }

  texts(): string[] {
    return Array.from({ length: this.length() }, () => this.text());
  }

  private take(size: number): number {
    const from = this.at;
    if (from + size > this.bytes.length) throw new MalformedRecord("the end of a record where there should be more");
    this.at += size;
    return from;
  }
}

export function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export const MAGIC = "statexecjournal\n";
export const MAJOR = 1;
const MINOR = 4;
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
  padding: 10,
  eventCopy: 11,
  factCopy: 12,
  processes: 13,
  snapshot: 14,
  samples: 15,
} as const;

/** Marker, checksum, type, zero, length. */
export const RECORD_BYTES = 12;
export const MARKER = Uint8Array.of(0xa7, 0x5e);
/** The offset of the first byte that the checksum covers. */
const CHECKED_FROM = 6;

/** The limit of a payload, so that a damaged length does not allocate more. */
const MOST_PAYLOAD_BYTES = 16 * 1024 * 1024;

export function putPrologue(out: ByteWriter): void {
  for (const character of MAGIC) out.byte(character.charCodeAt(0));
  out.byte(MAJOR);
  out.byte(MINOR);
}

/** Writes one record. The callback writes its payload. */
export function putRecord(out: ByteWriter, type: number, payload: (out: ByteWriter) => void): void {
  const start = out.at;
  beginRecord(out, type);
  payload(out);
  endRecord(out, start);
}

/** Begins a record without a callback, for the records of every flush. `endRecord` ends it. */
export function beginRecord(out: ByteWriter, type: number): void {
  out.reserve(RECORD_BYTES);
  const { bytes, at } = out;
  bytes[at] = MARKER[0]!;
  bytes[at + 1] = MARKER[1]!;
  bytes[at + CHECKED_FROM] = type;
  bytes[at + CHECKED_FROM + 1] = 0;
  out.at += RECORD_BYTES;
}

/** Sets length and checksum of the record that begins at `start`. Returns how many bytes it has. */
export function endRecord(out: ByteWriter, start: number): number {
  putWord(out.bytes, start + RECORD_BYTES - 4, out.at - start - RECORD_BYTES);
  putWord(out.bytes, start + MARKER.length, Bun.hash.crc32(out.bytes.subarray(start + CHECKED_FROM, out.at)));
  return out.at - start;
}

/** Whether the checksum of a whole record is right. */
export function isIntact(record: Uint8Array): boolean {
  return wordAt(record, MARKER.length) === Bun.hash.crc32(record.subarray(CHECKED_FROM));
}

/** Type and payload length of the record that begins here; undefined if none does. */
export function recordHead(bytes: Uint8Array): { readonly type: number; readonly length: number } | undefined {
  if (bytes.length < RECORD_BYTES || bytes[0] !== MARKER[0] || bytes[1] !== MARKER[1]) return undefined;
  const length = wordAt(bytes, RECORD_BYTES - 4);
  return length > MOST_PAYLOAD_BYTES ? undefined : { type: bytes[CHECKED_FROM]!, length };
}
