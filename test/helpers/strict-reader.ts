import {
  type Fact,
  familyName,
  METRICS,
  type Metric,
  type MetricType,
  PREFIX,
  RESERVED_LABELS,
  RUN,
  sampleName,
} from "../../src/catalog/index.ts";
import { ParseError } from "../../src/errors.ts";
import { compareText, eventsOf, factOf } from "../../src/openmetrics/families.ts";
import { decodeText, quoteText, readLabels, skipMetricName, unescapeText } from "../../src/openmetrics/label-text.ts";
import { type Metadata, metricOf } from "../../src/openmetrics/metric-names.ts";
import { PointStore } from "../../src/openmetrics/point-store.ts";
import { readNumber, readStampMs } from "../../src/openmetrics/read-number.ts";
import { JOB } from "../../src/openmetrics/render.ts";
import {
  type Identity,
  type RecordedSeries,
  type Recording,
  ROLES,
  type RunEvent,
} from "../../src/recording/recording.ts";

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HASH = 0x23;
const OPENING_BRACE = 0x7b;
/** The most characters in the labels of an exemplar. */
const MOST_EXEMPLAR_CHARACTERS = 128;
const NO_TIMES = new Float64Array(0);

/** A series and its points, as read. */
interface ReadSeries {
  readonly labels: ReadonlyMap<string, string>;
  /** The start of each of its lines, up to the value. */
  readonly head: Uint8Array;
  /** Number of its first line. */
  readonly line: number;
  readonly points: PointStore;
}

/** A family and its series, as read. */
interface ReadFamily {
  readonly metadata: Metadata;
  readonly catalogued: Metric | undefined;
  readonly series: ReadSeries[];
}

/**
 * Reads a metrics file of this version: the inverse of `render`. Series have one block each.
 * @param name the file, for messages
 * @throws ParseError with file and line, where the file is no strict OpenMetrics or not one that `render` writes
 */
export function parseStrictly(bytes: Uint8Array, name: string): Recording {
  return assemble(new Reader(bytes, name).read(), name);
}

