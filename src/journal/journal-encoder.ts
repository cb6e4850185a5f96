import type { Fact, Metric, SeriesKey } from "../catalog/index.ts";
import { SystemError, truncateFile, writeRange } from "../os/files.ts";
import type { RunEvent } from "../recording/recording.ts";
import {
  ByteReader,
  ByteWriter,
  PROLOGUE_BYTES,
  putPrologue,
  putRecord,
  RECORD_BYTES,
  recordHead,
  TYPE,
} from "./journal-format.ts";
import { readJournal } from "./journal-reader.ts";
import type { JournalRecording } from "./journal-recording.ts";
import {
  decodeColumnsHead,
  decodeRowsHead,
  encodeEvent,
  encodeFact,
  encodeHeader,
  encodeLayout,
  encodeMetric,
  encodeSeries,
  type JournalHeader,
} from "./journal-records.ts";
import type { Segment } from "./journal-segment.ts";
import { type JournalSource, joinedSource } from "./journal-source.ts";
import { areFresh, encodeColumns, encodeRows } from "./row-encoding.ts";

/** The data of a run to encode. */
export interface JournalData {
  readonly segment: Segment;
  /** Every series so far, by number. */
  readonly series: readonly SeriesKey[];
  /** Facts and events that are not encoded yet. */
  readonly facts: readonly Fact[];
  readonly events: readonly RunEvent[];
}

/** Encodes the data of a run as records of a journal file. A run of less than a second does not need it, nor load it. */
export class JournalEncoder {
  private readonly file: JournalFile;
  private readonly out: ByteWriter;
  private readonly metricNumbers = new Map<Metric, number>();
  /** The numbers of series, columns and rows that are encoded. */
  private encodedSeries = 0;
  private encodedColumns = 0;
  private _encodedRows = 0;
  /** The number of the last layout. */
  private layoutNumber = -1;

  /** `open` creates the file, readable and writable. It is called at the first write, and again after a SystemError. */
  constructor(header: JournalHeader, open: () => number) {
    this.file = new JournalFile(open);
    this.out = this.file.unwritten;
    putPrologue(this.out);
    putRecord(this.out, TYPE.header, (out) => encodeHeader(out, header));
  }

  /** The number of the segment's rows that are encoded. */
  get encodedRows(): number {
    return this._encodedRows;
  }

  /** The length of the file. */
  get writtenBytes(): number {
    return this.file.writtenBytes;
  }

  /** Undefined as long as every write has succeeded. */
  get failure(): JournalFailure | undefined {
    return this.file.failure;
  }

  /** Writes the encoded records to the file. It never throws: records that cannot be written stay in memory. */
  write(): void {
    this.file.write();
  }

  /** All that was encoded and not lost. Throws SystemError. */
  recording(): JournalRecording {
    return readJournal(this.file.source(), "journal");
  }

  encode({ segment, series, facts, events }: JournalData): void {
    const out = this.out;
    for (; this.encodedSeries < series.length; this.encodedSeries++) this.encodeNextSeries(series[this.encodedSeries]!);
    for (const fact of facts) putRecord(out, TYPE.fact, () => encodeFact(out, fact));
    for (const event of events) putRecord(out, TYPE.event, () => encodeEvent(out, event));
    if (segment.rows === this._encodedRows) return;
    this.encodeLayouts(segment);
    encodeRows(out, segment, this._encodedRows, this.layoutNumber);
    this._encodedRows = segment.rows;
  }

  /** Encodes the columns of a segment, whose rows are all encoded. The next rows begin another segment. */
  endSegment(segment: Segment): void {
    encodeColumns(this.out, segment);
    this.encodedColumns = 0;
    this._encodedRows = 0;
    this.file.beginSegment();
  }

  /** Encodes the end of the run, after this number of rows. */
  encodeEnd(rows: number): void {
    putRecord(this.out, TYPE.end, (out) => out.count(rows));
  }

  private encodeNextSeries(key: SeriesKey): void {
    const out = this.out;
    let metric = this.metricNumbers.get(key.metric);
    if (metric === undefined) {
      metric = this.metricNumbers.size;
      this.metricNumbers.set(key.metric, metric);
      putRecord(out, TYPE.metric, () => encodeMetric(out, this.metricNumbers.size - 1, key.metric));
    }
    const metricNumber = metric;
    putRecord(out, TYPE.series, () => encodeSeries(out, this.encodedSeries, metricNumber, key));
  }

  private encodeLayouts(segment: Segment): void {
    const { series } = segment;
    const begins = this._encodedRows === 0;
    const kept = this.encodedColumns;
    if (begins) this.file.beginSegment();
    if (begins || kept < series.length) this.putLayout(++this.layoutNumber, kept, series.slice(kept));
    // A second copy, so that damage to the first does not cost the rows of the whole segment.
    if (!begins && areFresh(segment, this._encodedRows)) this.putLayout(this.layoutNumber, 0, series);
    this.encodedColumns = series.length;
  }

