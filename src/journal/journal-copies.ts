import type { JournalFile } from "./journal-file.ts";
import { ByteWriter, putRecord, RECORD_BYTES, TYPE } from "./journal-format.ts";

/** What a disk loses at once, at least: a block. */
export const BLOCK_BYTES = 4096;

/** Copies of records that the file has once. */
interface Batch {
  readonly copies: ByteWriter;
  longestBytes: number;
  /** The largest difference between a record's offset in the file and that of its copy in `copies`. */
  lead: number;
}

/**
 * Writes each record without which rows cannot be read, or that is in no row, twice: so far apart that one damaged block
 * has only one of them. What the rows need is written at the start of each later segment, too.
 */
export class RecordCopies {
  private readonly file: JournalFile;
  /** Copies of all headers, metrics, series and facts so far. */
  private readonly lasting = new ByteWriter();
  private newest = emptyBatch();
  private begunAt = 0;
  /** It is complete, and waits until the file is long enough. */
  private waiting = emptyBatch();

  constructor(file: JournalFile) {
    this.file = file;
  }

  /** Writes a record. `copyType`: the type of its copies, where readers must know them for copies. */
  put(type: number, payload: (out: ByteWriter) => void, copyType = type): void {
    const { file, newest } = this;
    const start = file.unwritten.at;
    const copy = newest.copies.at;
    newest.lead = file.length - copy;
    putRecord(file.unwritten, type, payload);
    newest.longestBytes = Math.max(newest.longestBytes, file.unwritten.at - start);
    if (copyType === type) append(newest.copies, file.unwritten, start);
    else putRecord(newest.copies, copyType, payload);
    if (type !== TYPE.event) append(this.lasting, newest.copies, copy);
  }

  /** From now on the caller writes records to the file itself, of which `end` makes the copies. */
  begin(): void {
    const { file, newest } = this;
    this.begunAt = file.unwritten.at;
    newest.lead = file.length - newest.copies.at;
  }

  /** Copies the records since `begin`, by one call for all. The longest has so many bytes. */
  end(longestBytes: number): void {
    const { file, newest } = this;
    append(newest.copies, file.unwritten, this.begunAt);
    append(this.lasting, file.unwritten, this.begunAt);
    newest.longestBytes = Math.max(newest.longestBytes, longestBytes);
  }

  /** Writes the copies of records that are far enough before the end of the file. */
  repeatIfApart(): void {
    if (this.waiting.copies.at === 0) {
      if (this.newest.copies.at === 0) return;
      const { waiting } = this;
      this.waiting = this.newest;
      this.newest = waiting;
    }
    if (this.missingBytes(this.waiting) <= 0) this.repeat(this.waiting);
  }

  /** Writes all copies, after padding where they would come too early. */
  repeatAll(): void {
    this.repeat(this.waiting);
    this.repeat(this.newest);
  }

  /** Repeats what all rows need. While the file cannot be written, memory has it once, which is enough. */
  repeatLasting(): void {
    if (!this.file.failure?.hasUnwritten) append(this.file.unwritten, this.lasting);
  }

  private repeat(batch: Batch): void {
    if (batch.copies.at === 0) return;
    const { unwritten } = this.file;
    const missing = this.missingBytes(batch);
    if (missing > 0) putRecord(unwritten, TYPE.padding, (out) => pad(out, missing - RECORD_BYTES));
    append(unwritten, batch.copies);
    batch.copies.at = 0;
    batch.longestBytes = 0;
  }

  /** The bytes that have to come before the copies, for each to be in another block than its record. */
  private missingBytes({ longestBytes, lead }: Batch): number {
    return BLOCK_BYTES + longestBytes - (this.file.length - lead);
  }
}

function emptyBatch(): Batch {
  return { copies: new ByteWriter(), longestBytes: 0, lead: 0 };
}

/** Appends what was written to a buffer from an offset on. */
function append(to: ByteWriter, from: ByteWriter, start = 0): void {
  const bytes = from.at - start;
  to.reserve(bytes);
  to.bytes.set(from.bytes.subarray(start, from.at), to.at);
  to.at += bytes;
}

function pad(out: ByteWriter, bytes: number): void {
  if (bytes <= 0) return;
  out.reserve(bytes);
  out.bytes.fill(0, out.at, out.at + bytes);
  out.at += bytes;
}
