import { ParseError } from "../../errors.ts";
import { quoteText, readLabels, skipName } from "../../openmetrics/label-text.ts";
import { readNumber, readStampMs } from "../../openmetrics/read-number.ts";

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const HASH = 0x23;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Time stamps from here on are in milliseconds, as the original program writes them; VictoriaMetrics assumes the same. */
const LEAST_MILLISECONDS = 2 ** 31;

const latin1 = new TextDecoder("latin1");

/** A series of a file, and the tally of its points. */
export interface SeenSeries {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** The start of its lines, up to the value. */
  readonly head: Uint8Array;
  /** Whether its lines are not sent, as those of the command's arguments. */
  readonly isPrivate: boolean;
  /** Shared by series that differ only in the order of their labels, as the original program writes them. */
  readonly tally: Tally;
}

/** About as much memory as a series takes: its head as bytes and as a key, its labels, and its tally by another key. */
const SERIES_BYTES = 2048;

/** The number of points of a series, and of those that came in order: in our files, all. */
interface Tally {
  points: number;
  ascending: number;
  lastMs: number;
}

/** Receives each sample as it is read. The value is not NaN. */
type SampleSink = (series: SeenSeries, atMs: number, value: number) => void;

/**
 * Checks the lines of a metrics file, ours or the original program's, before they are sent, and counts them by series.
 * It removes what is private: the command's arguments, and comments that a person may have added.
 */
export class PushScan {
  private readonly file: string;
  private readonly sink: SampleSink | undefined;
  private readonly byHead = new Map<string, SeenSeries>();
  private readonly tallies = new Map<string, Tally>();
  private last: SeenSeries | undefined;
  private line = 0;
  points = 0;
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;
  /** Whether the file has its last line, `# EOF`. */
  hasEnd = false;
  /** Whether time stamps are in milliseconds: the file is the original program's, which writes no `# EOF`. */
  isOriginal = false;

  constructor(name: string, sink?: SampleSink) {
    this.file = name;
    this.sink = sink;
  }

  /** Only series are kept, and no points. */
  get storedBytes(): number {
    return this.byHead.size * SERIES_BYTES;
  }

  /** What was read, for messages. */
  get size(): string {
    return `${this.byHead.size} series`;
  }

  /** Every series that is sent, once. */
  get series(): SeenSeries[] {
    const sent = [...this.byHead.values()].filter(({ isPrivate }) => !isPrivate);
    return [...new Map(sent.map((series) => [series.tally, series])).values()];
  }

  /** Reads whole lines, moves those that may be sent to the front, and returns their bytes. Throws ParseError. */
  keep(bytes: Uint8Array, length: number): number {
    let kept = 0;
    let runStart = 0;
    for (let at = 0; at < length; ) {
      const end = bytes.indexOf(LINE_FEED, at) + 1;
      this.line++;
      if (!this.take(bytes, at, end - 1)) {
        bytes.copyWithin(kept, runStart, at);
        kept += at - runStart;
        runStart = end;
      }
      at = end;
    }
    if (runStart === 0) return length;
    bytes.copyWithin(kept, runStart, length);
    return kept + length - runStart;
  }

  /** Whether the line may be sent. */
  private take(bytes: Uint8Array, at: number, end: number): boolean {
    if (at === end) return false;
    if (bytes[at] === HASH) return this.comment(bytes, at, end);
    const series = this.isSeries(this.last, bytes, at) ? this.last : this.seriesOf(bytes, at, end);
    this.last = series;
    const valueStart = at + series.head.length;
    const valueEnd = bytes.indexOf(SPACE, valueStart);
    if (valueEnd < 0 || valueEnd > end) this.refuse(bytes, at, end, "a value and a time stamp");
    const value = readNumber(bytes, valueStart, valueEnd) ?? this.refuse(bytes, at, end, "a number as value");
    const scaled = readStampMs(bytes, valueEnd + 1, end) ?? this.refuse(bytes, at, end, "a time stamp");
    if (series.isPrivate) return false;
    const atMs = scaled < LEAST_MILLISECONDS * 1000 ? scaled : scaled / 1000;
    this.isOriginal ||= atMs !== scaled;
    if (!Number.isNaN(value)) this.count(series, atMs, value);
    return true;
  }

  private count(series: SeenSeries, atMs: number, value: number): void {
    const { tally } = series;
    tally.points++;
    this.points++;
    if (atMs > tally.lastMs) {
      tally.ascending++;
      tally.lastMs = atMs;
    }
    if (atMs < this.firstMs) this.firstMs = atMs;
    if (atMs > this.lastMs) this.lastMs = atMs;
    this.sink?.(series, atMs, value);
  }

  /** Whether a comment is sent: metadata is, the notes of a person or of the original program are not. */
  private comment(bytes: Uint8Array, at: number, end: number): boolean {
    const text = quoteText(bytes.subarray(at, end));
    if (text === "# EOF") this.hasEnd = true;
    return /^# (TYPE|UNIT|HELP|EOF)\b/.test(text);
  }

  /** Whether a line is of the given series. Nearly every line is of the series of the line before. */
  private isSeries(series: SeenSeries | undefined, bytes: Uint8Array, at: number): series is SeenSeries {
    if (series === undefined) return false;
    const { head } = series;
    // From the end, since two series of one family differ there.
    for (let i = head.length - 1; i >= 0; i--) if (head[i] !== bytes[at + i]) return false;
    return true;
  }

  private seriesOf(bytes: Uint8Array, at: number, end: number): SeenSeries {
    // Labels may hold a brace, the text after them cannot.
    const brace = bytes.subarray(at, end).lastIndexOf(CLOSING_BRACE);
    const head = bytes.subarray(at, brace < 0 ? at : at + brace + 2);
    const known = this.byHead.get(latin1.decode(head));
    if (known) return known;
    const nameEnd = skipName(bytes, at);
    const name = quoteText(bytes.subarray(at, nameEnd));
    if (!name.startsWith("statexec_")) this.refuse(bytes, at, end, "a sample of statexec");
    if (bytes[nameEnd] !== OPENING_BRACE) this.refuse(bytes, at, end, "{ after the name");
    const scan = readLabels(bytes, nameEnd + 1);
    if ("expected" in scan) this.refuse(bytes, at, end, scan.expected);
    if (scan.end !== at + head.length - 1 || bytes[scan.end] !== SPACE)
      this.refuse(bytes, at, end, "a space after the labels");
    const isPrivate = name === "statexec_run_info" && scan.labels.get("fact") === "arguments";
    const id = JSON.stringify([name, ...[...scan.labels].sort()]);
    const tally = this.tallies.get(id) ?? { points: 0, ascending: 0, lastMs: Number.NEGATIVE_INFINITY };
    this.tallies.set(id, tally);
    const series: SeenSeries = { name, labels: scan.labels, head: head.slice(), isPrivate, tally };
    this.byHead.set(latin1.decode(head), series);
    return series;
  }

  private refuse(bytes: Uint8Array, at: number, end: number, expected: string): never {
    throw new ParseError(`${this.file}:${this.line}`, expected, quoteText(bytes.subarray(at, end)));
  }
}
