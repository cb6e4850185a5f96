import { ParseError } from "../errors.ts";
import type { Recording } from "../recording/recording.ts";
import { type Annotation, annotationOf, isAnnotation } from "./annotation-lines.ts";
import { boundsOf, headBytes, type NamedLabels, readHead, readSample } from "./any-lines.ts";
import { unescapeText } from "./escape.ts";
import type { Metadata } from "./families.ts";
import { Head, type LineSeries, readPlainLines, type Text } from "./fast-lines.ts";
import { familyNamesOf, type Kind, kindOf } from "./kinds.ts";
import { AnyPoints } from "./points-anywhere.ts";
import { recordingsOf } from "./runs.ts";
import { quoteText } from "./scan.ts";

const LINE_FEED = 0x0a;
const HASH = 0x23;

/** Read at a time: enough that a call for more does not show, little enough to stay in the processor's cache. */
const ROOM_BYTES = 1 << 18;

/** A line that is longer is none: the file is something else. */
const MOST_LINE_BYTES = 1 << 24;

/** After so many lines that cannot be read, and none that can, the rest is not looked at. */
const MOST_BAD_LINES = 1000;

const latin1 = new TextDecoder("latin1");

/** A series while it is read; a file may write its labels in any order, each with a head of its own. */
interface OpenSeries extends LineSeries {
  readonly labels: ReadonlyMap<string, string>;
  readonly kind: Kind;
}

/** What a metrics file holds, and what of it could not be read. */
export interface MetricsRead {
  readonly recordings: readonly Recording[];
  /** For people; the first says why there is nothing where there is nothing. */
  readonly problems: readonly string[];
}

/**
 * Reads any metrics file, piece by piece: ours, or the original program's, which is Prometheus' text with milliseconds,
 * comments, and samples in any order. What cannot be read is told, and the rest is taken: `parse` is the one that is
 * strict. It has code of its own because it goes over whole files, and refuses what this one sorts or passes over.
 */
export class MetricsReading {
  private readonly name: string;
  private readonly metadata = new Map<string, Metadata>();
  /** By their heads, as text of one byte a character. */
  private readonly byHead = new Map<string, OpenSeries>();
  /** By name and labels in order: each series once. */
  private readonly byLabels = new Map<string, OpenSeries>();
  private readonly annotations: Annotation[] = [];
  private readonly end = { at: 0 };
  private bytes = new Uint8Array(ROOM_BYTES);
  private length = 0;
  private series: OpenSeries | undefined;
  private times: Float64Array = new Float64Array(0);
  private line = 1;
  private _points = 0;
  private badLines = 0;
  private problem: ParseError | undefined;
  private ended = false;
  private isOriginal = false;

  /** `name`: how a person would look the file up. */
  constructor(name: string) {
    this.name = name;
  }

  /** Whether it is no use to read on: nothing so far is of a metrics file. */
  get isHopeless(): boolean {
    return this._points === 0 && this.badLines >= MOST_BAD_LINES;
  }

  /** Where the next bytes of the file can be put; `take` says how many were. */
  room(): Uint8Array {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    return this.bytes.subarray(this.length);
  }

  take(count: number): void {
    this.length += count;
    const whole = this.bytes.lastIndexOf(LINE_FEED, this.length - 1) + 1;
    if (whole > 0) this.lines(this.bytes.subarray(0, whole));
    else if (this.length > MOST_LINE_BYTES) this.giveUp();
    this.bytes.copyWithin(0, whole, this.length);
    this.length -= whole;
  }

