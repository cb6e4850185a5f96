import { type Fact, METRICS, type Metric, type MetricType, type SeriesKey } from "../catalog/index.ts";
import { type Identity, ROLES, type RunEvent } from "../recording/recording.ts";
import { ByteReader, type ByteWriter, MAJOR, MalformedRecord } from "./journal-format.ts";

/** The facts about a run that are known before its first row. */
export interface JournalHeader {
  readonly identity: Identity;
  /** Time of the first sample on the recording's axis, milliseconds since the epoch. */
  readonly startMs: number;
  /** Time of the first sample by the wall clock, milliseconds since the epoch. */
  readonly trueStartMs: number;
  /** The process that records the run. */
  readonly pid: number;
  /** The metrics file of the run, as the user wrote it. */
  readonly target: string;
}

export function encodeHeader(out: ByteWriter, header: JournalHeader): void {
  const { identity, startMs, trueStartMs, pid, target } = header;
  out.double(startMs);
  out.double(trueStartMs);
  out.count(pid);
  out.text(target);
  out.text(identity.instance);
  out.text(identity.role);
  out.texts([...identity.labels].flat());
  out.count(MAJOR);
}

/** The major version in a header; undefined: it is of version 1.0, whose headers have none. Throws MalformedRecord. */
export function headerVersion(payload: Uint8Array): number | undefined {
  const reader = new ByteReader(payload);
  decodeHeaderFrom(reader);
  return optionalCount(reader, payload);
}

export function decodeHeader(payload: Uint8Array): JournalHeader {
  return decodeHeaderFrom(new ByteReader(payload));
}

function decodeHeaderFrom(reader: ByteReader): JournalHeader {
  const startMs = reader.double();
  const trueStartMs = reader.double();
  const pid = reader.count();
  const target = reader.text();
  const instance = reader.text();
  const role = oneOf(ROLES, reader.text());
  const words = reader.texts();
  const labels = new Map<string, string>();
  for (let i = 0; i + 1 < words.length; i += 2) labels.set(words[i]!, words[i + 1]!);
  return { identity: { instance, role, labels }, startMs, trueStartMs, pid, target };
}

/** A metric or a series with the number by which other records refer to it. */
export interface Numbered<T> {
  readonly number: number;
  readonly value: T;
}

export function encodeMetric(out: ByteWriter, number: number, metric: Metric): void {
  const { name, type, unit, help, source, labels } = metric;
  out.count(number);
  out.count(5);
  out.text(name);
  out.text(type);
  out.text(unit ?? "");
  out.text(help);
  out.text(source);
  out.texts(labels);
}

const TYPES: readonly MetricType[] = ["counter", "gauge", "info"];

/** Decodes a metric: the catalogue's own where it is equal, since the journal may be of another version. */
export function decodeMetric(payload: Uint8Array): Numbered<Metric> {
  const reader = new ByteReader(payload);
  const number = reader.count();
  const [name = "", type = "", unit = "", help = "", source = ""] = reader.texts();
  const labels = reader.texts();
  const described = { name, type: oneOf(TYPES, type), ...(unit && { unit }), labels, help, source };
  const known = METRICS.find((each) => each.name === name);
  return { number, value: known && Bun.deepEquals({ ...known }, described) ? known : described };
}

export function encodeSeries(out: ByteWriter, number: number, metricNumber: number, { labels }: SeriesKey): void {
  out.count(number);
  out.count(metricNumber);
  out.texts(labels);
}

/** A series with the number of its metric. */
export interface SeriesRecord {
  readonly metric: number;
  readonly labels: readonly string[];
}

export function decodeSeries(payload: Uint8Array): Numbered<SeriesRecord> {
  const reader = new ByteReader(payload);
  return { number: reader.count(), value: { metric: reader.count(), labels: reader.texts() } };
}

export interface Layout {
  readonly number: number;
  /** Columns kept from the layout before. With 0 a segment begins, unless this repeats the current layout. */
  readonly kept: number;
  /** The series of the columns that follow those, by number. */
  readonly added: readonly number[];
}

export function encodeLayout(out: ByteWriter, { number, kept, added }: Layout): void {
  out.count(number);
  out.count(kept);
  out.count(added.length);
  for (const series of added) out.count(series);
}

export function decodeLayout(payload: Uint8Array): Layout {
  const reader = new ByteReader(payload);
  const number = reader.count();
  const kept = reader.count();
  return { number, kept, added: Array.from({ length: reader.length() }, () => reader.count()) };
}

/** The start of a `rows` record, before its rows. */
export interface RowsHead {
  readonly layout: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: number;
  readonly fresh: boolean;
  readonly firstMs: number;
}

export function encodeRowsHead(out: ByteWriter, head: RowsHead): void {
  out.count(head.layout);
  out.count(head.firstRow);
  out.count(head.rows);
  out.count(head.columns);
  out.byte(head.fresh ? 1 : 0);
  out.double(head.firstMs);
}

