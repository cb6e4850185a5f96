import type { Metric, SeriesKey } from "../catalog/index.ts";
import { ParseError } from "../errors.ts";
import type { Fact, RunEvent } from "../recording/recording.ts";
import { event, fact, header, type JournalHeader, metric, series } from "./about.ts";
import { ByteReader, MalformedRecord } from "./bytes.ts";
import { columnsHead, layout, MAGIC, MAJOR, PROLOGUE_BYTES, rowsHead, TYPE } from "./format.ts";
import { JournalRecording } from "./recording.ts";
import { RowIndex } from "./row-index.ts";
import { type ScannedRecord, scan } from "./scan.ts";
import type { Source } from "./source.ts";

/**
 * Finds all that is intact in a journal: one pass over the bytes. Rows stay where they are, and are decoded one series
 * at a time while the recording is used; the source must live until then.
 * @param name as messages have it
 * @throws ParseError where it is no journal, is one of another major version, or lacks its header; SystemError
 */
export function readJournal(source: Source, name: string): JournalRecording {
  checkPrologue(source, name);
  const found = new Findings(source);
  let damaged = 0;
  for (const item of scan(source, PROLOGUE_BYTES)) {
    if (!("payload" in item)) damaged += item.torn ? 0 : item.bytes;
    else if (!found.take(item)) damaged += item.payload.length;
  }
  return found.recording(damaged, name);
}

/** The header alone. Throws as `readJournal` does. */
export function readHeader(source: Source, name: string): JournalHeader {
  checkPrologue(source, name);
  for (const item of scan(source, PROLOGUE_BYTES)) {
    if (!("payload" in item) || item.type !== TYPE.header) break;
    return header(item.payload);
  }
  throw new ParseError(name, "a journal's header", "one that is damaged, or none");
}

function checkPrologue(source: Source, name: string): void {
  const prologue = new Uint8Array(PROLOGUE_BYTES);
  const length = source.read(0, prologue, PROLOGUE_BYTES);
  const magic = new TextDecoder().decode(prologue.subarray(0, Math.min(length, MAGIC.length)));
  if (length < PROLOGUE_BYTES || magic !== MAGIC) throw new ParseError(name, "a statexec journal", magic);
  const [major, minor] = prologue.subarray(MAGIC.length);
  if (major !== MAJOR) throw new ParseError(name, `a journal of version ${MAJOR}`, `version ${major}.${minor}`);
}

/** More than any machine has: a number beyond it would only ask for memory. */
const MOST_SERIES = 2 ** 24;

/** What the records say, gathered. */
class Findings {
  private readonly index: RowIndex;
  private readonly metrics = new Map<number, Metric>();
  private readonly _series: (SeriesKey | undefined)[] = [];
  private readonly _facts: Fact[] = [];
  private readonly _events: RunEvent[] = [];
  private _header: JournalHeader | undefined;

  constructor(source: Source) {
    this.index = new RowIndex(source);
  }

  /** False where a record is not what its type says: no writer of ours makes one. */
  take(record: ScannedRecord): boolean {
    try {
      this._take(record);
      return true;
    } catch (error) {
      if (error instanceof MalformedRecord) return false;
      throw error;
    }
  }

  recording(damagedBytes: number, name: string): JournalRecording {
    if (!this._header) throw new ParseError(name, "a journal's header", "one that is damaged, or none");
    const { rows, gaps, ended } = this.index.finish();
    const used = new Set(rows.flatMap(({ columns }) => columns.series));
    const unnamed = [...used].filter((number) => !this._series[number]).length;
    return new JournalRecording({
      header: this._header,
      facts: this._facts,
      events: this._events,
      series: this._series,
      rows,
      damage: { ended, gaps, bytes: damagedBytes, unnamed },
    });
  }

  private _take({ type, payload, offset }: ScannedRecord): void {
    switch (type) {
      case TYPE.header:
        this._header ??= header(payload);
        break;
      case TYPE.metric: {
        const { number, value } = metric(payload);
        this.metrics.set(number, value);
        break;
      }
      case TYPE.series:
        this.takeSeries(payload);
        break;
      case TYPE.layout:
        this.index.layout(layout(payload));
        break;
      case TYPE.rows:
        this.index.rows(rowsHead(new ByteReader(payload)), offset, payload.length);
        break;
      case TYPE.columns:
        this.index.columns(columnsHead(payload), offset);
        break;
      case TYPE.event:
        this._events.push(event(payload));
        break;
      case TYPE.fact:
        this._facts.push(fact(payload));
        break;
      case TYPE.end:
        this.index.end(new ByteReader(payload).count());
        break;
      default:
      // Of a later minor version: it says more than we know of.
    }
  }

  private takeSeries(payload: Uint8Array): void {
    const { number, value } = series(payload);
    const known = this.metrics.get(value.metric);
    if (number >= MOST_SERIES) throw new MalformedRecord("a series of a number that cannot be");
    if (known && known.labels.length === value.labels.length)
      this._series[number] = { metric: known, labels: value.labels };
  }
}
