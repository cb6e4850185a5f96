import type { Fact, Metric, SeriesKey, Snapshot } from "../catalog/index.ts";
import type { RunEvent } from "../recording/recording.ts";
import { BLOCK_BYTES, RecordCopies } from "./journal-copies.ts";
import type { JournalFile } from "./journal-file.ts";
import { type ByteWriter, beginRecord, endRecord, putPrologue, putRecord, TYPE } from "./journal-format.ts";
import { readJournal } from "./journal-reader.ts";
import type { JournalRecording } from "./journal-recording.ts";
import {
  encodeEvent,
  encodeFact,
  encodeHeader,
  encodeLayout,
  encodeMetric,
  encodeProcesses,
  encodeSamples,
  encodeSeries,
  encodeSnapshot,
  type JournalHeader,
  type ProcessLines,
  type UnsavedSamples,
} from "./journal-records.ts";
import type { Segment } from "./journal-segment.ts";
import { encodeColumns, encodeRows } from "./row-encoding.ts";

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
  readonly file: JournalFile;
  private readonly out: ByteWriter;
  private readonly copies: RecordCopies;
  private readonly metricNumbers = new Map<Metric, number>();
  private facts = 0;
  private events = 0;
  /** The numbers of series, columns and rows that are encoded. */
  private encodedSeries = 0;
  private encodedColumns = 0;
  private _encodedRows = 0;
  /** The block of the file in which the last fresh rows, with the layout before them, begin. */
  private freshBlock = -1;
  /** The number of the last layout. */
  private layoutNumber = -1;

  constructor(header: JournalHeader, file: JournalFile) {
    this.file = file;
    this.out = this.file.unwritten;
    this.copies = new RecordCopies(this.file);
    putPrologue(this.out);
    this.copies.put(TYPE.header, (out) => encodeHeader(out, header));
  }

  /** The number of the segment's rows that are encoded. */
  get encodedRows(): number {
    return this._encodedRows;
  }

  /** All that was encoded and not lost. Throws SystemError. */
  recording(): JournalRecording {
    return readJournal(this.file.source(), "journal");
  }

  encode({ segment, series, facts, events }: JournalData): void {
    const out = this.out;
    if (this.encodedSeries < series.length) this.encodeNewSeries(series);
    for (const fact of facts) this.encodeNextFact(fact);
    for (const event of events) this.encodeNextEvent(event);
    if (segment.rows > this._encodedRows) {
      const fresh = this.areFresh();
      this.encodeLayouts(segment, fresh);
      encodeRows(out, segment, this._encodedRows, { layout: this.layoutNumber, fresh });
      this._encodedRows = segment.rows;
    }
    this.copies.repeatIfApart();
  }

  /** Encodes lines of the record of processes, without a copy: damage costs the processes of these lines. */
  encodeProcesses(lines: readonly ProcessLines[]): void {
    for (const each of lines) putRecord(this.out, TYPE.processes, (out) => encodeProcesses(out, each));
  }

  /** Encodes samples of the largest processes, without a copy: after damage they go on with the next whole one. */
  encodeSamples(samples: readonly UnsavedSamples[]): void {
    for (const each of samples) putRecord(this.out, TYPE.samples, (out) => encodeSamples(out, each));
  }

  /** Encodes a snapshot, without a copy: damage leaves the one before it of its topic. */
  encodeSnapshot(topic: string, { atMs, keys, values }: Snapshot): void {
    const series = keys.map(({ metric, labels }) => ({ metric: this.metricNumber(metric), labels }));
    putRecord(this.out, TYPE.snapshot, (out) => encodeSnapshot(out, { topic, atMs, series, values }));
  }

  private metricNumber(metric: Metric): number {
    const known = this.metricNumbers.get(metric);
    if (known !== undefined) return known;
    const number = this.metricNumbers.size;
    this.metricNumbers.set(metric, number);
    this.copies.put(TYPE.metric, (out) => encodeMetric(out, number, metric));
    return number;
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
    this.copies.repeatAll();
    putRecord(this.out, TYPE.end, (out) => out.count(rows));
  }

  /** Encodes the series that are new, each after its metric. At a run's first flush these are hundreds. */
  private encodeNewSeries(series: readonly SeriesKey[]): void {
    const { out, metricNumbers } = this;
    let longest = 0;
    this.copies.begin();
    for (; this.encodedSeries < series.length; this.encodedSeries++) {
      const key = series[this.encodedSeries]!;
      let metric = metricNumbers.get(key.metric);
      if (metric === undefined) {
        metric = metricNumbers.size;
        metricNumbers.set(key.metric, metric);
        const start = out.at;
        beginRecord(out, TYPE.metric);
        encodeMetric(out, metric, key.metric);
        longest = Math.max(longest, endRecord(out, start));
      }
      const start = out.at;
      beginRecord(out, TYPE.series);
      encodeSeries(out, this.encodedSeries, metric, key);
      longest = Math.max(longest, endRecord(out, start));
    }
    this.copies.end(longest);
  }

  private encodeNextFact(fact: Fact): void {
    const number = this.facts++;
    this.copies.put(TYPE.fact, (out) => encodeFact(out, fact, number), TYPE.factCopy);
  }

  private encodeNextEvent(event: RunEvent): void {
    const number = this.events++;
    this.copies.put(TYPE.event, (out) => encodeEvent(out, event, number), TYPE.eventCopy);
  }

  /**
   * Whether the next rows are to be fresh: those that begin a segment, and the first that begin in a block of the file. So
   * damage to the block before costs no row of this one.
   */
  private areFresh(): boolean {
    const block = Math.floor(this.file.length / BLOCK_BYTES);
    const fresh = this._encodedRows === 0 || block !== this.freshBlock;
    if (fresh) this.freshBlock = block;
    return fresh;
  }

  private encodeLayouts(segment: Segment, fresh: boolean): void {
    const { series } = segment;
    const begins = this._encodedRows === 0;
    const kept = this.encodedColumns;
    if (begins) this.file.beginSegment();
    if (begins && segment.firstRow > 0) this.copies.repeatLasting();
    if (begins || kept < series.length) this.putLayout(++this.layoutNumber, kept, series.slice(kept));
    // A second copy, so that damage to the first does not cost the rows of the whole segment.
    if (!begins && fresh) this.putLayout(this.layoutNumber, 0, series);
    this.encodedColumns = series.length;
  }

  private putLayout(number: number, kept: number, added: readonly number[]): void {
    putRecord(this.out, TYPE.layout, (out) => encodeLayout(out, { number, kept, added }));
  }
}