/** One pass over the lines of a file. */
class Reader {
  private readonly families: ReadFamily[] = [];
  private readonly names = new Set<string>();
  /** The names that samples of the families may have. */
  private readonly sampleNames = new Set<string>();
  /** Label sets of the family being read, to find duplicates. */
  private readonly labelSets = new Set<string>();
  private family: ReadFamily | undefined;
  /** The name of the samples of the family being read. */
  private sampleName = "";
  private series: ReadSeries | undefined;
  /** Times of the last series that ended. */
  private times: Float64Array = NO_TIMES;
  private line = 1;
  private start = 0;
  private end = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly name: string,
  ) {}

  read(): readonly ReadFamily[] {
    const { bytes } = this;
    for (; this.start < bytes.length; this.start = this.end + 1, this.line++) {
      const end = bytes.indexOf(LINE_FEED, this.start);
      this.end = end < 0 ? bytes.length : end;
      if (bytes[this.start] !== HASH) this.sample();
      else if (this.text() === "# EOF") return this.finish();
      else this.metadata();
    }
    throw new ParseError(`${this.name}:${this.line}`, "# EOF", "the end of the file");
  }

  private finish(): readonly ReadFamily[] {
    if (this.end + 1 < this.bytes.length) {
      this.start = this.end + 1;
      this.end = this.bytes.length;
      this.line++;
      this.refuse("nothing behind # EOF");
    }
    this.endFamily();
    return this.families;
  }

  private metadata(): void {
    const text = decodeText(this.bytes.subarray(this.start, this.end)) ?? this.refuse("UTF-8");
    const [, word, name, rest] = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s.exec(text) ?? [];
    if (word === undefined || name === undefined || rest === undefined)
      this.refuse("# TYPE, # UNIT or # HELP with a family and its text, or # EOF");
    if (this.family?.metadata.name !== name) this.begin(name);
    const family = this.family as ReadFamily;
    if (family.series.length > 0) this.refuse(`TYPE, UNIT and HELP of ${name} before its samples`);
    const value = unescapeText(rest) ?? this.refuse("a whole escape where a text has a backslash");
    const expected = describe(family.metadata, word, value);
    if (expected !== undefined) this.refuse(expected);
    this.sampleName = sampleName(metricOf(family.metadata, []));
  }

  private begin(name: string): void {
    this.endFamily();
    if (!name.startsWith(PREFIX)) this.refuse(`a family whose name begins with ${PREFIX}`);
    if (this.names.has(name)) this.refuse(`all of ${name} in one place`);
    this.names.add(name);
    this.labelSets.clear();
    this.family = { metadata: { name }, catalogued: BY_FAMILY_NAME.get(name), series: [] };
    this.families.push(this.family);
  }

  private sample(): void {
    if (this.isCreated()) {
      this.created();
      return;
    }
    const series = this.isSeries(this.series) ? this.series : this.beginSeries();
    const { atMs, value } = this.valueAndTime(this.start + series.head.length);
    this.checkValue(value);
    if (!series.points.add(atMs, value)) this.refuse("a time after the one before");
  }

  /** Reads what follows the head of a line. */
  private valueAndTime(valueStart: number): { readonly atMs: number; readonly value: number } {
    const valueEnd = this.bytes.indexOf(SPACE, valueStart);
    if (valueEnd < 0 || valueEnd > this.end) this.refuse("a value and a time stamp");
    const value = readNumber(this.bytes, valueStart, valueEnd) ?? this.refuse("a number as value");
    if (Number.isNaN(value) && valueEnd - valueStart > "NaN".length) this.refuse("NaN without a sign");
    const space = this.bytes.indexOf(SPACE, valueEnd + 1);
    const stampEnd = space < 0 || space > this.end ? this.end : space;
    const atMs = readStampMs(this.bytes, valueEnd + 1, stampEnd) ?? this.refuse("a time stamp in seconds");
    if (stampEnd < this.end) this.exemplar(stampEnd);
    return { atMs, value };
  }

  /** Checks an exemplar, which a recording has no place for. */
  private exemplar(from: number): void {
    const text = quoteText(this.bytes.subarray(from, this.end));
    if (this.family?.metadata.type !== "counter" || !text.startsWith(" # {"))
      this.refuse("nothing behind a time stamp but an exemplar of a counter");
    const scan = this.labels(from + " # {".length);
    const characters = [...scan.labels].flat().reduce((sum, label) => sum + [...label].length, 0);
    if (characters > MOST_EXEMPLAR_CHARACTERS) this.refuse("at most 128 characters in the labels of an exemplar");
    const [, value, stamp] = /^ ([^ ]+)(?: ([^ ]+))?$/.exec(quoteText(this.bytes.subarray(scan.end, this.end))) ?? [];
    const numbers = [value, stamp ?? "0"].map((word = "") => Buffer.from(word));
    if (readNumber(numbers[0]!, 0, numbers[0]!.length) === undefined) this.refuse("a number as value of an exemplar");
    if (readStampMs(numbers[1]!, 0, numbers[1]!.length) === undefined) this.refuse("a time stamp of an exemplar");
  }

  /** Whether the line has the start of a counter. */
  private isCreated(): boolean {
    const { type, name } = this.family?.metadata ?? {};
    if (type !== "counter") return false;
    const nameEnd = skipMetricName(this.bytes, this.start);
    return quoteText(this.bytes.subarray(this.start, nameEnd)) === `${name}_created`;
  }

  /** Checks the start of a counter, which a recording has no place for. It may stand among the points of its series. */
  private created(): void {
    const nameEnd = skipMetricName(this.bytes, this.start);
    if (this.bytes[nameEnd] !== OPENING_BRACE) this.refuse("{ behind the name");
    const scan = this.labels(nameEnd + 1);
    if (this.bytes[scan.end] !== SPACE) this.refuse("a space behind the labels");
    const { value } = this.valueAndTime(scan.end + 1);
    if (!Number.isFinite(value)) this.refuse("a time as start of a counter");
  }

  /** Reads labels, whose names OpenMetrics 1.0 does not let be quoted. */
  private labels(from: number) {
    const scan = readLabels(this.bytes, from);
    if ("expected" in scan) return this.refuse(scan.expected);
    let quotes = 0;
    for (let at = from; at < scan.end; at++) {
      if (this.bytes[at] === BACKSLASH) at++;
      else if (this.bytes[at] === QUOTE) quotes++;
    }
    if (quotes !== 2 * scan.labels.size) this.refuse("a label name without quotes");
    return scan;
  }

  private checkValue(value: number): void {
    const type = this.family?.metadata.type;
    if (type === "counter" && !(value >= 0)) this.refuse("a number of 0 or more as value of a counter");
    if (type === "info" && value !== 1) this.refuse("1 as value of an info");
  }

  /** Whether the line belongs to the series. Nearly every line belongs to the series of the line before it. */
  private isSeries(series: ReadSeries | undefined): series is ReadSeries {
    if (series === undefined) return false;
    const { head } = series;
    for (let i = 0; i < head.length; i++) if (head[i] !== this.bytes[this.start + i]) return false;
    return true;
  }

  private beginSeries(): ReadSeries {
    this.endSeries();
    const nameEnd = skipMetricName(this.bytes, this.start);
    const name = quoteText(this.bytes.subarray(this.start, nameEnd));
    const family = this.family;
    if (family?.metadata.type === undefined) this.refuse("# TYPE before the first sample of a family");
    if (name !== this.sampleName) this.refuse(`a sample of ${this.sampleName}, or # TYPE before another family`);
    if (this.bytes[nameEnd] !== OPENING_BRACE) this.refuse("{ behind the name");
    const scan = this.labels(nameEnd + 1);
    if (this.bytes[scan.end] !== SPACE) this.refuse("a space behind the labels");
    const id = JSON.stringify([...scan.labels].sort());
    if (this.labelSets.has(id)) this.refuse("all points of a series in one place");
    this.labelSets.add(id);
    const head = this.bytes.subarray(this.start, scan.end + 1);
    const series = { labels: scan.labels, head, line: this.line, points: new PointStore(this.times) };
    family.series.push(series);
    this.series = series;
    return series;
  }

  private endFamily(): void {
    this.endSeries();
    const { name, type } = this.family?.metadata ?? {};
    for (const suffix of type === undefined ? [] : SUFFIXES[type]) {
      if (this.sampleNames.has(`${name}${suffix}`)) this.refuse(`no other family with samples named ${name}${suffix}`);
      this.sampleNames.add(`${name}${suffix}`);
    }
  }

  private endSeries(): void {
    const times = this.series?.points.end();
    if (times !== undefined) this.times = times;
    this.series = undefined;
  }

  private text(): string {
    return quoteText(this.bytes.subarray(this.start, this.end));
  }

  private refuse(expected: string): never {
    throw new ParseError(`${this.name}:${this.line}`, expected, this.text());
  }
}

