import { ByteReader, type ByteWriter, PROLOGUE_BYTES, RECORD_BYTES, recordHead, TYPE } from "./journal-format.ts";
import { decodeColumnsHead, decodeRowsHead, type RowsHead } from "./journal-records.ts";

/* Records in memory that the journal's file could not take. */

/** Rows that were dropped. */
export interface Loss {
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The length of the whole records in the first `limit` bytes. `atStart`: the bytes begin with the prologue of the file. */
export function wholeRecords(unwritten: Uint8Array, atStart: boolean, limit: number): number {
  let whole = 0;
  for (const { end } of recordBounds(unwritten, atStart)) {
    if (end > limit) break;
    whole = end;
  }
  return whole;
}

/** The head of the first `rows` record; undefined: there is none. */
export function firstRows(unwritten: Uint8Array, atStart: boolean): RowsHead | undefined {
  for (const { type, start, end } of recordBounds(unwritten, atStart))
    if (type === TYPE.rows) return decodeRowsHead(new ByteReader(unwritten.subarray(start + RECORD_BYTES, end)));
  return undefined;
}

/**
 * Removes rows with their columns and layouts, and lines and samples of processes, from the first `before` unwritten bytes, and keeps all other records: names,
 * facts, events. Returns the loss, added to what was lost before.
 */
export function dropRows(
  unwritten: ByteWriter,
  atStart: boolean,
  before: number,
  lost: Loss | undefined,
): Loss | undefined {
  let loss = lost;
  let at = atStart ? Math.min(PROLOGUE_BYTES, before) : 0;
  for (const { type, start, end } of recordBounds(unwritten.bytes.subarray(0, before), atStart)) {
    const payload = unwritten.bytes.subarray(start + RECORD_BYTES, end);
    if (type === TYPE.rows) {
      const { rows, firstMs } = decodeRowsHead(new ByteReader(payload));
      loss = { rows: (loss?.rows ?? 0) + rows, fromMs: loss?.fromMs ?? firstMs, toMs: firstMs };
    } else if (type === TYPE.columns) {
      if (loss) loss = { ...loss, toMs: decodeColumnsHead(payload).lastMs };
    } else if (type !== TYPE.layout && type !== TYPE.processes && type !== TYPE.samples) {
      unwritten.bytes.copyWithin(at, start, end);
      at += end - start;
    }
  }
  unwritten.bytes.copyWithin(at, before, unwritten.at);
  unwritten.at -= before - at;
  return loss;
}

function* recordBounds(bytes: Uint8Array, atStart: boolean) {
  for (let start = atStart ? PROLOGUE_BYTES : 0; start < bytes.length; ) {
    const head = recordHead(bytes.subarray(start));
    if (!head) return;
    const end = start + RECORD_BYTES + head.length;
    yield { type: head.type, start, end };
    start = end;
  }
}
