import type { Segment } from "./journal-segment.ts";

/**
 * The last rows of a segment, which has only their times so far. In a segment each value of a row is on a page of memory of
 * its own, and to touch them all costs more than to measure them: it is done once for all rows of a flush, column by column.
 */
export class PendingRows {
  private rows = 0;
  /** Row by row. */
  private values = new Float64Array(0);
  /** The column of the segment for each value of a row, and the columns without a value in it. */
  private columns: readonly number[] = [];
  private absentColumns: readonly number[] = [];

  /** Takes the columns of the next rows. There are none that wait. */
  begin(columns: readonly number[], absentColumns: readonly number[]): void {
    this.columns = columns;
    this.absentColumns = absentColumns;
  }

  /** Takes a row, whose time the segment has just taken. */
  add(row: Float64Array): void {
    const from = this.rows * this.columns.length;
    const end = from + row.length;
    if (end > this.values.length) this.grow(end);
    this.values.set(row, from);
    this.rows++;
  }

  /** Puts the values of all rows that wait into the segment. */
  settle({ values: cells, stride, rows: end }: Segment): void {
    const { rows, values, columns, absentColumns } = this;
    if (rows === 0) return;
    const width = columns.length;
    const first = end - rows;
    for (let i = 0; i < width; i++) {
      const cell = columns[i]! * stride + first;
      for (let row = 0, from = i; row < rows; row++, from += width) cells[cell + row] = values[from]!;
    }
    for (let i = 0; i < absentColumns.length; i++) {
      const cell = absentColumns[i]! * stride + first;
      cells.fill(Number.NaN, cell, cell + rows);
    }
    this.rows = 0;
  }

  private grow(length: number): void {
    const longer = new Float64Array(2 * length);
    longer.set(this.values);
    this.values = longer;
  }
}
