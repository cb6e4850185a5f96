import { RowNames } from "./row-names.ts";

/** The rows of one kernel file, each a name and the same fields: `values[row * fields.length + field]`. */
export class RowTable<Field extends string> {
  readonly names = new RowNames();
  /** By a name's index and a field's place; NaN: no such row or field. May be longer than the names. */
  values: Float64Array = new Float64Array(0);

  constructor(readonly fields: readonly Field[]) {}

  /** Where the row of an index begins in `values`, which has room for it. */
  start(row: number): number {
    const start = row * this.fields.length;
    if (start + this.fields.length > this.values.length) this.grow(start + this.fields.length);
    return start;
  }

  /** One value; NaN where there is none. For the tick, `values` itself is faster. */
  value(row: number, field: Field): number {
    return this.values[row * this.fields.length + this.fields.indexOf(field)] ?? Number.NaN;
  }

  /** No text: no row is there. */
  clear(): void {
    this.values.fill(Number.NaN);
  }

  private grow(least: number): void {
    const longer = new Float64Array(Math.max(least, this.values.length * 2)).fill(Number.NaN);
    longer.set(this.values);
    this.values = longer;
  }
}
