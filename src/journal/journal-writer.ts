import type { Fact, SeriesKey, Snapshot } from "../catalog/index.ts";
import type { Clock } from "../clock.ts";
import type { RowSink, RunEvent } from "../recording/recording.ts";
import type { JournalEncoder } from "./journal-encoder.ts";
import type { JournalFailure, JournalFile, JournalMaker } from "./journal-file.ts";
import { JournalRecording } from "./journal-recording.ts";
import type { JournalHeader, ProcessLines, UnsavedSamples } from "./journal-records.ts";
import { memoryRows, Segment } from "./journal-segment.ts";
import { PendingRows } from "./pending-rows.ts";

/** The longest time between flushes. */
const FLUSH_MS = 1000;
/** A flush may come this much earlier, so that at a sample a second each tick writes its own row. */
const EARLY_MS = 100;
/** All but the first, without which a short run ends: where the machine makes one late, it still is within the second. */
const LATER_EARLY_MS = 400;

/** Unflushed cells, 64 KiB of them, that cause a flush. */
const MOST_UNFLUSHED_CELLS = 8192;

export interface JournalWriterParts {
  readonly header: JournalHeader;
  readonly clock: Pick<Clock, "now" | "at">;
  /** Create the file at the first flush, or a later one: the usual place, and those to which it moves, best first. */
  readonly places: readonly JournalMaker[];
  /** Whether the file is brought to the disk every five seconds. */
  readonly isSynced: boolean;
  /** Called after each flush of a run that goes on. */
  readonly flushed?: (() => void) | undefined;
  /** The record of processes; undefined: none is wanted. */
  readonly processes?: UnsavedProcesses | undefined;
  /** What is kept beside the rows, and replaced as a whole. */
  readonly snapshots?: () => readonly SnapshotSource[];
}

/** Has a snapshot, and later another one. */
export interface SnapshotSource {
  /** One word, by which the journal tells kinds of snapshots apart. */
  readonly topic: string;
  /** Grows with each new snapshot; 0: there is none. */
  readonly version: number;
  snapshot(): Snapshot;
}

/** Gives the lines of processes that the journal does not have yet, each once. */
export interface UnsavedProcesses {
  takeUnsaved(): readonly ProcessLines[];
  /** Likewise the samples of the largest ones. */
  takeUnsavedSamples(): readonly UnsavedSamples[];
}

/** Rows that are neither in a file nor in memory, or in no file, and the time that they span. */
export interface Unsaved {
  readonly seconds: number;
  /** Whether the file has no row at all. */
  readonly all: boolean;
}

/**
 * Writes the rows of a run to its journal. Rows stay in memory for at most a second; a run that ends sooner has no file.
 * Where the file cannot be written at any place, each flush tries again; rows are lost only above MOST_UNWRITTEN_BYTES.
 */
export class JournalWriter implements RowSink {
  private readonly parts: JournalWriterParts;
  private readonly segment = new Segment();
  private readonly pending = new PendingRows();
  private readonly series: SeriesKey[] = [];
  /** Series numbers by key object, since collectors keep their keys from one layout to the next, and by content. */
  private readonly numbersByKey = new WeakMap<SeriesKey, number>();
  private readonly numbersById = new Map<string, number>();
  private readonly factIds = new Set<string>();
  /** Facts and events since the last flush; during the first segment, all of them, and how many of these are encoded. */
  private facts: Fact[] = [];
  private events: RunEvent[] = [];
  private encodedFacts = 0;
  private encodedEvents = 0;
  /** The column of the segment for each value of a row. */
  private columns: number[] = [];
  /** Created at the first flush. */
  private encoder: JournalEncoder | undefined;
  /** The version of each topic's last snapshot in the journal. */
  private readonly savedVersions = new Map<string, number>();
  private flushedAt: number;
  private cancelTimer: (() => void) | undefined;

  constructor(parts: JournalWriterParts) {
    this.parts = parts;
    this.flushedAt = parts.clock.now();
  }

  layout(columns: readonly SeriesKey[]): void {
    this.pending.settle(this.segment);
    const numbers: number[] = [];
    for (const key of columns) numbers.push(this.numbersByKey.get(key) ?? this.numberOf(key));
    if (!this.segment.hasRoomFor(numbers)) this.closeSegment();
    this.mapColumns(numbers);
  }

  row(atMs: number, values: Float64Array): void {
    if (this.segment.isFull) this.nextSegment();
    this.segment.addRow(atMs);
    this.pending.add(values);
    this.flushIfDue();
  }

  event(event: RunEvent): void {
    this.events.push(event);
    this.flushIfDue();
  }

  fact(fact: Fact): void {
    const id = fact.join("\0");
    if (this.factIds.has(id)) return;
    this.factIds.add(id);
    this.facts.push(fact);
    this.flushIfDue();
  }

  /** Writes all rows, facts and events so far. It never throws: records that cannot be written stay in memory. */
  flush(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.flushedAt = this.parts.clock.now();
    this.encode().file.write();
    this.parts.flushed?.();
  }

  /** Ends the run. Where there is a file, everything so far is written. */
  end(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (!this.encoder) return;
    const encoder = this.encode();
    encoder.encodeEnd(this.segment.firstRow + this.segment.rows);
    encoder.file.write(true);
  }

  /** All that was recorded and not lost, from memory where all is in memory. Throws SystemError. */
  recording(): JournalRecording {
    this.pending.settle(this.segment);
    if (this.encoder && !this.isFirstSegment) return this.encode().recording();
    return new JournalRecording({
      header: this.parts.header,
      facts: this.facts,
      events: this.events,
      series: this.series,
      snapshots: this.snapshotSources().map((source) => source.snapshot()),
      rows: this.segment.rows > 0 ? [memoryRows(this.segment)] : [],
      damage: { ended: true, gaps: [], bytes: 0, unnamed: 0 },
    });
  }

