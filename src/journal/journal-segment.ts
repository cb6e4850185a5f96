/** Cells of a full segment, 1 MiB of them: a column is then long enough to be read by itself. */
const FULL_CELLS = 131_072;
const MOST_ROWS = 1024;
const FEWEST_ROWS = 8;

/**
 * Consecutive rows of a run in memory, stored by column: the value of column `c` in row `r` is at `c * stride + r`. A
 * segment starts small, since most runs are short. Its memory is reused for the next segment.
 */
export class Segment {
  /** The number of its first row in the run. */
  firstRow = 0;
  rows = 0;
  /** The series of its columns, by number. */
  series: number[] = [];
  stride = FEWEST_ROWS;
  times = new Float64Array(FEWEST_ROWS);
  values = new Float64Array(0);
  private readonly columnsBySeries = new Map<number, number>();

  /** The number of rows that make it full. */
  get mostRows(): number {
    const fitting = Math.floor(FULL_CELLS / Math.max(1, this.series.length));
    return Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, fitting));
  }

  get isFull(): boolean {
    return this.rows >= this.mostRows;
  }

  get lastMs(): number {
    return this.times[this.rows - 1] ?? Number.NaN;
  }

  /** Empties the segment, for rows from `firstRow` on. */
  restart(firstRow: number): void {
    this.firstRow = firstRow;
    this.rows = 0;
    this.series = [];
    this.columnsBySeries.clear();
  }

  /**
   * Whether a column for each of these series fits before the segment is full. Rows without columns do not get any later:
   * the first columns begin a segment.
   */
  hasRoomFor(series: readonly number[]): boolean {
    if (this.rows === 0) return true;
    const width = this.series.length;
    let added = 0;
    for (const one of series) if (!this.columnsBySeries.has(one)) added++;
    return added === 0 || (width > 0 && (width + added) * this.stride <= 2 * FULL_CELLS);
  }

  columnOf(series: number): number | undefined {
    return this.columnsBySeries.get(series);
  }

  /** Adds a column for each of these series that has none. In the rows so far, its values are absent. */
  addColumns(series: readonly number[]): void {
    const before = this.series.length;
    for (const one of series) {
      if (this.columnsBySeries.has(one)) continue;
      this.columnsBySeries.set(one, this.series.length);
      this.series.push(one);
    }
    this.fit(this.stride);
    for (let column = before; column < this.series.length; column++)
      this.values.fill(Number.NaN, column * this.stride, column * this.stride + this.rows);
  }

  /** Adds a row, whose values the caller sets. Returns its index in the segment. */
  addRow(atMs: number): number {
    if (this.rows === this.stride) this.fit(Math.max(this.stride + 1, Math.min(this.stride * 4, this.mostRows)));
    this.times[this.rows] = atMs;
    return this.rows++;
  }

  /** Makes room for all columns at a stride. An empty segment takes the longest stride that its memory allows. */
  private fit(wanted: number): void {
    const width = this.series.length;
    const free = Math.min(this.mostRows, Math.floor(this.values.length / Math.max(1, width)));
    const stride = this.rows === 0 ? Math.max(FEWEST_ROWS, free) : wanted;
    if (stride > this.times.length) this.times = grown(this.times, stride, this.rows);
    const needed = width * stride;
    if (stride !== this.stride && this.rows > 0) this.move(stride, needed);
    else if (needed > this.values.length) this.values = grown(this.values, needed, this.values.length);
    this.stride = stride;
  }

  private move(stride: number, needed: number): void {
    const from = this.values;
    this.values = new Float64Array(needed);
    for (let column = 0; column < this.series.length; column++) {
      const start = column * this.stride;
      this.values.set(from.subarray(start, start + this.rows), column * stride);
    }
  }
}

function grown(from: Float64Array, length: number, kept: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(length);
  longer.set(from.subarray(0, kept));
  return longer;
}

/** The series of stored rows, one a column. Rows with the same series share one object. */
export class StoredColumns {
  private bySeries: Map<number, number> | undefined;

  constructor(readonly series: readonly number[]) {}

  /** The column of a series; undefined: it has none. */
  of(series: number): number | undefined {
    // Until the set of series changes, column and series have the same number.
    if (this.series[series] === series) return series;
    this.bySeries ??= columnsBySeries(this.series);
    return this.bySeries.get(series);
  }
}

function columnsBySeries(series: readonly number[]): Map<number, number> {
  const columns = new Map<number, number>();
  for (let column = 0; column < series.length; column++) columns.set(series[column]!, column);
  return columns;
}

/** Consecutive rows of a run, in memory or in a journal. */
export interface StoredRows {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly columns: StoredColumns;
  /** The times of all rows. As far as memory allows, every call returns the same array. It never changes. */
  times(): Float64Array;
  /** Copies a column. Throws MalformedRecord, SystemError. */
  read(column: number, into: Float64Array): void;
}

/** The rows of a segment in memory. */
export function memoryRows(segment: Segment): StoredRows {
  const { firstRow, rows, lastMs, series, times, values, stride } = segment;
  return {
    ...{ firstRow, rows, lastMs, firstMs: times[0]! },
    columns: new StoredColumns(series),
    times: () => times,
    read: (column, into) => into.set(values.subarray(column * stride, column * stride + rows)),
  };
}
