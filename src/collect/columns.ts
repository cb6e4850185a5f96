import type { SeriesKey } from "../catalog/index.ts";

/** A series and where its value is looked up. */
export interface Column {
  readonly key: SeriesKey;
  readonly value: () => number;
}

/** Series of which not every kernel and group has a value: one is described once it has had its first. */
export class Columns {
  private readonly described: boolean[];

  constructor(private readonly all: readonly Column[]) {
    this.described = all.map(() => false);
  }

  describe(): readonly SeriesKey[] {
    return this.all
      .filter(({ value }, i) => {
        this.described[i] ||= !Number.isNaN(value());
        return this.described[i];
      })
      .map(({ key }) => key);
  }

  /** Fills the row; false: a series has its first value, `describe()` has it. */
  fill(row: Float64Array): boolean {
    const { all, described } = this;
    let column = 0;
    for (let i = 0; i < all.length; i++) {
      const value = all[i]!.value();
      if (described[i]) row[column++] = value;
      else if (!Number.isNaN(value)) return false;
    }
    return true;
  }
}
