import { SystemError, truncateFile, writeRange } from "../os/files.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { columnsHead, PROLOGUE_BYTES, RECORD_BYTES, recordHead, rowsHead, TYPE } from "./format.ts";
import { joinedSource, type Source } from "./source.ts";

/** What is kept of a journal that cannot be written, before rows are dropped: whole segments, the oldest first. */
const MOST_PENDING_BYTES = 4 * 1024 * 1024;

/** Rows that are nowhere any more. */
export interface Loss {
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Why the file does not have everything, and what it cost. */
export interface JournalTrouble {
  /** What the kernel said first. */
  readonly error: SystemError;
  readonly lost: Loss | undefined;
  /** Whether the file lacks something at its end that is in memory still. */
  readonly behind: boolean;
}

/** A file that grows by whole records, and those that wait to be written to it. */
export class PendingFile {
  /** What waits. Records are added at its end. */
  readonly out = new ByteWriter();
  private readonly open: () => number;
  private fd: number | undefined;
  private _written = 0;
  /** What lies before it in `out` is not needed to read what lies behind it. */
  private _mark = 0;
  private _error: SystemError | undefined;
  private _lost: Loss | undefined;

  constructor(open: () => number) {
    this.open = open;
  }

  /** Length of the file: what is in it for good. */
  get written(): number {
    return this._written;
  }

  /** What comes from here on can be read without the rows that wait before it. */
  mark(): void {
    this._mark = this.out.at;
  }

  /** Undefined while all is well. */
  get trouble(): JournalTrouble | undefined {
    return this._error && { error: this._error, lost: this._lost, behind: this.out.at > 0 };
  }

  /** The file and what waits behind it, as they are now. */
  source(): Source {
    return joinedSource(this.fd, this._written, this.out.bytes.slice(0, this.out.at));
  }

  /** Writes what waits, by one call where the kernel takes it. What it does not take waits on; nothing is thrown. */
  write(): void {
    const { out } = this;
    let done = 0;
    try {
      this.fd ??= this.open();
      while (done < out.at) done += writeRange(this.fd, out.bytes.subarray(done, out.at), this._written + done);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this._error ??= error;
      done = wholeRecords(out.bytes.subarray(0, out.at), this._written === 0, done);
    }
    this._written += done;
    out.bytes.copyWithin(0, done, out.at);
    out.at -= done;
    this._mark = Math.max(0, this._mark - done);
    if (out.at > 0) this.afterFailure();
  }

  /** Takes back the torn end of the file, and drops rows where too much waits. */
  private afterFailure(): void {
    const { out } = this;
    this.cutBack();
    if (out.at <= MOST_PENDING_BYTES) return;
    const behind = out.at - this._mark;
    this._lost = dropRows(out, this._written === 0, this._mark, this._lost);
    this._mark = out.at - behind;
  }

  private cutBack(): void {
    if (this.fd === undefined) return;
    try {
      truncateFile(this.fd, this._written);
    } catch (error) {
      // The next write begins there all the same, and a reader cuts a torn end off.
      if (!(error instanceof SystemError)) throw error;
    }
  }
}

/** How many of the first `limit` of these bytes are whole records; `begun`: they begin with the file's first bytes. */
function wholeRecords(pending: Uint8Array, begun: boolean, limit: number): number {
  let whole = 0;
  for (const { end } of records(pending, begun)) {
    if (end > limit) break;
    whole = end;
  }
  return whole;
}

/**
 * Takes rows and columns out of the first `before` bytes of what is pending, and leaves all else: names, facts, events.
 * What was lost by that, added to what was before.
 */
function dropRows(out: ByteWriter, begun: boolean, before: number, lost: Loss | undefined): Loss | undefined {
  let loss = lost;
  let at = begun ? Math.min(PROLOGUE_BYTES, before) : 0;
  for (const { type, start, end } of records(out.bytes.subarray(0, before), begun)) {
    const payload = out.bytes.subarray(start + RECORD_BYTES, end);
    if (type === TYPE.rows) {
      const { rows, firstMs } = rowsHead(new ByteReader(payload));
      loss = { rows: (loss?.rows ?? 0) + rows, fromMs: loss?.fromMs ?? firstMs, toMs: firstMs };
    } else if (type === TYPE.columns) {
      if (loss) loss = { ...loss, toMs: columnsHead(payload).lastMs };
    } else {
      out.bytes.copyWithin(at, start, end);
      at += end - start;
    }
  }
  out.bytes.copyWithin(at, before, out.at);
  out.at -= before - at;
  return loss;
}

function* records(bytes: Uint8Array, begun: boolean) {
  for (let start = begun ? PROLOGUE_BYTES : 0; start < bytes.length; ) {
    const head = recordHead(bytes.subarray(start));
    if (!head) return;
    const end = start + RECORD_BYTES + head.length;
    yield { type: head.type, start, end };
    start = end;
  }
}
