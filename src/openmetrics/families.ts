import { type Fact, METRICS, RUN, type SeriesKey, series } from "../catalog/index.ts";
import { isWritable, REPLACEMENT, writable } from "../catalog/label-value.ts";
import type { Block, RecordedSeries, Recording, RunEvent } from "../recording/recording.ts";

/** All series of a recording, those that are made of facts and events included, by family and in the order of a file. */
export function familiesOf(recording: Recording): RecordedSeries[][] {
  const { facts, events, startMs } = recording;
  const families = new Map<string, RecordedSeries[]>();
  for (const all of [factSeries(facts, startMs), eventSeries(events), recording.series()]) {
    for (const one of all) {
      const family = families.get(one.metric.name);
      if (family) family.push(one);
      else families.set(one.metric.name, [one]);
    }
  }
  const target = targetSeries(facts, startMs, families.get(RUN.commandStatus.name)?.[0]);
  if (target) families.set(RUN.target.name, [target]);
  const ordered = inFamilyOrder(families);
  for (const family of ordered) {
    sortSeries(family);
    if (makeWritable(family)) sortSeries(family);
  }
  return ordered;
}

/**
 * Replaces what no label can hold; false: there is none. Series that differ only in that stay apart: one more sign ends the
 * last label.
 */
function makeWritable(family: RecordedSeries[]): boolean {
  if (areSafe(family)) return false;
  const taken = new Set(family.filter(isSafe).map(({ labels }) => idOf(labels)));
  for (const [i, one] of family.entries()) {
    if (isSafe(one)) continue;
    const labels = one.labels.map(writable);
    while (taken.has(idOf(labels))) labels.push(`${labels.pop()}${REPLACEMENT}`);
    taken.add(idOf(labels));
    family[i] = { ...one, labels };
  }
  return true;
}

function areSafe(family: readonly SeriesKey[]): boolean {
  for (const one of family) if (!isSafe(one)) return false;
  return true;
}

function isSafe({ labels }: SeriesKey): boolean {
  for (const label of labels) if (!isWritable(label)) return false;
  return true;
}

function idOf(labels: readonly string[]): string {
  return JSON.stringify(labels);
}

/** The series of facts: one point with value 1 each, at the start. A fact that occurs twice is one series. */
function factSeries(facts: readonly Fact[], startMs: number): RecordedSeries[] {
  const keys = facts.map(([fact, value]) => series(RUN.info, { fact, value }));
  const block = { length: 1, times: Float64Array.of(startMs), values: Float64Array.of(1) };
  return byLabels(keys, (key) => key).map(([key]) => withBlock(key, block));
}

/** A query at any time of a run finds a point: those of Prometheus look back 5 minutes. */
const TARGET_INTERVAL_MS = 150_000;

/**
 * The series of `statexec_target_info`: a point with value 1 at the start, then at times of samples, the last one included.
 * Undefined for a recording that has none of its facts. `sampled`: a series with a point at each sample, if there is one.
 */
export function targetSeries(
  facts: readonly Fact[],
  startMs: number,
  sampled: RecordedSeries | undefined,
): RecordedSeries | undefined {
  const highest = (name: string) =>
    facts.reduce((most, [fact, value]) => (fact === name ? laterOf(most, value) : most), "");
  const key = series(RUN.target, {
    host_name: highest("host"),
    host_kernel: highest("kernel"),
    host_cpus: highest("cpus"),
    statexec_version: highest("version"),
    started_at: highest("started_at"),
  });
  if (key.labels.every((label) => label === "")) return undefined;
  return { ...key, blocks: () => [targetBlock(startMs, sampled)] };
}

/** The later of two texts in natural order: of several values of a fact the same, in whatever order they come. */
function laterOf(a: string, b: string): string {
  return compareNatural(a, b) > 0 ? a : b;
}

function targetBlock(startMs: number, sampled: RecordedSeries | undefined): Block {
  const times = [startMs];
  let dueMs = startMs + TARGET_INTERVAL_MS;
  let atMs = startMs;
  for (const block of sampled?.blocks() ?? []) {
    for (let row = 0; row < block.length; row++) {
      if (Number.isNaN(block.values[row])) continue;
      atMs = block.times[row]!;
      if (atMs < dueMs) continue;
      times.push(atMs);
      dueMs = atMs + TARGET_INTERVAL_MS;
    }
  }
  if (atMs > times.at(-1)!) times.push(atMs);
  return { length: times.length, times: Float64Array.from(times), values: new Float64Array(times.length).fill(1) };
}

/**
 * The series of events: a point at the time of each, with the time in seconds as its value. A series has one point a
 * time, so of two equal events in one millisecond the second gets the next millisecond; its value stays true.
 */
