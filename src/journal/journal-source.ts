import { fileStatus, readRange } from "../os/files.ts";
import { isIntact, MARKER, RECORD_BYTES, recordHead } from "./journal-format.ts";

/** The bytes of a journal, in a file or in memory. */
export interface JournalSource {
  readonly length: number;
  /** Puts up to `size` bytes from an offset at the start of `into`. Returns their number. Throws SystemError. */
  read(offset: number, into: Uint8Array, size: number): number;
}

export function fileSource(fd: number): JournalSource {
  return { length: fileStatus(fd)?.bytes ?? 0, read: (offset, into, size) => readRange(fd, offset, into, size) };
}

/** The first `written` bytes of a file, and then bytes in memory. `fd` is undefined where there is no file. */
export function joinedSource(fd: number | undefined, written: number, rest: Uint8Array): JournalSource {
  return {
    length: written + rest.length,
    read(offset, into, size) {
      const fromFile = Math.max(0, Math.min(size, written - offset));
      const got = fd === undefined || fromFile === 0 ? 0 : readRange(fd, offset, into, fromFile);
      if (got < fromFile || got === size) return got;
      const from = offset + got - written;
      const more = rest.subarray(from, from + size - got);
      into.set(more, got);
      return got + more.length;
    },
  };
}

/** Reads a source part by part. The views that it returns are valid until the next call. */
class SourceWindow {
  private readonly source: JournalSource;
  private readonly readAhead: number;
  private bytes: Uint8Array;
  private start = 0;
  private filled = 0;

  /** `readAhead`: the least number of bytes to read at once. */
  constructor(source: JournalSource, readAhead: number) {
    this.source = source;
    this.readAhead = readAhead;
    this.bytes = new Uint8Array(readAhead);
  }

  /** The bytes from an offset on: `length` of them, or fewer at the end of the source. */
  view(offset: number, length: number): Uint8Array {
    if (offset < this.start || offset + length > this.start + this.filled) this.load(offset, length);
    const from = offset - this.start;
    return this.bytes.subarray(from, Math.min(from + length, this.filled));
  }

  /** All bytes in memory from an offset on: at least one, but at the end of the source. */
  rest(offset: number): Uint8Array {
    const { length } = this.view(offset, 1);
    return length === 0 ? this.bytes.subarray(0, 0) : this.bytes.subarray(offset - this.start, this.filled);
  }

  private load(offset: number, length: number): void {
    const wanted = Math.max(length, this.readAhead);
    if (wanted > this.bytes.length) this.bytes = new Uint8Array(wanted);
    this.start = offset;
    this.filled = this.source.read(offset, this.bytes, wanted);
  }
}

/** A record whose checksum is right. The payload is valid until the next record is requested. */
export interface IntactRecord {
  readonly type: number;
  readonly payload: Uint8Array;
  /** The offset of the payload in the source. */
  readonly offset: number;
}

/** Bytes that are no intact record. */
export interface DamagedBytes {
  readonly offset: number;
  readonly bytes: number;
  /** Whether these are the start of a record at the end of the source, as a writer leaves them that was killed. */
  readonly torn: boolean;
}

const READ_AHEAD_BYTES = 256 * 1024;

/** Yields all intact records from an offset on, and the damaged bytes between them. Throws SystemError. */
export function* recordsOf(source: JournalSource, from: number): Iterable<IntactRecord | DamagedBytes> {
  const window = new SourceWindow(source, READ_AHEAD_BYTES);
  for (let offset = from; offset < source.length; ) {
    const record = recordAt(window, source, offset);
    if (record) {
      offset = record.offset + record.payload.length;
      yield record;
      continue;
    }
    const next = nextRecord(window, source, offset + 1);
    yield { offset, bytes: next - offset, torn: next === source.length && isTorn(window, source, offset) };
    offset = next;
  }
}

function recordAt(window: SourceWindow, source: JournalSource, offset: number): IntactRecord | undefined {
  const head = recordHead(window.view(offset, RECORD_BYTES));
  if (!head || offset + RECORD_BYTES + head.length > source.length) return undefined;
  const record = window.view(offset, RECORD_BYTES + head.length);
  if (record.length < RECORD_BYTES + head.length || !isIntact(record)) return undefined;
  return { type: head.type, payload: record.subarray(RECORD_BYTES), offset: offset + RECORD_BYTES };
}

/** The offset of the next intact record; the source's end if there is none. */
function nextRecord(window: SourceWindow, source: JournalSource, from: number): number {
  for (let offset = from; offset < source.length; ) {
    const view = window.rest(offset);
    if (view.length === 0) break;
    const at = view.indexOf(MARKER[0]!);
    if (at < 0) offset += view.length;
    else if (recordAt(window, source, offset + at)) return offset + at;
    else offset += at + 1;
  }
  return source.length;
}

/** Whether the record that begins here is longer than the rest of the source. */
function isTorn(window: SourceWindow, source: JournalSource, offset: number): boolean {
  const view = window.view(offset, RECORD_BYTES);
  if (view.length < RECORD_BYTES) return true;
  const head = recordHead(view);
  return head !== undefined && offset + RECORD_BYTES + head.length > source.length;
}