/** Labels of the recording, which every series has. */
const COMMON: ReadonlySet<string> = new Set(["instance", "job", "role"]);

/** Makes a recording of the families. Identity, facts and events are made from their series. */
function assemble(families: readonly ReadFamily[], name: string): Recording {
  const all = families.flatMap((family) => family.series);
  const first = all[0];
  if (first === undefined) throw new ParseError(name, "at least one sample", "none");
  const identity = identityOf(all, first, name);
  const facts: Fact[] = [];
  const events: RunEvent[] = [];
  const kept: RecordedSeries[] = [];
  let startMs = Number.POSITIVE_INFINITY;
  for (const family of families) {
    const metric = family.catalogued ?? metricOf(family.metadata, ownLabels(family, identity));
    for (const series of family.series) {
      const key = keyOf(metric, series, identity, name);
      const block = series.points.block();
      if (metric !== RUN.event) startMs = Math.min(startMs, block.times[0]!);
      if (metric === RUN.info) facts.push(factOf(key));
      else if (metric === RUN.event) events.push(...(eventsOf(key, block) ?? refuse(series, name, "times as values")));
      else if (metric !== RUN.target) kept.push({ ...key, blocks: () => [block] });
    }
  }
  events.sort((a, b) => a.atMs - b.atMs);
  if (startMs === Number.POSITIVE_INFINITY) startMs = events[0]?.atMs ?? 0;
  return { identity, startMs, facts, events, series: () => kept };
}

