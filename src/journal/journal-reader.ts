import type { Fact, Metric, SeriesKey, Snapshot } from "../catalog/index.ts";
import { ParseError } from "../errors.ts";
import type { RunEvent } from "../recording/recording.ts";
import { ByteReader, MAGIC, MAJOR, MalformedRecord, PROLOGUE_BYTES, TYPE } from "./journal-format.ts";
import { JournalRecording } from "./journal-recording.ts";
import {
  decodeColumnsHead,
  decodeEvent,
  decodeFact,
  decodeHeader,
  decodeLayout,
  decodeMetric,
  decodeProcesses,
  decodeRowsHead,
  decodeSamples,
  decodeSeries,
  decodeSnapshot,
  headerVersion,
  type JournalHeader,
  type MaybeNumbered,
  type ProcessLines,
  type SnapshotRecord,
  type UnsavedSamples,
} from "./journal-records.ts";
import { type IntactRecord, type JournalSource, recordsOf } from "./journal-source.ts";
import { RowIndex } from "./row-index.ts";

/**
 * Reads all intact records of a journal in one pass. Rows are only located; they are decoded one series at a time while
 * the recording is used, and the source must stay open until then.
 * @param name the journal, for messages
 * @throws ParseError where it is no journal, has another major version, or lacks every copy of its header; SystemError
 */
export function readJournal(source: JournalSource, name: string): JournalRecording {
  const content = new ContentReader(source);
  let damaged = 0;
  for (const item of recordsOf(source, firstRecord(source, name))) {
    if (!("payload" in item)) damaged += item.torn ? 0 : item.bytes;
    else if (!content.add(item)) damaged += item.payload.length;
  }
  return content.recording(damaged, name);
}

/** Yields the lines of processes in a journal, in their order; those in damaged records are left out. Throws as `readJournal`. */
export function* processesIn(source: JournalSource, name: string): Iterable<ProcessLines> {
  for (const item of recordsOf(source, firstRecord(source, name))) {
    if (!("payload" in item) || item.type !== TYPE.processes) continue;
    const lines = unlessMalformed(decodeProcesses, item.payload);
    if (lines) yield lines;
  }
}

/** Yields the samples of the largest processes in a journal likewise. */
export function* samplesIn(source: JournalSource, name: string): Iterable<UnsavedSamples> {
  for (const item of recordsOf(source, firstRecord(source, name))) {
    if (!("payload" in item) || item.type !== TYPE.samples) continue;
    const samples = unlessMalformed(decodeSamples, item.payload);
    if (samples) yield samples;
  }
}

function unlessMalformed<T>(decode: (payload: Uint8Array) => T, payload: Uint8Array): T | undefined {
  try {
    return decode(payload);
  } catch (error) {
    if (error instanceof MalformedRecord) return undefined;
    throw error;
  }
}

/** Reads the header alone. Throws as `readJournal` does. */
export function readHeader(source: JournalSource, name: string): JournalHeader {
  const header = headerIn(source, firstRecord(source, name));
  if (header) return decodeHeader(header);
  throw headerMissing(name);
}

function headerMissing(name: string): ParseError {
  return new ParseError(name, "a journal's header", "one that is damaged, or none");
}

/** Returns the payload of the first intact header from an offset on; undefined: there is none. */
function headerIn(source: JournalSource, from: number): Uint8Array | undefined {
  for (const item of recordsOf(source, from)) if ("payload" in item && item.type === TYPE.header) return item.payload;
  return undefined;
}

/**
 * Returns the offset from which the records are read: 0 where the file's first bytes are damaged, but a header of our
 * version shows that it is a journal. Throws ParseError for anything else.
 */
function firstRecord(source: JournalSource, name: string): number {
  const prologue = new Uint8Array(PROLOGUE_BYTES);
  const length = source.read(0, prologue, PROLOGUE_BYTES);
  const magic = new TextDecoder().decode(prologue.subarray(0, Math.min(length, MAGIC.length)));
  const [major, minor] = prologue.subarray(MAGIC.length);
  const isOurs = length === PROLOGUE_BYTES && magic === MAGIC;
  if (isOurs && major === MAJOR) return PROLOGUE_BYTES;
  if (versionIn(source) === MAJOR) return 0;
  if (isOurs) throw new ParseError(name, `a journal of version ${MAJOR}`, `version ${major}.${minor}`);
  throw new ParseError(name, "a statexec journal", magic);
}