  /** The length of the file. */
  get writtenBytes(): number {
    return this.file?.writtenBytes ?? 0;
  }

  /** Undefined before the first flush. */
  get file(): JournalFile | undefined {
    return this.encoder?.file;
  }

  /** What a reader of the file, as it is now, does not find. */
  get unsaved(): Unsaved {
    const { failure, firstUnwritten } = this.file ?? {};
    const lastMs = this.segment.lastMs;
    const dropped = failure?.lost ? failure.lost.toMs - failure.lost.fromMs : 0;
    const waiting = firstUnwritten && !Number.isNaN(lastMs) ? lastMs - firstUnwritten.atMs : 0;
    const all = !this.file?.file || firstUnwritten?.row === 0;
    if (all && !Number.isNaN(lastMs)) return { seconds: (lastMs - this.parts.header.startMs) / 1000, all };
    return { seconds: (dropped + waiting) / 1000, all };
  }

  /** Undefined as long as every write has succeeded. */
  get failure(): JournalFailure | undefined {
    return this.file?.failure;
  }

  private numberOf(key: SeriesKey): number {
    const id = `${key.metric.name}\0${key.labels.join("\0")}`;
    const number = this.numbersById.get(id) ?? this.series.push(key) - 1;
    this.numbersById.set(id, number);
    this.numbersByKey.set(key, number);
    return number;
  }

  /** Finds the column of each series of a row, and adds columns where they are missing. */
  private mapColumns(numbers: readonly number[]): void {
    const segment = this.segment;
    segment.addColumns(numbers);
    this.columns = [];
    for (const number of numbers) this.columns.push(segment.columnOf(number)!);
    this.pending.begin(this.columns, this.absentColumns());
  }

  /** Returns the columns of the segment without a value in the current layout. */
  private absentColumns(): number[] {
    const { series } = this.segment;
    const absent: number[] = [];
    if (series.length === this.columns.length) return absent;
    const live = new Set(this.columns);
    for (let column = 0; column < series.length; column++) if (!live.has(column)) absent.push(column);
    return absent;
  }

  /** Ends a full segment and begins another with the same series. */
  private nextSegment(): void {
    const numbers = this.columns.map((column) => this.segment.series[column]!);
    this.closeSegment();
    this.mapColumns(numbers);
  }

  /** Whether all rows so far are in memory. */
  private get isFirstSegment(): boolean {
    return this.segment.firstRow === 0;
  }

  private closeSegment(): void {
    const encoder = this.encode();
    encoder.endSegment(this.segment);
    this.segment.restart(this.segment.firstRow + this.segment.rows);
    this.forgetEncoded();
    encoder.file.write();
  }

  private flushIfDue(): void {
    const { clock } = this.parts;
    const now = clock.now();
    const unflushed = (this.segment.rows - (this.encoder?.encodedRows ?? 0)) * this.segment.series.length;
    const early = this.encoder ? LATER_EARLY_MS : EARLY_MS;
    const due = now - this.flushedAt >= FLUSH_MS - early || unflushed >= MOST_UNFLUSHED_CELLS;
    if (due) this.flush();
    // Of the oldest record that is not in the file. The timer is as late as a sample on a busy machine.
    else this.cancelTimer ??= clock.at(now + FLUSH_MS - (this.encoder ? LATER_EARLY_MS : 0), () => this.flush());
  }

  /** Encodes everything that is new. The encoder is loaded when it is first needed. */
  private encode(): JournalEncoder {
    this.pending.settle(this.segment);
    if (!this.encoder) {
      const { JournalEncoder } = require("./journal-encoder.ts") as typeof import("./journal-encoder.ts");
      const { JournalFile } = require("./journal-file.ts") as typeof import("./journal-file.ts");
      const { header, places, isSynced } = this.parts;
      this.encoder = new JournalEncoder(header, new JournalFile(places, { isSynced }));
    }
    const encoder = this.encoder;
    const facts = this.facts.slice(this.encodedFacts);
    const events = this.events.slice(this.encodedEvents);
    encoder.encode({ segment: this.segment, series: this.series, facts, events });
    const { processes } = this.parts;
    if (processes) {
      encoder.encodeProcesses(processes.takeUnsaved());
      encoder.encodeSamples(processes.takeUnsavedSamples());
    }
    this.encodeSnapshots(encoder);
    this.encodedFacts = this.facts.length;
    this.encodedEvents = this.events.length;
    if (!this.isFirstSegment) this.forgetEncoded();
    return encoder;
  }

  /** While the file cannot be written they wait: only the last one counts. */
  private encodeSnapshots(encoder: JournalEncoder): void {
    if (encoder.file.failure?.hasUnwritten) return;
    for (const source of this.snapshotSources()) {
      const { topic, version } = source;
      if (this.savedVersions.get(topic) === version) continue;
      this.savedVersions.set(topic, version);
      encoder.encodeSnapshot(topic, source.snapshot());
    }
  }

  private snapshotSources(): readonly SnapshotSource[] {
    return this.parts.snapshots?.().filter(({ version }) => version > 0) ?? [];
  }

  /** Drops encoded facts and events: after the first segment, `recording()` reads them from the journal. */
  private forgetEncoded(): void {
    this.facts = [];
    this.events = [];
    this.encodedFacts = 0;
    this.encodedEvents = 0;
  }
}
