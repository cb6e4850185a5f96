import type { SeriesKey } from "../catalog/index.ts";
import type { Fact, RowSink, RunEvent } from "../recording/recording.ts";
import type { JournalHeader } from "./about.ts";
import type { JournalEncoder } from "./encoder.ts";
import type { JournalTrouble } from "./pending.ts";
import { JournalRecording } from "./recording.ts";
import { Segment } from "./segment.ts";
import { memoryRows } from "./stored-rows.ts";

/** Nothing waits longer; a sample a second is written with its tick, although that may be a little early. */
const FLUSH_MS = 1000;
const EARLY_MS = 100;

/** Cells of rows that wait for a flush, 64 KiB of them, before one is made. */
const MOST_WAITING_CELLS = 8192;

/** What the writer must know of time, by the monotonic clock. */
export interface FlushClock {
  now(): number;
  /** Calls back once at a time by `now()`, or as soon after it as can be; the answer cancels. */
  at(deadline: number, callback: () => void): () => void;
}

export interface JournalParts {
  readonly header: JournalHeader;
  readonly clock: FlushClock;
  /** Makes the file, readable and writable, at the first flush. Throws SystemError; it is then asked again later. */
  readonly open: () => number;
}

/**
 * A run's rows on their way to its journal. They wait in memory for a second at most; a run that is over sooner makes
 * no file. A file that cannot be written costs nothing until MOST_PENDING_BYTES wait for it: each flush tries again.
 */
export class JournalWriter implements RowSink {
  private readonly parts: JournalParts;
  private readonly segment = new Segment();
  private readonly _series: SeriesKey[] = [];
  /** Numbers by the keys themselves, which collectors keep from one layout to the next, and by what they say. */
  private readonly numbersByKey = new WeakMap<SeriesKey, number>();
  private readonly numbersById = new Map<string, number>();
  private readonly factIds = new Set<string>();
  /** What the encoder has not got yet; while the first segment goes on, all. */
  private _facts: Fact[] = [];
  private _events: RunEvent[] = [];
  private encodedFacts = 0;
  private encodedEvents = 0;
  /** Column of the segment that each value of a row goes to; and the columns that rows have no value for any more. */
  private columns: number[] = [];
  private gone: number[] = [];
  /** Once there is something to write. */
  private encoder: JournalEncoder | undefined;
  private flushedAt: number;
  private cancelTimer: (() => void) | undefined;

  constructor(parts: JournalParts) {
    this.parts = parts;
    this.flushedAt = parts.clock.now();
  }

  layout(columns: readonly SeriesKey[]): void {
    const numbers: number[] = [];
    for (const key of columns) numbers.push(this.numbersByKey.get(key) ?? this.numberOf(key));
    if (!this.segment.hasRoomFor(numbers)) this.closeSegment();
    this.place(numbers);
  }

  row(atMs: number, values: Float64Array): void {
    if (this.segment.isFull) this.nextSegment();
    const row = this.segment.addRow(atMs);
    const { values: cells, stride } = this.segment;
    const columns = this.columns;
    for (let i = 0; i < columns.length; i++) cells[(columns[i] as number) * stride + row] = values[i] as number;
    for (const column of this.gone) cells[column * stride + row] = Number.NaN;
    this.flushOrWait();
  }

  event(event: RunEvent): void {
    this._events.push(event);
    this.flushOrWait();
  }

  fact(fact: Fact): void {
    const id = fact.join("\0");
    if (this.factIds.has(id)) return;
    this.factIds.add(id);
    this._facts.push(fact);
    this.flushOrWait();
  }

  /** Writes what waits. Never throws: what cannot be written waits on. */
  flush(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.flushedAt = this.parts.clock.now();
    this.encode().write();
  }

  /** Says that the run is over; what waits is written where there is a file. */
  end(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (!this.encoder) return;
    const encoder = this.encode();
    encoder.encodeEnd(this.segment.firstRow + this.segment.rows);
    encoder.write();
  }

  /** Everything that was recorded and not lost; from memory where that has all of it. Throws SystemError. */
  recording(): JournalRecording {
    if (this.encoder && !this.isFirstSegment) return this.encode().recording();
    return new JournalRecording({
      header: this.parts.header,
      facts: this._facts,
      events: this._events,
      series: this._series,
      rows: this.segment.rows > 0 ? [memoryRows(this.segment)] : [],
      damage: { ended: true, gaps: [], bytes: 0, unnamed: 0 },
    });
  }

  /** Bytes that are in the file. */
  get writtenBytes(): number {
    return this.encoder?.writtenBytes ?? 0;
  }

  /** Undefined while all is well. */
  get trouble(): JournalTrouble | undefined {
    return this.encoder?.trouble;
  }

  private numberOf(key: SeriesKey): number {
    const id = `${key.metric.name}\0${key.labels.join("\0")}`;
    const number = this.numbersById.get(id) ?? this._series.push(key) - 1;
    this.numbersById.set(id, number);
    this.numbersByKey.set(key, number);
    return number;
  }

  /** Gives each series of a row its column, a new one where it has none yet. */
  private place(numbers: readonly number[]): void {
    const segment = this.segment;
    segment.addColumns(numbers);
    this.columns = [];
    for (const number of numbers) this.columns.push(segment.columnOf(number) as number);
    this.gone = [];
    if (segment.series.length === numbers.length) return;
    const live = new Set(this.columns);
    for (let column = 0; column < segment.series.length; column++) if (!live.has(column)) this.gone.push(column);
  }

  /** A full segment's columns follow its rows, and the same series go on in the next. */
  private nextSegment(): void {
    const numbers = this.columns.map((column) => this.segment.series[column] as number);
    this.closeSegment();
    this.place(numbers);
  }

  /** No row has left the memory yet. */
  private get isFirstSegment(): boolean {
    return this.segment.firstRow === 0;
  }

  private closeSegment(): void {
    const encoder = this.encode();
    encoder.encodeColumns(this.segment);
    this.segment.restart(this.segment.firstRow + this.segment.rows);
    this.forgetEncoded();
    encoder.write();
  }

  private flushOrWait(): void {
    const { clock } = this.parts;
    const now = clock.now();
    const waiting = (this.segment.rows - (this.encoder?.rows ?? 0)) * this.segment.series.length;
    const due = now - this.flushedAt >= FLUSH_MS - EARLY_MS || waiting >= MOST_WAITING_CELLS;
    if (due) this.flush();
    else this.cancelTimer ??= clock.at(now + FLUSH_MS, () => this.flush());
  }

  /** Hands what is new to the encoder; that is loaded when the first of it is to be written. */
  private encode(): JournalEncoder {
    if (!this.encoder) {
      const { JournalEncoder } = require("./encoder.ts") as typeof import("./encoder.ts");
      this.encoder = new JournalEncoder(this.parts.header, this.parts.open);
    }
    const encoder = this.encoder;
    const facts = this._facts.slice(this.encodedFacts);
    const events = this._events.slice(this.encodedEvents);
    encoder.encode({ segment: this.segment, series: this._series, facts, events });
    this.encodedFacts = this._facts.length;
    this.encodedEvents = this._events.length;
    if (!this.isFirstSegment) this.forgetEncoded();
    return encoder;
  }

  /** The journal has them, and is what will be read. */
  private forgetEncoded(): void {
    this._facts = [];
    this._events = [];
    this.encodedFacts = 0;
    this.encodedEvents = 0;
  }
}