/** Returns the major version in the first intact header; undefined: there is none, or none in it. */
function versionIn(source: JournalSource): number | undefined {
  const header = headerIn(source, 0);
  try {
    return header && headerVersion(header);
  } catch (error) {
    if (error instanceof MalformedRecord) return undefined;
    throw error;
  }
}

/** More series than any machine has. A larger number is damage, and would only allocate memory. */
const MOST_SERIES = 2 ** 24;

/** Collects the content of a journal from its records. */
class ContentReader {
  private readonly index: RowIndex;
  private readonly metrics = new Map<number, Metric>();
  private readonly series: (SeriesKey | undefined)[] = [];
  private readonly facts = new Copied<Fact>();
  private readonly events = new Copied<RunEvent>();
  /** By topic: the last one. */
  private readonly snapshots = new Map<string, SnapshotRecord>();
  private header: JournalHeader | undefined;

  constructor(source: JournalSource) {
    this.index = new RowIndex(source);
  }

  /** Returns false where an intact record does not have the content of its type. No writer of ours makes such records. */
  add(record: IntactRecord): boolean {
    try {
      this.decode(record);
      return true;
    } catch (error) {
      if (error instanceof MalformedRecord) return false;
      throw error;
    }
  }

  recording(damagedBytes: number, name: string): JournalRecording {
    const { header, facts, events, series } = this;
    if (!header) throw headerMissing(name);
    const { rows, gaps, ended } = this.index.finish();
    const used = new Set(rows.flatMap(({ columns }) => columns.series));
    const unnamed = [...used].filter((number) => !series[number]).length;
    const damage = { ended, gaps, bytes: damagedBytes, unnamed };
    const snapshots = Array.from(this.snapshots.values(), (one) => this.snapshotOf(one));
    return new JournalRecording({ header, facts: facts.all(), events: events.all(), series, snapshots, rows, damage });
  }

  /** Series whose metric is damaged are left out. */
  private snapshotOf({ atMs, series, values }: SnapshotRecord): Snapshot {
    const known = series.flatMap(({ metric: number, labels }, i) => {
      const metric = this.metrics.get(number);
      return metric?.labels.length === labels.length ? [{ key: { metric, labels }, value: values[i]! }] : [];
    });
    return { atMs, keys: known.map(({ key }) => key), values: known.map(({ value }) => value) };
  }

  private decode({ type, payload, offset }: IntactRecord): void {
    switch (type) {
      case TYPE.header:
        this.header ??= decodeHeader(payload);
        break;
      case TYPE.metric: {
        const { number, value } = decodeMetric(payload);
        this.metrics.set(number, value);
        break;
      }
      case TYPE.series:
        this.addSeries(payload);
        break;
      case TYPE.layout:
        this.index.layout(decodeLayout(payload));
        break;
      case TYPE.rows:
        this.index.rows(decodeRowsHead(new ByteReader(payload)), offset, payload.length);
        break;
      case TYPE.columns:
        this.index.columns(decodeColumnsHead(payload), offset);
        break;
      case TYPE.event:
      case TYPE.eventCopy:
        this.events.add(decodeEvent(payload));
        break;
      case TYPE.fact:
      case TYPE.factCopy:
        this.facts.add(decodeFact(payload));
        break;
      case TYPE.snapshot: {
        const snapshot = decodeSnapshot(payload);
        this.snapshots.set(snapshot.topic, snapshot);
        break;
      }
      case TYPE.end:
        this.index.end(new ByteReader(payload).count());
        break;
      default:
      // Types of later minor versions are ignored.
    }
  }

  private addSeries(payload: Uint8Array): void {
    const { number, value } = decodeSeries(payload);
    const metric = this.metrics.get(value.metric);
    if (number >= MOST_SERIES) throw new MalformedRecord("a series of a number that cannot be");
    if (metric && metric.labels.length === value.labels.length) this.series[number] = { metric, labels: value.labels };
  }
}

/** Items of which the journal may have copies, by number. */
class Copied<T> {
  private readonly items = new Map<number, T>();

  add({ number, value }: MaybeNumbered<T>): void {
    this.items.set(number ?? this.items.size, value);
  }

  /** Each once, in the order of their numbers, whichever copies were read. */
  all(): T[] {
    return [...this.items].sort(([a], [b]) => a - b).map(([, value]) => value);
  }
}
