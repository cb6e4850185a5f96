import { type LabelArguments, type Metric, type SeriesKey, series } from "../catalog/index.ts";
import type { RowTable } from "../proc/row-table.ts";

/*
 * From tables to rows. A collector lists its columns, each a series and how its value is read; this file alone knows that
 * a row is an array, and in which place of it a value goes.
 */

/** One series, and how its value is read from a table; NaN: there is no value, and no point is written. */
export interface Column<Table = undefined> {
  readonly key: SeriesKey;
  readonly value: (table: Table) => number;
}

type Value<Table> = (table: Table) => number;

/** Makes a column of a metric that has no labels of its own, or of the one series of it with these labels. */
export function column<const M extends Metric, Table>(
  metric: M,
  ...rest: [...labels: LabelArguments<M>, value: Value<Table>]
): Column<Table> {
  // Its type says that the labels are there exactly where the metric has some.
  const labels = rest.slice(0, -1) as unknown as LabelArguments<M>;
  return { key: series(metric, ...labels), value: rest.at(-1) as Value<Table> };
}

/** Returns the series of columns. */
export function keysOf(columns: readonly Column<never>[]): SeriesKey[] {
  return columns.map(({ key }) => key);
}

/** Writes the values of columns into a row from a place on, and returns the place after them. Allocates nothing. */
export function fillColumns<Table>(
  row: Float64Array,
  from: number,
  columns: readonly Column<Table>[],
  table: Table,
): number {
  for (let i = 0; i < columns.length; i++) row[from + i] = columns[i]!.value(table);
  return from + columns.length;
}

/** Columns that not every kernel or control group has: each is described from its first value on. */
export class AppearingColumns {
  private readonly described: boolean[];

  constructor(private readonly all: readonly Column[]) {
    this.described = all.map(() => false);
  }

  describe(): readonly SeriesKey[] {
    const keys: SeriesKey[] = [];
    for (const [i, { key, value }] of this.all.entries()) {
      this.described[i] ||= !Number.isNaN(value(undefined));
      if (this.described[i]) keys.push(key);
    }
    return keys;
  }

  /** Fills the row; false: a series has its first value, and `describe()` has to be called again. */
  fill(row: Float64Array): boolean {
    const { all, described } = this;
    let place = 0;
    for (let i = 0; i < all.length; i++) {
      const value = all[i]!.value(undefined);
      if (described[i]) row[place++] = value;
      else if (!Number.isNaN(value)) return false;
    }
    return true;
  }
}

/** A field of every row of a table, and its series for the row of a name. */
export interface RowColumn<Field extends string> {
  readonly field: Field;
  readonly key: (name: string) => SeriesKey;
}

/** The series of the rows of a table: all columns of the first row, then those of the next. */
export class RowColumns<Field extends string> {
  /** Indexes of the described rows in the table, and places of the columns in one of its rows. */
  private rows: readonly number[] = [];
  private places: readonly number[] = [];

  constructor(private readonly table: RowTable<Field>) {}

  /** How many rows are described. */
  get count(): number {
    return this.rows.length;
  }

  /** Takes these rows of the table, by index, with these columns of each, and returns their series. */
  describe(rows: readonly number[], columns: readonly RowColumn<Field>[]): SeriesKey[] {
    const { fields, names } = this.table;
    this.rows = rows;
    this.places = columns.map(({ field }) => fields.indexOf(field));
    return rows.flatMap((index) => columns.map(({ key }) => key(names.all[index]!)));
  }

  /** Writes the values of all rows into a row from a place on. Allocates nothing. */
  fill(row: Float64Array, from: number): void {
    const { rows, places, table } = this;
    const { values } = table;
    let place = from;
    for (let i = 0; i < rows.length; i++) {
      const start = rows[i]! * table.fields.length;
      for (let column = 0; column < places.length; column++) row[place++] = values[start + places[column]!]!;
    }
  }
}
