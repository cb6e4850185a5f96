import { MalformedRecord } from "./bytes.ts";
import type { ColumnsHead, Layout, RowsHead } from "./format.ts";
import type { Gap } from "./recording.ts";
import type { Source } from "./source.ts";
import { ColumnSource, type RowsPlace, RowsSource } from "./stored.ts";
import { Columns, type StoredRows } from "./stored-rows.ts";

/** `rows` records that follow one another, until a `columns` record has their rows too. */
interface Open {
  readonly firstRow: number;
  nextRow: number;
  readonly places: RowsPlace[];
  readonly series: readonly number[];
}

/** Where the rows of a journal are, as the records that have them come by. */
export class RowIndex {
  private readonly columnSource: ColumnSource;
  private readonly rowsSource: RowsSource;
  private readonly stored: StoredRows[] = [];
  /** Rows of one segment: more than one item only where there is damage between them. */
  private open: Open[] = [];
  /** The series of the segment; the same array until another begins. */
  private _series: number[] = [];
  private _layout = -1;
  private _columns = new Columns([]);
  private total: number | undefined;

  constructor(source: Source) {
    this.columnSource = new ColumnSource(source);
    this.rowsSource = new RowsSource(source);
  }

  layout({ number, kept, added }: Layout): void {
    if (number === this._layout) return;
    if (kept === 0) {
      this.settle();
      this._series = [...added];
    } else {
      // Where a layout is missing, what this one adds to is not known: its rows are read from their columns, or lost.
      if (number !== this._layout + 1 || kept !== this._series.length)
        throw new MalformedRecord("a layout that adds to one which is not there");
      this._series.push(...added);
    }
    this._layout = number;
  }

  rows({ layout, firstRow, rows, columns, fresh }: RowsHead, offset: number, length: number): void {
    // These have a layout, or rows to follow on, that are damaged: the damage is counted there.
    if (layout !== this._layout || columns !== this._series.length) return;
    const last = this.open.at(-1);
    const place = { offset, length, columns };
    if (last?.nextRow === firstRow) {
      last.places.push(place);
      last.nextRow += rows;
    } else if (fresh) {
      this.open.push({ firstRow, nextRow: firstRow + rows, places: [place], series: this._series });
    }
  }

  columns(head: ColumnsHead, offset: number): void {
    const end = head.firstRow + head.rows;
    // Where a layout was damaged the segment's first rows are settled already: its columns have them too.
    while ((this.stored.at(-1)?.firstRow ?? -1) >= head.firstRow) this.stored.pop();
    this.open = this.open.filter(({ firstRow, nextRow }) => firstRow < head.firstRow || nextRow > end);
    this.settle();
    if (!Bun.deepEquals(this._columns.series, head.series)) this._columns = new Columns(head.series);
    this.stored.push(this.columnSource.rows(head, offset, this._columns));
  }

  end(rows: number): void {
    this.total = rows;
  }

  /** All rows that can be read, in order, and which are missing between them. */
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

  /** What has no columns is read from its rows. */
  private settle(): void {
    for (const { places, series } of this.open) {
      const stored = this.rowsSource.rows(places, series);
      if (stored) this.stored.push(stored);
    }
    this.open = [];
  }
}