  /** The same for bytes that are somewhere else. */
  push(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0 && !this.isHopeless; ) {
      const room = this.room();
      const part = rest.subarray(0, room.length);
      room.set(part);
      this.take(part.length);
      rest = rest.subarray(part.length);
    }
  }

  /** There is no more. `cut`: why, where that is not the end of the file. */
  finish(cut?: string): MetricsRead {
    if (this.length > 0) this.lastLine();
    for (const series of this.byLabels.values()) series.points.trim();
    const all = Array.from(this.byLabels.values(), ({ labels, kind, points }) => ({
      ...{ labels, kind, block: points.block() },
    }));
    const recordings = recordingsOf(
      all.filter(({ block }) => block.length > 0),
      this.annotations,
    );
    return { recordings, problems: this._problems(cut, recordings.length > 0) };
  }

  private _problems(cut: string | undefined, isRead: boolean): string[] {
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

  /** What stands behind the last line feed: nothing in a file that is whole. */
  private lastLine(): void {
    const rest = this.bytes.subarray(0, this.length);
    if (quoteText(rest) === "# EOF") this.ended = true;
    else this.refuse(rest, "a whole line, with a line break at its end");
  }

  private giveUp(): void {
    this.refuse(this.bytes.subarray(0, 80), "lines of text");
    this.badLines = MOST_BAD_LINES;
    this.length = 0;
  }

  private lines(bytes: Uint8Array<ArrayBuffer>): void {
    const end = this.end;
    const text = { bytes, view: new DataView(bytes.buffer, 0, bytes.length) };
    for (end.at = 0; end.at < bytes.length && !this.isHopeless; ) {
      if (this.series) this.plain(text, this.series);
      if (end.at === bytes.length) return;
      const lineEnd = bytes.indexOf(LINE_FEED, end.at);
      this.other(bytes.subarray(end.at, lineEnd), text);
      if (end.at > lineEnd) continue;
      end.at = lineEnd + 1;
      this.line++;
    }
  }

  private plain(text: Text, series: OpenSeries): void {
    const lines = readPlainLines(text, series, this.end);
    this.line += lines;
    this._points += lines;
  }

  /** A line that is not like the one before. It may read that one and more, and say so by `#end`. */
  private other(line: Uint8Array, text: Text): void {
    if (line.length === 0) return;
    if (line[0] === HASH) {
      this.comment(line);
      return;
    }
    const known = this.byHead.get(latin1.decode(headBytes(line)));
    const series = known ?? this.begin(line);
    if (!series) return;
    this.series = series;
    const { at } = this.end;
    this.plain(text, series);
    if (this.end.at === at) this.sample(line, series);
  }

  private comment(line: Uint8Array): void {
    const text = quoteText(line);
    if (text === "# EOF") this.ended = true;
    else if (isAnnotation(text)) {
      this.isOriginal = true;
      const annotation = annotationOf(text);
      if (annotation) this.annotations.push(annotation);
      else this.refuse(line, "an annotation in JSON, with time and text");
    } else if (text.startsWith("# Collector: blackswift/statexec")) this.isOriginal = true;
    else this.describe(text);
  }

  /** Comments of other kinds are a person's. */
  private describe(text: string): void {
    const [, word, name = "", rest = ""] = /^# (TYPE|UNIT|HELP) ([a-zA-Z_][a-zA-Z0-9_]*) (.*)$/s.exec(text) ?? [];
    if (word === undefined) return;
    const described = this.metadata.get(name) ?? { name };
    this.metadata.set(name, described);
    if (word === "HELP") described.help = unescapeText(rest) ?? rest;
    else if (word === "UNIT") described.unit = rest;
    else if (rest === "counter" || rest === "gauge" || rest === "info") described.type = rest;
  }

  private begin(line: Uint8Array): OpenSeries | undefined {
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
    const described = familyNamesOf(name).map((family) => this.metadata.get(family));
    const kind = kindOf(
      name,
      described.find((one) => one !== undefined),
      this.isOriginal,
    );
    const [least, most] = boundsOf(kind.metric.type);
    return {
      head: new Head(head),
      labels,
      kind,
      divisor: kind.divisor,
      least,
      most,
      points: new AnyPoints(this.times),
    };
  }

  private sample(line: Uint8Array, series: OpenSeries): void {
    const scan = readSample(line, series.head.length, series.kind.metric.type, this.isOriginal);
    if ("expected" in scan) this.refuse(line, scan.expected);
    else {
      series.points.add(scan.atMs, scan.value / series.divisor);
      this._points++;
    }
  }

  private refuse(line: Uint8Array, expected: string): undefined {
    this.problem ??= new ParseError(`${this.name}:${this.line}`, expected, quoteText(line));
    this.badLines++;
    return undefined;
  }
}