export function decodeRowsHead(reader: ByteReader): RowsHead {
  const layout = reader.count();
  const firstRow = reader.count();
  const rows = reader.length();
  const columns = reader.count();
  if (rows === 0) throw new MalformedRecord("rows without a row");
  return { layout, firstRow, rows, columns, fresh: reader.byte() === 1, firstMs: reader.double() };
}

/** The start of a `columns` record, and the offsets of its parts in the payload. */
export interface ColumnsHead {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly series: readonly number[];
  /** The offset of the words with the ends of times and columns. */
  readonly endsAt: number;
  /** The offset of the times, from which these ends count. */
  readonly dataAt: number;
}

export function decodeColumnsHead(payload: Uint8Array): ColumnsHead {
  const reader = new ByteReader(payload);
  const firstRow = reader.count();
  const rows = reader.count();
  const firstMs = reader.double();
  const lastMs = reader.double();
  const series = Array.from({ length: reader.length() }, () => reader.count());
  const endsAt = reader.at;
  let end = 0;
  for (let i = 0; i <= series.length; i++) {
    const next = reader.word();
    // Each column has a bit a row, so that a damaged number of rows does not allocate more than the payload justifies.
    if (next - end < rows / 8) throw new MalformedRecord("a column that is too short");
    end = next;
  }
  if (reader.at + end !== payload.length) throw new MalformedRecord("columns that end elsewhere than their record");
  return { firstRow, rows, firstMs, lastMs, series, endsAt, dataAt: reader.at };
}

export function encodeEvent(out: ByteWriter, { atMs, event, text }: RunEvent, number: number): void {
  out.double(atMs);
  out.text(event);
  out.text(text);
  out.count(number);
}

/** Decodes an event. Its number is undefined in journals of version 1.0, which have no copies. */
export function decodeEvent(payload: Uint8Array): MaybeNumbered<RunEvent> {
  const reader = new ByteReader(payload);
  const value = { atMs: reader.double(), event: reader.text(), text: reader.text() };
  return { number: optionalCount(reader, payload), value };
}

export function encodeFact(out: ByteWriter, [fact, value]: Fact, number: number): void {
  out.text(fact);
  out.text(value);
  out.count(number);
}

/** Decodes a fact, as `decodeEvent` does. */
export function decodeFact(payload: Uint8Array): MaybeNumbered<Fact> {
  const reader = new ByteReader(payload);
  const value: Fact = [reader.text(), reader.text()];
  return { number: optionalCount(reader, payload), value };
}

/** Samples of the largest processes. */
export interface UnsavedSamples {
  /** The number of the first of them in the run, from 0 on. */
  readonly first: number;
  /** As a SampleWriter wrote them, compressed by deflate. */
  readonly packed: Uint8Array;
}

/** Lines of the record of processes. */
export interface ProcessLines {
  /** What the user wants of them: `all` or `top`. */
  readonly choice: string;
  /** JSON lines, compressed by gzip. */
  readonly packed: Uint8Array;
}

export function encodeProcesses(out: ByteWriter, { choice, packed }: ProcessLines): void {
  out.text(choice);
  out.rest(packed);
}

export function decodeProcesses(payload: Uint8Array): ProcessLines {
  const reader = new ByteReader(payload);
  const choice = reader.text();
  return { choice, packed: payload.slice(reader.at) };
}

export function encodeSamples(out: ByteWriter, { first, packed }: UnsavedSamples): void {
  out.count(first);
  out.rest(packed);
}

export function decodeSamples(payload: Uint8Array): UnsavedSamples {
  const reader = new ByteReader(payload);
  const first = reader.count();
  return { first, packed: payload.slice(reader.at) };
}

/** The series of a snapshot, whose metrics are numbers, and their values. */
export interface SnapshotRecord {
  readonly topic: string;
  readonly atMs: number;
  readonly series: readonly SeriesRecord[];
  readonly values: readonly number[];
}

export function encodeSnapshot(out: ByteWriter, { topic, atMs, series, values }: SnapshotRecord): void {
  out.text(topic);
  out.double(atMs);
  out.count(series.length);
  for (const [i, { metric, labels }] of series.entries()) {
    out.count(metric);
    out.texts(labels);
    out.double(values[i]!);
  }
}

export function decodeSnapshot(payload: Uint8Array): SnapshotRecord {
  const reader = new ByteReader(payload);
  const [topic, atMs, count] = [reader.text(), reader.double(), reader.length()];
  const series: SeriesRecord[] = [];
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    series.push({ metric: reader.count(), labels: reader.texts() });
    values.push(reader.double());
  }
  return { topic, atMs, series, values };
}

/** An event or a fact, and its number, by which its copies are known. */
export interface MaybeNumbered<T> {
  readonly number: number | undefined;
  readonly value: T;
}

function optionalCount(reader: ByteReader, payload: Uint8Array): number | undefined {
  return reader.at < payload.length ? reader.count() : undefined;
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new MalformedRecord(`one of ${known.join(", ")}`);
  return found;
}
