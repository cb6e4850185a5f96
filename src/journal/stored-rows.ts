import type { Segment } from "./segment.ts";

/** The series that rows have values for: which is which column. Rows that have the same share one. */
export class Columns {
  private columnOf: Map<number, number> | undefined;

  constructor(readonly series: readonly number[]) {}

  of(series: number): number | undefined {
    // Until a set of series changes, the number of each is its column's.
    if (this.series[series] === series) return series;
    this.columnOf ??= columnsBySeries(this.series);
    return this.columnOf.get(series);
  }
}

function columnsBySeries(series: readonly number[]): Map<number, number> {
  const columns = new Map<number, number>();
  for (let column = 0; column < series.length; column++) columns.set(series[column] as number, column);
  return columns;
}

/** Consecutive rows of a run, wherever they are. */
export interface StoredRows {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly columns: Columns;
  /** The times of all rows. As far as memory allows it is the same array each time; it is never changed. */
  times(): Float64Array;
  /** Copies a column. Throws MalformedRecord, SystemError. */
  read(column: number, into: Float64Array): void;
}

/** Rows in memory. */
export function memoryRows(segment: Segment): StoredRows {
  const { firstRow, rows, lastMs, series, times, values, stride } = segment;
  return {
    ...{ firstRow, rows, lastMs, firstMs: times[0] as number },
    columns: new Columns(series),
    times: () => times,
    read: (column, into) => into.set(values.subarray(column * stride, column * stride + rows)),
  };
}
