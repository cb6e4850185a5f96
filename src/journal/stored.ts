import { ByteReader, MalformedRecord, wordAt } from "./bytes.ts";
import { type ColumnsHead, rowsHead } from "./format.ts";
import { takeColumn, takeRows } from "./rows.ts";
import { Segment } from "./segment.ts";
import type { Source } from "./source.ts";
import { Columns, memoryRows, type StoredRows } from "./stored-rows.ts";

/** Times that are kept, 8 MiB: those of a week at a sample a second and more. Of longer runs, the rest is read anew. */
const KEPT_TIMES = 2 ** 20;

/** Reads single columns out of a journal. */
export class ColumnSource {
  private readonly source: Source;
  private bytes = new Uint8Array(4096);
  private timesLeft = KEPT_TIMES;

  constructor(source: Source) {
    this.source = source;
  }

  /** The rows of a `columns` record, whose payload is at an offset. */
  rows(head: ColumnsHead, offset: number, columns: Columns): StoredRows {
    const { firstRow, rows, firstMs, lastMs } = head;
    const [endsAt, dataAt] = [offset + head.endsAt, offset + head.dataAt];
    const read = (place: number, into: Float64Array) => this._read(endsAt, dataAt, place, rows, into);
    let kept: Float64Array | undefined;
    const times = () => {
      if (kept) return kept;
      const all = new Float64Array(rows);
      read(0, all);
      if (this.timesLeft >= rows) {
        this.timesLeft -= rows;
        kept = all;
      }
      return all;
    };
    return { firstRow, rows, firstMs, lastMs, columns, times, read: (column, into) => read(column + 1, into) };
  }

  private _read(endsAt: number, dataAt: number, place: number, rows: number, into: Float64Array): void {
    const first = place === 0;
    const ends = this.bytesAt(endsAt + (first ? 0 : 4 * (place - 1)), first ? 4 : 8);
    const start = first ? 0 : wordAt(ends, 0);
    const end = wordAt(ends, first ? 0 : 4);
    takeColumn(this.bytesAt(dataAt + start, end - start), end - start, rows, into);
  }

  /** Bytes of the source, at the start of an array that may be longer: no view is made, since this runs once a column. */
  private bytesAt(offset: number, length: number): Uint8Array {
    if (length > this.bytes.length) this.bytes = new Uint8Array(2 * length);
    if (this.source.read(offset, this.bytes, length) < length)
      throw new MalformedRecord("a journal that became shorter");
    return this.bytes;
  }
}

/** Where a `rows` record's payload is, and how many columns it has: the first so many of its segment. */
export interface RowsPlace {
  readonly offset: number;
  readonly length: number;
  readonly columns: number;
}

/** Decodes rows that have no `columns` record. The last such segment is kept: it is asked for once a series. */
export class RowsSource {
  private readonly source: Source;
  private last: { readonly places: readonly RowsPlace[]; readonly segment: Segment } | undefined;

  constructor(source: Source) {
    this.source = source;
  }

  /** Rows that follow one another. What cannot be decoded is cut off; undefined if nothing is left. */
  rows(places: RowsPlace[], series: readonly number[]): StoredRows | undefined {
    const segment = this.decode(places, series);
    if (segment.rows === 0) return undefined;
    const { firstRow, rows, firstMs, lastMs } = memoryRows(segment);
    const decoded = () => memoryRows(this.decode(places, series));
    const times = segment.times.slice(0, rows);
    return {
      ...{ firstRow, rows, firstMs, lastMs, columns: new Columns([...segment.series]) },
      times: () => times,
      read: (column, into) => decoded().read(column, into),
    };
  }

  private decode(places: RowsPlace[], series: readonly number[]): Segment {
    if (this.last?.places === places) return this.last.segment;
    const segment = new Segment();
    for (const [i, place] of places.entries()) {
      const whole = segment.rows;
      try {
        this.add(segment, place, series);
      } catch (error) {
        if (!(error instanceof MalformedRecord)) throw error;
        segment.rows = whole;
        places.length = i;
        break;
      }
    }
    this.last = { places, segment };
    return segment;
  }

  private add(segment: Segment, { offset, length, columns }: RowsPlace, series: readonly number[]): void {
    const payload = new Uint8Array(length);
    if (this.source.read(offset, payload, length) < length) throw new MalformedRecord("a journal that became shorter");
    const reader = new ByteReader(payload);
    const head = rowsHead(reader);
    if (segment.rows === 0) segment.firstRow = head.firstRow;
    if (segment.series.length < columns) segment.addColumns(series.slice(segment.series.length, columns));
    takeRows(payload, reader, head, segment);
  }
}
