import { isIntact, MARKER, RECORD_BYTES, recordHead } from "./format.ts";
import { type Source, Window } from "./source.ts";

/** A record whose checksum is right. The payload is valid until the next is asked for. */
export interface ScannedRecord {
  readonly type: number;
  readonly payload: Uint8Array;
  /** Where the payload is in the source. */
  readonly offset: number;
}

/** Bytes that are no record. */
export interface Hole {
  readonly offset: number;
  readonly bytes: number;
  /** It is the end of the source, and the beginning of a record: what a writer that was stopped leaves. */
  readonly torn: boolean;
}

const READ_AHEAD_BYTES = 256 * 1024;

/** Every intact record from an offset on, and what lies between them. Throws SystemError where the source cannot be read. */
export function* scan(source: Source, from: number): Iterable<ScannedRecord | Hole> {
  const window = new Window(source, READ_AHEAD_BYTES);
  for (let offset = from; offset < source.length; ) {
    const record = recordAt(window, source, offset);
    if (record) {
      offset = record.offset + record.payload.length;
      yield record;
      continue;
    }
    const next = nextRecord(window, source, offset + 1);
    yield { offset, bytes: next - offset, torn: next === source.length && isCut(window, source, offset) };
    offset = next;
  }
}

function recordAt(window: Window, source: Source, offset: number): ScannedRecord | undefined {
  const head = recordHead(window.view(offset, RECORD_BYTES));
  if (!head || offset + RECORD_BYTES + head.length > source.length) return undefined;
  const record = window.view(offset, RECORD_BYTES + head.length);
  if (record.length < RECORD_BYTES + head.length || !isIntact(record)) return undefined;
  return { type: head.type, payload: record.subarray(RECORD_BYTES), offset: offset + RECORD_BYTES };
}

/** Where the next intact record begins; the source's end if there is none. */
function nextRecord(window: Window, source: Source, from: number): number {
  for (let offset = from; offset < source.length; ) {
    const view = window.rest(offset);
    if (view.length === 0) break;
    const at = view.indexOf(MARKER[0] as number);
    if (at < 0) offset += view.length;
    else if (recordAt(window, source, offset + at)) return offset + at;
    else offset += at + 1;
  }
  return source.length;
}

/** Whether the record that begins here is longer than what is left. */
function isCut(window: Window, source: Source, offset: number): boolean {
  const view = window.view(offset, RECORD_BYTES);
  if (view.length < RECORD_BYTES) return true;
  const head = recordHead(view);
  return head !== undefined && offset + RECORD_BYTES + head.length > source.length;
}
