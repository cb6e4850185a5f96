import { PREFIX, sampleName } from "../catalog/index.ts";
import { ParseError } from "../errors.ts";
import type { Recording } from "../recording/recording.ts";
import { assemble, type ReadFamily, type ReadSeries } from "./assemble.ts";
import { unescapeText } from "./escape.ts";
import { catalogued, describe, metricOf } from "./families.ts";
import { PointStore } from "./points.ts";
import { decodeText, quoteText, readLabels, readNumber, readStampMs, skipName } from "./scan.ts";

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const HASH = 0x23;
const OPENING_BRACE = 0x7b;
const NO_TIMES = new Float64Array(0);

/**
 * Reads a metrics file of statexec, the inverse of `render`. The points are held in typed arrays, one block a series.
 * @param name how a person would look the file up, for messages
 * @throws ParseError with file and line, for whatever a strict reader of OpenMetrics refuses and for what is not ours
 */
export function parse(bytes: Uint8Array, name: string): Recording {
  return assemble(new Reader(bytes, name).read(), name);
}

/** One pass over the lines of a file. */
class Reader {
  private readonly families: ReadFamily[] = [];
  private readonly names = new Set<string>();
  /** Label sets of the family being read. */
  private readonly labelSets = new Set<string>();
  private family: ReadFamily | undefined;
  /** What the samples of the family being read begin with. */
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
    this.endSeries();
    return this.families;
  }

  private metadata(): void {
    const text = decodeText(this.bytes.subarray(this.start, this.end)) ?? this.refuse("UTF-8");
    const [, word, name, rest] = /^# (TYPE|UNIT|HELP) ([a-zA-Z_][a-zA-Z0-9_]*) (.*)$/s.exec(text) ?? [];
    if (word === undefined || name === undefined || rest === undefined)
      this.refuse("# TYPE, # UNIT or # HELP with a family and its text, or # EOF");
    if (this.family?.metadata.name !== name) this.begin(name);
    const family = this.family as ReadFamily;
    if (family.series.length > 0) this.refuse(`TYPE, UNIT and HELP of ${name} before its samples`);
    const value = unescapeText(rest) ?? this.refuse('`\\\\`, `\\"` or `\\n` where a text has a backslash');
    const expected = describe(family.metadata, word, value);
    if (expected !== undefined) this.refuse(expected);
    this.sampleName = sampleName(metricOf(family.metadata, []));
  }

  private begin(name: string): void {
    this.endSeries();
    if (!name.startsWith(PREFIX)) this.refuse(`a family whose name begins with ${PREFIX}`);
    if (this.names.has(name)) this.refuse(`all of ${name} in one place`);
    this.names.add(name);
    this.labelSets.clear();
    this.family = { metadata: { name }, catalogued: catalogued(name), series: [] };
    this.families.push(this.family);
  }

  private sample(): void {
    const series = this.isSeries(this.series) ? this.series : this.beginSeries();
    const valueStart = this.start + series.head.length;
    const valueEnd = this.bytes.indexOf(SPACE, valueStart);
    if (valueEnd < 0 || valueEnd > this.end) this.refuse("a value and a time stamp");
    const value = readNumber(this.bytes, valueStart, valueEnd) ?? this.refuse("a number as value");
    this.checkValue(value);
    const atMs = readStampMs(this.bytes, valueEnd + 1, this.end) ?? this.refuse("a time stamp in seconds");
    if (!series.points.add(atMs, value)) this.refuse("a time after the one before");
  }

  private checkValue(value: number): void {
    const type = this.family?.metadata.type;
    if (type === "counter" && !(value >= 0)) this.refuse("a number of 0 or more as value of a counter");
    if (type === "info" && value !== 1) this.refuse("1 as value of an info");
  }

  /** Whether the line is one of the series; nearly every line is one of the series before it. */
  private isSeries(series: ReadSeries | undefined): series is ReadSeries {
    if (series === undefined) return false;
    const { head } = series;
    for (let i = 0; i < head.length; i++) if (head[i] !== this.bytes[this.start + i]) return false;
    return true;
  }

  private beginSeries(): ReadSeries {
    this.endSeries();
    const nameEnd = skipName(this.bytes, this.start);
    const name = quoteText(this.bytes.subarray(this.start, nameEnd));
    const family = this.family;
    if (family?.metadata.type === undefined) this.refuse("# TYPE before the first sample of a family");
    if (name !== this.sampleName) this.refuse(`a sample of ${this.sampleName}, or # TYPE before another family`);
    if (this.bytes[nameEnd] !== OPENING_BRACE) this.refuse("{ behind the name");
    const scan = readLabels(this.bytes, nameEnd + 1);
    if ("expected" in scan) this.refuse(scan.expected);
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
