/** Cells that a segment may have before it is full, a MiB of them: a column is then long enough to be read by itself. */
const FULL_CELLS = 131_072;
const MOST_ROWS = 1024;
const FEWEST_ROWS = 8;

/**
 * Consecutive rows of a run in memory, column by column: the value of column `c` in row `r` is at `c * stride + r`.
 * It begins small, since most runs are short; its memory is used again for the next segment.
 */
export class Segment {
  /** Number of its first row in the run. */
  firstRow = 0;
  rows = 0;
  /** The series of its columns, by number. */
  series: number[] = [];
  stride = FEWEST_ROWS;
  times = new Float64Array(FEWEST_ROWS);
  values = new Float64Array(0);
  private readonly _columnOf = new Map<number, number>();

  /** Rows that it holds when it is full. */
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

  /** Begins anew behind its last row, without columns. */
  restart(firstRow: number): void {
    this.firstRow = firstRow;
    this.rows = 0;
    this.series = [];
    this._columnOf.clear();
  }

  /**
   * Whether a column for each of these series fits before it is full. Rows without columns stay so: the first ones begin
   * a segment.
   */
  hasRoomFor(series: readonly number[]): boolean {
    if (this.rows === 0) return true;
    const width = this.series.length;
    let added = 0;
    for (const one of series) if (!this._columnOf.has(one)) added++;
    return added === 0 || (width > 0 && (width + added) * this.stride <= 2 * FULL_CELLS);
  }

  columnOf(series: number): number | undefined {
    return this._columnOf.get(series);
  }

  /** Adds a column for each of these series that has none; there is no value in the rows that are there. */
  addColumns(series: readonly number[]): void {
    const before = this.series.length;
    for (const one of series) {
      if (this._columnOf.has(one)) continue;
      this._columnOf.set(one, this.series.length);
      this.series.push(one);
    }
    this.fit(this.stride);
    for (let column = before; column < this.series.length; column++)
      this.values.fill(Number.NaN, column * this.stride, column * this.stride + this.rows);
  }

  /** Makes room for another row, whose values the caller sets; its number. */
  addRow(atMs: number): number {
    if (this.rows === this.stride) this.fit(Math.max(this.stride + 1, Math.min(this.stride * 4, this.mostRows)));
    this.times[this.rows] = atMs;
    return this.rows++;
  }

  /** Moves to a stride, and makes room for all columns. An empty one takes the longest stride that its memory allows. */
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
