import type { Metric, SeriesKey } from "../catalog/index.ts";
import type { Fact, RunEvent } from "../recording/recording.ts";
import { type JournalHeader, putEvent, putFact, putHeader, putMetric, putSeries } from "./about.ts";
import type { ByteWriter } from "./bytes.ts";
import { putLayout, putPrologue, putRecord, TYPE } from "./format.ts";
import { type JournalTrouble, PendingFile } from "./pending.ts";
import { readJournal } from "./reader.ts";
import type { JournalRecording } from "./recording.ts";
import { beginsAfresh, putColumns, putRows } from "./rows.ts";
import type { Segment } from "./segment.ts";

/** What a run has for its journal; facts and events are those that it does not have yet. */
export interface Waiting {
  readonly segment: Segment;
  /** Every series so far, by number. */
  readonly series: readonly SeriesKey[];
  readonly facts: readonly Fact[];
  readonly events: readonly RunEvent[];
}

/** Makes records of what a run recorded, and has them written: all of a journal that a run of less than a second needs not. */
export class JournalEncoder {
  private readonly file: PendingFile;
  private readonly out: ByteWriter;
  private readonly metrics = new Map<Metric, number>();
  /** Series, columns and rows of the segment that are encoded already. */
  private _series = 0;
  private columns = 0;
  private _rows = 0;
  /** Number of the last layout that is. */
  private layouts = -1;

  /** `open` makes the file, readable and writable, at the first write. Throws SystemError; it is then asked again later. */
  constructor(header: JournalHeader, open: () => number) {
    this.file = new PendingFile(open);
    this.out = this.file.out;
    putPrologue(this.out);
    putRecord(this.out, TYPE.header, (out) => putHeader(out, header));
  }

  /** Rows of the segment that are encoded. */
  get rows(): number {
    return this._rows;
  }

  /** Bytes that are in the file. */
  get writtenBytes(): number {
    return this.file.written;
  }

  /** Undefined while all is well. */
  get trouble(): JournalTrouble | undefined {
    return this.file.trouble;
  }

  /** Writes what is encoded. Never throws: what cannot be written waits on. */
  write(): void {
    this.file.write();
  }

  /** Everything that was encoded and not lost. Throws SystemError. */
  recording(): JournalRecording {
    return readJournal(this.file.source(), "journal");
  }

  encode({ segment, series, facts, events }: Waiting): void {
    const out = this.out;
    for (; this._series < series.length; this._series++) this.encodeSeries(series[this._series] as SeriesKey);
    for (const fact of facts) putRecord(out, TYPE.fact, () => putFact(out, fact));
    for (const event of events) putRecord(out, TYPE.event, () => putEvent(out, event));
    if (segment.rows === this._rows) return;
    this.encodeLayout(segment);
    putRows(out, segment, this._rows, this.layouts);
    this._rows = segment.rows;
  }

  /** The segment's columns, all of whose rows are encoded; what comes next is another segment. */
  encodeColumns(segment: Segment): void {
    putColumns(this.out, segment);
    this.columns = 0;
    this._rows = 0;
    this.file.mark();
  }

  /** Says that the run is over, after so many rows. */
  encodeEnd(rows: number): void {
    putRecord(this.out, TYPE.end, (out) => out.count(rows));
  }

  private encodeSeries(key: SeriesKey): void {
    const out = this.out;
    let metric = this.metrics.get(key.metric);
    if (metric === undefined) {
      metric = this.metrics.size;
      this.metrics.set(key.metric, metric);
      putRecord(out, TYPE.metric, () => putMetric(out, this.metrics.size - 1, key.metric));
    }
    const number = metric;
    putRecord(out, TYPE.series, () => putSeries(out, this._series, number, key));
  }

  private encodeLayout(segment: Segment): void {
    const { series } = segment;
    const begins = this._rows === 0;
    const kept = this.columns;
    if (begins) this.file.mark();
    if (begins || kept < series.length) this.putLayout(++this.layouts, kept, series.slice(kept));
    // A second copy, so that damage to the first does not cost the rows of the whole segment.
    if (!begins && beginsAfresh(segment, this._rows)) this.putLayout(this.layouts, 0, series);
    this.columns = series.length;
  }

  private putLayout(number: number, kept: number, added: readonly number[]): void {
    putRecord(this.out, TYPE.layout, (out) => putLayout(out, { number, kept, added }));
  }
}
