import { ParseError } from "../errors.ts";
import type { Recording } from "../recording/recording.ts";
import { type Annotation, annotationOf, type FileSeries, isAnnotation, recordingsOf } from "./file-recordings.ts";
import { quoteText, unescapeText } from "./label-text.ts";
import { kindOf, type Metadata, metadataOf, type SampleKind } from "./metric-names.ts";
import { AnyOrderPoints } from "./point-store.ts";
import { ReadingNotes } from "./reading-notes.ts";
import {
  boundsOf,
  Head,
  headBytes,
  type LineBytes,
  type LineSeries,
  type NamedLabels,
  readHead,
  readPlainLines,
  readSample,
} from "./sample-lines.ts";

const LINE_FEED = 0x0a;
const HASH = 0x23;

/** Bytes read at a time: enough that the cost of a call does not show, few enough for the processor's cache. */
const BUFFER_BYTES = 1 << 18;

/** A file with a longer line is no metrics file. */
const MOST_LINE_BYTES = 1 << 24;

/** A file that begins with so many unreadable lines is not read further. */
const MOST_BAD_LINES = 1000;

/** What a series takes in memory, about, besides its points; and what a point takes, and so most lines. */
const SERIES_BYTES = 2048;
const POINT_BYTES = 8;

/** A line of metadata. OpenMetrics 2.0 lets the name be quoted. */
const METADATA = /^(# (TYPE|UNIT|HELP) (?:"([a-zA-Z_:][a-zA-Z0-9_:]*)"|([a-zA-Z_:][a-zA-Z0-9_:]*))) (.*)$/s;

/** Types whose series are gauges without a loss. Prometheus' older format has the last. */
const GAUGES: readonly string[] = ["gauge", "unknown", "untyped"];

/** The byte order mark, which some programs write before a text in UTF-8. */
const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

const latin1 = new TextDecoder("latin1");

/** A series while it is read. A file may write its labels in several orders; each has a head of its own. */
interface OpenSeries extends LineSeries {
  readonly labels: ReadonlyMap<string, string>;
  readonly kind: SampleKind;
}

/** The recordings in a metrics file, and the problems of reading it. */
export interface MetricsContent {
  readonly recordings: readonly Recording[];
  /** For a person: lines that cannot be read, then what was read otherwise than it is written. Where there are no recordings, the first says why. */
  readonly problems: readonly string[];
}

/**
 * Reads a metrics file piece by piece: one of ours, or of the original program, which wrote Prometheus' text format with
 * milliseconds, comments, and samples in any order. Lines that cannot be read are reported as problems and skipped.
 */
export class MetricsReader {
  private readonly name: string;
  private readonly metadata = new Map<string, Metadata>();
  /** Names of families that have had samples since the last # EOF. */
  private readonly begun = new Set<string>();
  /** Lines of metadata since the last # EOF, by their first words. */
  private readonly described = new Set<string>();
  private readonly notes = new ReadingNotes();
  /** Series by their heads, decoded as Latin-1. */
  private readonly byHead = new Map<string, OpenSeries>();
  /** Series by name and sorted labels: each series once. */
  private readonly byLabels = new Map<string, OpenSeries>();
  private readonly annotations: Annotation[] = [];
  /** The offset of the next line to read. */
  private readonly cursor = { at: 0 };
  private bytes = new Uint8Array(BUFFER_BYTES);
  private length = 0;
  private series: OpenSeries | undefined;
  private times: Float64Array = new Float64Array(0);
  private line = 1;
  /** The number of the first line of this file, where several are concatenated. */
  private firstLine = 1;
  private points = 0;
  private badLines = 0;
  private problem: ParseError | undefined;
  private ended = false;
  private isOriginal = false;

  /** `name`: the file, for messages. */
  constructor(name: string) {
    this.name = name;
  }

  /** Whether the file is certainly no metrics file, and need not be read further. */
  get isHopeless(): boolean {
    return this.points === 0 && this.badLines >= MOST_BAD_LINES;
  }

  /** What was read takes so much memory, about. A line without a point counts as one: it takes time instead. */
  get storedBytes(): number {
    return (this.byHead.size + this.annotations.length) * SERIES_BYTES + this.line * POINT_BYTES;
  }

  /** What was read, for messages. */
  get size(): string {
    return `${this.byHead.size} series with ${this.points} points in ${this.line} lines`;
  }

  /** A buffer for the next bytes of the file. Call `consume` with their number. */
  buffer(): Uint8Array {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    return this.bytes.subarray(this.length);
  }

  /** Reads the lines that are complete with the bytes in `buffer()`. */
  consume(count: number): void {
    this.length += count;
    const whole = this.bytes.lastIndexOf(LINE_FEED, this.length - 1) + 1;
    if (whole > 0) this.readLines(this.bytes.subarray(0, whole));
    else if (this.length > MOST_LINE_BYTES) this.giveUp();
    this.bytes.copyWithin(0, whole, this.length);
    this.length -= whole;
  }

  /** Ends the reading. `cut`: why the file could not be read to its end, if so. */
  finish(cut?: string): MetricsContent {
    if (this.length > 0) this.readLastLine();
    const all: FileSeries[] = [];
    for (const { labels, kind, points } of this.byLabels.values()) {
      points.trim();
      this.notes.latePoints += points.lateCount;
      const block = points.block();
      if (kind.isStart) this.notes.starts += block.length;
      else if (block.length > 0) all.push({ labels, kind, block });
    }
    const recordings = recordingsOf(all, this.annotations);
    const problems = this.problemsOf(cut, recordings.length > 0);
    // The original program wrote a format that has no order, and no lines that are out of place.
    return { recordings, problems: this.isOriginal ? problems : [...problems, ...this.notes.lines(this.name)] };
  }

  private problemsOf(cut: string | undefined, isRead: boolean): string[] {
    const more = this.badLines > 1 ? ` (and ${this.badLines - 1} more lines that cannot be read)` : "";
    const problems = this.problem ? [this.problem.message + more] : [];
    if (cut !== undefined) problems.push(cut);
    else if (!isRead && !this.problem) {
      const got = this.line === 1 ? "an empty file" : "none";
      problems.push(new ParseError(this.name, "a metrics file with samples", got).message);
    } else if (isRead && !this.ended && !this.isOriginal && !this.problem?.expected.startsWith("a whole line"))
      problems.push(new ParseError(`${this.name}:${this.line}`, "# EOF", "the end of the file").message);
    return problems;
  }

  /** Reads text after the last line feed. A complete file has none. */
  private readLastLine(): void {
    const rest = this.bytes.subarray(0, this.length);
    if (quoteText(rest) === "# EOF") this.ended = true;
    else this.refuse(rest, "a whole line, with a line break at its end");
  }

  private giveUp(): void {
    this.refuse(this.bytes.subarray(0, 80), "lines of text");
    this.badLines = MOST_BAD_LINES;
    this.length = 0;
  }

  private readLines(bytes: Uint8Array<ArrayBuffer>): void {
    const cursor = this.cursor;
    const text = { bytes, view: new DataView(bytes.buffer, 0, bytes.length) };
    for (cursor.at = 0; cursor.at < bytes.length && !this.isHopeless; ) {
      if (this.series) this.readPlainLinesOf(text, this.series);
      if (cursor.at === bytes.length) return;
      const lineEnd = bytes.indexOf(LINE_FEED, cursor.at);
      this.readOtherLine(bytes.subarray(cursor.at, lineEnd), text);
      if (cursor.at > lineEnd) continue;
      cursor.at = lineEnd + 1;
      this.line++;
    }
  }

  private readPlainLinesOf(text: LineBytes, series: OpenSeries): void {
    const lines = readPlainLines(text, series, this.cursor);
    this.line += lines;
    this.points += lines;
  }

  /** Reads a line that is not a plain one of the series before. It may read the lines after it too; then it moves the cursor. */
  private readOtherLine(line: Uint8Array, text: LineBytes): void {
    if (line.length === 0) this.notes.blankLines++;
    else if (line[0] === HASH) this.readComment(line);
    else if (this.series?.head.isAt(text.view, this.cursor.at)) this.readSampleLine(line, this.series);
    else if (this.line === this.firstLine && startsWithMark(line)) this.readOtherLine(line.subarray(MARK.length), text);
    else this.readOtherSeries(line, text);
  }

  private readOtherSeries(line: Uint8Array, text: LineBytes): void {
    const known = this.byHead.get(latin1.decode(headBytes(line)));
    const series = known ?? this.beginSeries(line);
    if (!series) return;
    this.series = series;
    const { at } = this.cursor;
    this.readPlainLinesOf(text, series);
    if (this.cursor.at === at) this.readSampleLine(line, series);
  }

  private readComment(line: Uint8Array): void {
    const text = quoteText(line);
    if (text === "# EOF") this.endPart();
    else if (isAnnotation(text)) {
      this.isOriginal = true;
      const annotation = annotationOf(text);
      if (annotation) this.annotations.push(annotation);
      else this.refuse(line, "an annotation in JSON, with time and text");
    } else if (text.startsWith("# Collector: blackswift/statexec")) this.isOriginal = true;
    else this.readMetadata(text);
  }

  /** Another file may follow. */
  private endPart(): void {
    this.ended = true;
    this.firstLine = this.line + 1;
    this.begun.clear();
    this.described.clear();
  }

  /** Reads a line of metadata. Other comments are a person's; an empty UNIT or HELP is as none. */
  private readMetadata(text: string): void {
    const [, start = "", word, quoted, plain = quoted, rest = ""] = METADATA.exec(text) ?? [];
    if (plain === undefined || (rest === "" && word !== "TYPE")) return;
    if (this.begun.has(plain) || this.described.has(start)) {
      this.notes.misplacedMetadata++;
      return;
    }
    this.described.add(start);
    const described = this.metadata.get(plain) ?? { name: plain };
    this.metadata.set(plain, described);
    if (word === "HELP") described.help = unescapeText(rest) ?? rest;
    else if (word === "UNIT") described.unit = rest;
    else if (rest === "counter" || rest === "gauge" || rest === "info") described.type = rest;
    else described.foreignType = rest;
  }

  private beginSeries(line: Uint8Array): OpenSeries | undefined {
    const scan = readHead(line);
    if ("expected" in scan) return this.refuse(line, scan.expected);
    const head = line.subarray(0, scan.end);
    const id = JSON.stringify([scan.name, [...scan.labels].sort()]);
    const known = this.byLabels.get(id);
    const series = known ? { ...known, head: new Head(head) } : this.newSeries(scan, head);
    if (!known) this.byLabels.set(id, series);
    this.byHead.set(latin1.decode(head), series);
    return series;
  }

  private newSeries({ name, labels }: NamedLabels, head: Uint8Array): OpenSeries {
    if (this.series) this.times = this.series.points.trim();
    const described = metadataOf(name, this.metadata);
    const kind = kindOf(name, described, this.isOriginal);
    this.begin(name, kind, described);
    const [least, most] = boundsOf(kind.metric.type);
    const { divisor } = kind;
    return { head: new Head(head), labels, kind, divisor, least, most, points: new AnyOrderPoints(this.times) };
  }

  /** Notes that a family has samples, and whether its type is another one here. */
  private begin(name: string, { metric, isStart }: SampleKind, described: Metadata | undefined): void {
    this.begun.add(described?.name ?? name.replace(/_(?:total|info)$/, ""));
    if (described === undefined) this.begun.add(name);
    const type = described?.type ?? described?.foreignType ?? "unknown";
    if (metric.type === "gauge" && !isStart && !GAUGES.includes(type))
      this.notes.asGauge(described?.name ?? name, type);
  }

  private readSampleLine(line: Uint8Array, series: OpenSeries): void {
    const scan = readSample(line, series.head.length, series.kind.metric.type, this.isOriginal);
    if ("expected" in scan) {
      this.refuse(line, scan.expected);
      return;
    }
    series.points.add(scan.atMs, scan.value / series.divisor);
    this.points++;
    if (scan.hasExemplar) this.notes.exemplars++;
    if (scan.hasStart) this.notes.starts++;
  }

  /** Counts a line that cannot be read. The first one is the problem that is reported. */
  private refuse(line: Uint8Array, expected: string): undefined {
    this.problem ??= new ParseError(`${this.name}:${this.line}`, expected, quoteText(line));
    this.badLines++;
    return undefined;
  }
}

function startsWithMark(line: Uint8Array): boolean {
  return MARK.every((byte, i) => line[i] === byte);
}
