import { METRICS, type Metric, type MetricType, type SeriesKey } from "../catalog/index.ts";
import type { Fact, Identity, Role, RunEvent } from "../recording/recording.ts";
import { ByteReader, type ByteWriter, MalformedRecord } from "./bytes.ts";

/** What is known of a run before its first row. */
export interface JournalHeader {
  readonly identity: Identity;
  /** Time of the first sample on the recording's axis, milliseconds since the epoch. */
  readonly startMs: number;
  /** The wall clock's time then. */
  readonly trueStartMs: number;
  /** The process that records, or did. */
  readonly pid: number;
  /** The metrics file that this is to become, as the user named it. */
  readonly target: string;
}

export function putHeader(out: ByteWriter, { identity, startMs, trueStartMs, pid, target }: JournalHeader): void {
  out.double(startMs);
  out.double(trueStartMs);
  out.count(pid);
  out.text(target);
  out.text(identity.instance);
  out.text(identity.role);
  out.texts([...identity.labels].flat());
}

const ROLES: readonly Role[] = ["standalone", "client", "server"];

export function header(payload: Uint8Array): JournalHeader {
  const reader = new ByteReader(payload);
  const startMs = reader.double();
  const trueStartMs = reader.double();
  const pid = reader.count();
  const target = reader.text();
  const instance = reader.text();
  const role = oneOf(ROLES, reader.text());
  const words = reader.texts();
  const labels = new Map<string, string>();
  for (let i = 0; i + 1 < words.length; i += 2) labels.set(words[i] as string, words[i + 1] as string);
  return { identity: { instance, role, labels }, startMs, trueStartMs, pid, target };
}

/** Metrics and series are referred to by their numbers. */
export interface Numbered<T> {
  readonly number: number;
  readonly value: T;
}

export function putMetric(out: ByteWriter, number: number, { name, type, unit, help, source, labels }: Metric): void {
  out.count(number);
  out.texts([name, type, unit ?? "", help, source]);
  out.texts(labels);
}

const TYPES: readonly MetricType[] = ["counter", "gauge", "info"];

/** A metric as the catalogue has it, or as the journal does where the catalogue is of another version. */
export function metric(payload: Uint8Array): Numbered<Metric> {
  const reader = new ByteReader(payload);
  const number = reader.count();
  const [name = "", type = "", unit = "", help = "", source = ""] = reader.texts();
  const labels = reader.texts();
  const described = { name, type: oneOf(TYPES, type), ...(unit && { unit }), labels, help, source };
  const known = METRICS.find((each) => each.name === name);
  return { number, value: known && Bun.deepEquals({ ...known }, described) ? known : described };
}

export function putSeries(out: ByteWriter, number: number, metricNumber: number, { labels }: SeriesKey): void {
  out.count(number);
  out.count(metricNumber);
  out.texts(labels);
}

/** A series, with the number of its metric. */
export function series(payload: Uint8Array): Numbered<{ readonly metric: number; readonly labels: readonly string[] }> {
  const reader = new ByteReader(payload);
  return { number: reader.count(), value: { metric: reader.count(), labels: reader.texts() } };
}

export function putEvent(out: ByteWriter, { atMs, event, text }: RunEvent): void {
  out.double(atMs);
  out.text(event);
  out.text(text);
}

export function event(payload: Uint8Array): RunEvent {
  const reader = new ByteReader(payload);
  return { atMs: reader.double(), event: reader.text(), text: reader.text() };
}

export function putFact(out: ByteWriter, [fact, value]: Fact): void {
  out.text(fact);
  out.text(value);
}

export function fact(payload: Uint8Array): Fact {
  const reader = new ByteReader(payload);
  return [reader.text(), reader.text()];
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new MalformedRecord(`one of ${known.join(", ")}`);
  return found;
}