function eventSeries(events: readonly RunEvent[]): RecordedSeries[] {
  const all: RecordedSeries[] = [];
  for (const [key, alike] of byLabels(events, ({ event, text }) => series(RUN.event, { event, text }))) {
    const values = Float64Array.from(alike, ({ atMs }) => Math.round(atMs)).sort();
    const times = values.slice();
    for (let i = 1; i < times.length; i++) times[i] = Math.max(times[i]!, times[i - 1]! + 1);
    all.push(withBlock(key, { length: times.length, times, values: values.map((atMs) => atMs / 1000) }));
  }
  return all;
}

/** The fact of a series of `statexec_run_info`. */
export function factOf(key: SeriesKey): Fact {
  const [fact = "", value = ""] = key.labels;
  return [fact, value];
}

/** The events of a series of `statexec_event_timestamp_seconds`; undefined if one of its values is no time. */
export function eventsOf(key: SeriesKey, { length, values }: Block): RunEvent[] | undefined {
  const [event = "", text = ""] = key.labels;
  const times = Array.from(values.subarray(0, length), (seconds) => Math.round(seconds * 1000));
  return times.every(Number.isFinite) ? times.map((atMs) => ({ atMs, event, text })) : undefined;
}

/** Groups items by the labels of their series, in the order of the first item of each group. */
function byLabels<T>(items: readonly T[], keyOf: (item: T) => SeriesKey): (readonly [key: SeriesKey, items: T[]])[] {
  const groups = new Map<string, readonly [SeriesKey, T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const id = idOf(key.labels);
    const group = groups.get(id);
    if (group) group[1].push(item);
    else groups.set(id, [key, [item]]);
  }
  return [...groups.values()];
}

function withBlock(key: SeriesKey, block: Block): RecordedSeries {
  return { ...key, blocks: () => [block] };
}

/** Sorts families, by the names of their metrics: in the catalogue's order, then unknown ones by name. */
export function inFamilyOrder<T>(families: ReadonlyMap<string, T>): T[] {
  const ordered: T[] = [];
  for (const { name } of METRICS) {
    const family = families.get(name);
    if (family !== undefined) ordered.push(family);
  }
  if (ordered.length === families.size) return ordered;
  const known = new Set<string>();
  for (const { name } of METRICS) known.add(name);
  const unknown = [...families].filter(([name]) => !known.has(name)).sort(([a], [b]) => compareText(a, b));
  return [...ordered, ...unknown.map(([, family]) => family)];
}

/** Sorts the series of one family in place. Most are sorted already, which a single pass shows. */
function sortSeries(family: SeriesKey[]): void {
  for (let i = 1; i < family.length; i++) {
    if (compareSeries(family[i - 1]!, family[i]!) > 0) {
      family.sort(compareSeries);
      return;
    }
  }
}

/** Compares series by the values of their own labels, in turn. */
function compareSeries(a: SeriesKey, b: SeriesKey): number {
  const shared = Math.min(a.labels.length, b.labels.length);
  for (let i = 0; i < shared; i++) {
    const order = compareNatural(a.labels[i]!, b.labels[i]!);
    if (order !== 0) return order;
  }
  return a.labels.length - b.labels.length;
}

/** Compares runs of digits as numbers, all else by code unit: cpu2 before cpu10. Returns 0 for equal texts only. */
export function compareNatural(a: string, b: string): number {
  if (a === b) return 0;
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  const isLeft = isDigit(a[same]);
  const isRight = isDigit(b[same]);
  if (!isLeft && !isRight) return compareText(a, b);
  let start = same;
  while (isDigit(a[start - 1])) start--;
  if (start === same && isLeft !== isRight) {
    // Where one of them has a number, the other has text, which goes on from what both have, or its end.
    const isLonger = same < a.length && same < b.length;
    return isLeft === isLonger ? -1 : 1;
  }
  return compareDigits(digitsFrom(a, start), digitsFrom(b, start)) || compareParts(a, b);
}

/** The same for any two texts. */
function compareParts(a: string, b: string): number {
  const left = a.split(/([0-9]+)/);
  const right = b.split(/([0-9]+)/);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const compare = i % 2 === 1 ? compareDigits : compareText;
    const order = compare(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareDigits(a: string, b: string): number {
  const left = withoutZeros(a);
  const right = withoutZeros(b);
  return left.length - right.length || compareText(left, right);
}

function withoutZeros(digits: string): string {
  let zeros = 0;
  while (digits[zeros] === "0") zeros++;
  return zeros === 0 ? digits : digits.slice(zeros);
}

function digitsFrom(text: string, start: number): string {
  let end = start;
  while (isDigit(text[end])) end++;
  return text.slice(start, end);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}