  private putLayout(number: number, kept: number, added: readonly number[]): void {
    putRecord(this.out, TYPE.layout, (out) => encodeLayout(out, { number, kept, added }));
  }
}

/** The limit of records in memory that cannot be written. Beyond it, rows are dropped: whole segments, the oldest first. */
const MOST_UNWRITTEN_BYTES = 4 * 1024 * 1024;

/** Rows that were dropped. */
interface Loss {
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A failure to write the journal, and its consequences. */
export interface JournalFailure {
  /** The first error. */
  readonly error: SystemError;
  readonly lost: Loss | undefined;
  /** Whether records are in memory that are not in the file. */
  readonly hasUnwritten: boolean;
}

/** A file that grows by whole records, and the records that are not written to it yet. */
class JournalFile {
  /** Records are appended here. */
  readonly unwritten = new ByteWriter();
  private readonly open: () => number;
  private fd: number | undefined;
  private _writtenBytes = 0;
  /** The offset in `unwritten` of the segment's first record: the records from there on do not need those before it. */
  private segmentStart = 0;
  private error: SystemError | undefined;
  private lost: Loss | undefined;

  constructor(open: () => number) {
    this.open = open;
  }

  /** The length of the file. */
  get writtenBytes(): number {
    return this._writtenBytes;
  }

  /** Notes that the next records can be read without the rows before them. */
  beginSegment(): void {
    this.segmentStart = this.unwritten.at;
  }

  /** Undefined as long as every write has succeeded. */
  get failure(): JournalFailure | undefined {
    return this.error && { error: this.error, lost: this.lost, hasUnwritten: this.unwritten.at > 0 };
  }

  /** A snapshot of the file and the unwritten records after it. */
  source(): JournalSource {
    return joinedSource(this.fd, this._writtenBytes, this.unwritten.bytes.slice(0, this.unwritten.at));
  }

  /** Writes the unwritten records, by one call where the kernel takes them all. After an error, the rest stays unwritten. */
  write(): void {
    const { unwritten } = this;
    let done = 0;
    try {
      this.fd ??= this.open();
      while (done < unwritten.at)
        done += writeRange(this.fd, unwritten.bytes.subarray(done, unwritten.at), this._writtenBytes + done);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.error ??= error;
      done = wholeRecords(unwritten.bytes.subarray(0, unwritten.at), this._writtenBytes === 0, done);
    }
    this._writtenBytes += done;
    unwritten.bytes.copyWithin(0, done, unwritten.at);
    unwritten.at -= done;
    this.segmentStart = Math.max(0, this.segmentStart - done);
    if (unwritten.at > 0) this.afterFailure();
  }

  /** Removes a torn record from the end of the file, and drops rows where there are too many unwritten bytes. */
  private afterFailure(): void {
    const { unwritten } = this;
    this.cutBack();
    if (unwritten.at <= MOST_UNWRITTEN_BYTES) return;
    const segmentBytes = unwritten.at - this.segmentStart;
    this.lost = dropRows(unwritten, this._writtenBytes === 0, this.segmentStart, this.lost);
    this.segmentStart = unwritten.at - segmentBytes;
  }

  private cutBack(): void {
    if (this.fd === undefined) return;
    try {
      truncateFile(this.fd, this._writtenBytes);
    } catch (error) {
      // The next write begins at the same offset all the same, and readers skip a torn record.
      if (!(error instanceof SystemError)) throw error;
    }
  }
}

/** The length of the whole records in the first `limit` bytes. `atStart`: the bytes begin with the prologue of the file. */
function wholeRecords(unwritten: Uint8Array, atStart: boolean, limit: number): number {
  let whole = 0;
  for (const { end } of recordBounds(unwritten, atStart)) {
    if (end > limit) break;
    whole = end;
  }
  return whole;
}

/**
 * Removes rows and columns from the first `before` unwritten bytes, and keeps all other records: names, facts, events.
 * Returns the loss, added to what was lost before.
 */
function dropRows(unwritten: ByteWriter, atStart: boolean, before: number, lost: Loss | undefined): Loss | undefined {
  let loss = lost;
  let at = atStart ? Math.min(PROLOGUE_BYTES, before) : 0;
  for (const { type, start, end } of recordBounds(unwritten.bytes.subarray(0, before), atStart)) {
    const payload = unwritten.bytes.subarray(start + RECORD_BYTES, end);
    if (type === TYPE.rows) {
      const { rows, firstMs } = decodeRowsHead(new ByteReader(payload));
      loss = { rows: (loss?.rows ?? 0) + rows, fromMs: loss?.fromMs ?? firstMs, toMs: firstMs };
    } else if (type === TYPE.columns) {
      if (loss) loss = { ...loss, toMs: decodeColumnsHead(payload).lastMs };
    } else {
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