/** The user's labels are those that all series have with one value, without reserved names. */
function identityOf(all: readonly ReadSeries[], first: ReadSeries, name: string): Identity {
  const role = ROLES.find((known) => known === first.labels.get("role"));
  if (role === undefined) refuse(first, name, `the label role as ${ROLES.join(", ")}`);
  if (first.labels.get("job") !== JOB) refuse(first, name, `the label job="${JOB}"`);
  for (const series of all) {
    for (const label of COMMON)
      if (series.labels.get(label) !== first.labels.get(label)) refuse(series, name, `the same ${label} on every line`);
  }
  const labels = [...first.labels].filter(
    ([label, value]) => !RESERVED_LABELS.includes(label) && all.every((series) => series.labels.get(label) === value),
  );
  return { instance: first.labels.get("instance") ?? "", role, labels: new Map(labels) };
}

/** The own labels of an unknown family, by name. A series need not have all of them. */
function ownLabels({ series }: ReadFamily, identity: Identity): string[] {
  const names = new Set(series.flatMap(({ labels }) => [...labels.keys()]));
  return [...names].filter((label) => !COMMON.has(label) && !identity.labels.has(label)).sort(compareText);
}

function keyOf(metric: Metric, series: ReadSeries, identity: Identity, name: string) {
  for (const label of series.labels.keys()) {
    if (!COMMON.has(label) && !identity.labels.has(label) && !metric.labels.includes(label))
      refuse(series, name, `no label ${label}, or the same on every line`);
  }
  return { metric, labels: metric.labels.map((label) => series.labels.get(label) ?? "") };
}

function refuse(series: ReadSeries, name: string, expected: string): never {
  throw new ParseError(`${name}:${series.line}`, expected, quoteText(series.head));
}

const BY_FAMILY_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [familyName(metric), metric]));

/** What the names of a family's samples may end in, and the family's own name. */
const SUFFIXES: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ["", "_total", "_created"],
  gauge: [""],
  info: ["", "_info"],
};

const TYPES: readonly MetricType[] = ["counter", "gauge", "info"];

/** Adds a line of metadata to a family; an empty UNIT or HELP is as none. Returns what was expected instead, where the line is wrong. */
function describe(family: Metadata, word: string, text: string): string | undefined {
  if (word === "TYPE") return describeType(family, text);
  if (text === "") return undefined;
  if (word === "UNIT") return describeUnit(family, text);
  if (family.help !== undefined) return `one HELP of ${family.name}`;
  family.help = text;
  return undefined;
}

function describeType(family: Metadata, text: string): string | undefined {
  if (family.type !== undefined) return `one TYPE of ${family.name}`;
  const expected = BY_FAMILY_NAME.get(family.name)?.type;
  const type = TYPES.find((known) => known === text);
  if (type === undefined || (expected ?? type) !== type) return `the type ${expected ?? TYPES.join(", ")}`;
  family.type = type;
  return undefined;
}

function describeUnit(family: Metadata, text: string): string | undefined {
  if (family.unit !== undefined) return `one UNIT of ${family.name}`;
  if (family.type === "info") return "no unit of an info";
  if (!family.name.endsWith(`_${text}`)) return "a unit that is the end of the family's name";
  const known = BY_FAMILY_NAME.get(family.name);
  if (known !== undefined && known.unit !== text) return known.unit ? `the unit ${known.unit}` : "no unit";
  family.unit = text;
  return undefined;
}
