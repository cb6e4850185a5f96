import { ByteReader, MalformedRecord, wordAt } from "./journal-format.ts";
import type { Gap } from "./journal-recording.ts";
import { type ColumnsHead, decodeRowsHead, type Layout, type RowsHead } from "./journal-records.ts";
import { memoryRows, Segment, StoredColumns, type StoredRows } from "./journal-segment.ts";
import type { JournalSource } from "./journal-source.ts";
import { decodeColumn, decodeRows } from "./row-encoding.ts";

/** Consecutive `rows` records of a segment whose `columns` record has not come yet. */
interface UnfinishedRows {
  readonly firstRow: number;
  nextRow: number;
  readonly places: RowsPlace[];
  readonly series: readonly number[];
}

/** Locates the rows of a journal while its records are read in order. */
export class RowIndex {
  private readonly columnReader: ColumnReader;
  private readonly rowsReader: RowsReader;
  private readonly stored: StoredRows[] = [];
  /** Rows of the current segment: several items only where there is damage between them. */
  private unfinished: UnfinishedRows[] = [];
  /** The series of the current segment. Each segment has an array of its own, which grows. */
  private series: number[] = [];
  private layoutNumber = -1;
  /** The columns of the last finished segment, shared with the next one if it has the same. */
  private lastColumns = new StoredColumns([]);
  private total: number | undefined;

  constructor(source: JournalSource) {
    this.columnReader = new ColumnReader(source);
    this.rowsReader = new RowsReader(source);
  }

  layout({ number, kept, added }: Layout): void {
    if (number === this.layoutNumber) return;
    if (kept === 0) {
      this.settle();
      this.series = [...added];
    } else {
      // After a missing layout the kept columns are not known: the rows come from their `columns` record, or are lost.
      if (number !== this.layoutNumber + 1 || kept !== this.series.length)
        throw new MalformedRecord("a layout that adds to one which is not there");
      this.series.push(...added);
    }
    this.layoutNumber = number;
  }

  rows({ layout, firstRow, rows, columns, fresh }: RowsHead, offset: number, length: number): void {
    // The layout of these rows is damaged, and its bytes are counted already.
    if (layout !== this.layoutNumber || columns !== this.series.length) return;
    const last = this.unfinished.at(-1);
    const place = { offset, length, columns };
    if (last?.nextRow === firstRow) {
      last.places.push(place);
      last.nextRow += rows;
    } else if (fresh) {
      this.unfinished.push({ firstRow, nextRow: firstRow + rows, places: [place], series: this.series });
    }
  }

  columns(head: ColumnsHead, offset: number): void {
    const end = head.firstRow + head.rows;
    // After a damaged layout the segment's first rows are settled already; its columns have them too.
    while ((this.stored.at(-1)?.firstRow ?? -1) >= head.firstRow) this.stored.pop();
    this.unfinished = this.unfinished.filter(({ firstRow, nextRow }) => firstRow < head.firstRow || nextRow > end);
    this.settle();
    if (!Bun.deepEquals(this.lastColumns.series, head.series)) this.lastColumns = new StoredColumns(head.series);
    this.stored.push(this.columnReader.rows(head, offset, this.lastColumns));
  }

  end(rows: number): void {
    this.total = rows;
  }

  /** All readable rows in order, and the gaps between them. */
  finish(): { readonly rows: readonly StoredRows[]; readonly gaps: readonly Gap[]; readonly ended: boolean } {
    this.settle();
    const gaps: Gap[] = [];
    let nextRow = 0;
    let afterMs: number | undefined;
    const rows = this.stored.sort((a, b) => a.firstRow - b.firstRow).filter((one) => one.rows > 0);
    for (const { firstRow, rows: count, firstMs, lastMs } of rows) {
      if (firstRow > nextRow) gaps.push({ afterMs, beforeMs: firstMs, rows: firstRow - nextRow });
      nextRow = firstRow + count;
      afterMs = lastMs;
    }
    const total = this.total;
    if (total !== undefined && total > nextRow) gaps.push({ afterMs, beforeMs: undefined, rows: total - nextRow });
    return { rows, gaps, ended: total !== undefined };
  }

  /** Stores rows without a `columns` record, to be read from their `rows` records. */
  private settle(): void {
    for (const { places, series } of this.unfinished) {
      const stored = this.rowsReader.rows(places, series);
      if (stored) this.stored.push(stored);
    }
    this.unfinished = [];
  }
}

/** The limit of times in memory, 8 MiB: a week at a sample a second. Later times of longer runs are read again each time. */
const MOST_KEPT_TIMES = 2 ** 20;

/** Reads single columns of `columns` records. */
class ColumnReader {
  private readonly source: JournalSource;
  private bytes = new Uint8Array(4096);
  private timesLeft = MOST_KEPT_TIMES;

  constructor(source: JournalSource) {
    this.source = source;
  }

  /** The rows of a `columns` record with its payload at an offset. */
  rows(head: ColumnsHead, offset: number, columns: StoredColumns): StoredRows {
    const { firstRow, rows, firstMs, lastMs } = head;
    const [endsAt, dataAt] = [offset + head.endsAt, offset + head.dataAt];
    const read = (place: number, into: Float64Array) => this.readPlace(endsAt, dataAt, place, rows, into);
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

  /** Reads the times, at place 0, or a column, from place 1 on. */
  private readPlace(endsAt: number, dataAt: number, place: number, rows: number, into: Float64Array): void {
    const first = place === 0;
    const ends = this.bytesAt(endsAt + (first ? 0 : 4 * (place - 1)), first ? 4 : 8);
    const start = first ? 0 : wordAt(ends, 0);
    const end = wordAt(ends, first ? 0 : 4);
    decodeColumn(this.bytesAt(dataAt + start, end - start), end - start, rows, into);
  }

  /** Bytes of the source at the start of an array that may be longer. There is no view, since this runs once a column. */
  private bytesAt(offset: number, length: number): Uint8Array {
    if (length > this.bytes.length) this.bytes = new Uint8Array(2 * length);
    if (this.source.read(offset, this.bytes, length) < length)
      throw new MalformedRecord("a journal that became shorter");
    return this.bytes;
  }
}

/** The place of a `rows` record's payload, and its number of columns: the first ones of its segment. */
interface RowsPlace {
  readonly offset: number;
  readonly length: number;
  readonly columns: number;
}

/** Reads `rows` records. The last segment stays decoded, since every series of it is read in turn. */
class RowsReader {
  private readonly source: JournalSource;
  private last: { readonly places: readonly RowsPlace[]; readonly segment: Segment } | undefined;

  constructor(source: JournalSource) {
    this.source = source;
  }

  /** Consecutive rows, up to the first record that cannot be decoded; undefined if there are none. */
  rows(places: RowsPlace[], series: readonly number[]): StoredRows | undefined {
    const segment = this.decode(places, series);
    if (segment.rows === 0) return undefined;
    const { firstRow, rows, firstMs, lastMs } = memoryRows(segment);
    const decoded = () => memoryRows(this.decode(places, series));
    const times = segment.times.slice(0, rows);
    return {
      ...{ firstRow, rows, firstMs, lastMs, columns: new StoredColumns([...segment.series]) },
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
    const head = decodeRowsHead(reader);
    if (segment.rows === 0) segment.firstRow = head.firstRow;
    if (segment.series.length < columns) segment.addColumns(series.slice(segment.series.length, columns));
    decodeRows(payload, reader, head, segment);
  }
}
