import type { SeriesKey } from "../catalog/index.ts";
import type { Block, Fact, Identity, RecordedSeries, Recording, RunEvent } from "../recording/recording.ts";
import type { JournalHeader } from "./about.ts";
import type { StoredRows } from "./stored-rows.ts";

/** Rows that are missing. */
export interface Gap {
  /** The last row before it; undefined: there is none. */
  readonly afterMs: number | undefined;
  /** The first row behind it; undefined: there is none. */
  readonly beforeMs: number | undefined;
  readonly rows: number;
}

/** What a journal does not have. */
export interface Damage {
  /** Whether the run's end is in it; if not, it ends where its recorder was stopped. */
  readonly ended: boolean;
  readonly gaps: readonly Gap[];
  /** Bytes that are no record, a torn end left out: names, facts or events may have been in them. */
  readonly bytes: number;
  /** Series whose values are there and whose names are not: they are left out. */
  readonly unnamed: number;
}

export interface JournalContent {
  readonly header: JournalHeader;
  readonly facts: readonly Fact[];
  readonly events: readonly RunEvent[];
  /** By number; a hole where the name is damaged. */
  readonly series: readonly (SeriesKey | undefined)[];
  /** In order. */
  readonly rows: readonly StoredRows[];
  readonly damage: Damage;
}

/**
 * What is made of points, above all texts of long floats, is garbage that the runtime sees too late: a week of them
 * would stand at 220 MiB, of which 20 are in use. So it is collected after so many points.
 */
const POINTS_PER_COLLECTION = 2 ** 18;

/** A run out of its journal, or out of the memory of the one that writes it. */
export class JournalRecording implements Recording {
  readonly header: JournalHeader;
  readonly identity: Identity;
  readonly startMs: number;
  readonly facts: readonly Fact[];
  readonly events: readonly RunEvent[];
  readonly damage: Damage;
  private readonly _series: readonly (SeriesKey | undefined)[];
  private readonly _rows: readonly StoredRows[];
  private uncollected = 0;

  constructor({ header, facts, events, series, rows, damage }: JournalContent) {
    this.header = header;
    this.identity = header.identity;
    this.startMs = header.startMs;
    this.facts = facts;
    this.events = events;
    this.damage = damage;
    this._series = series;
    this._rows = rows;
  }

  /** The rows that it has. */
  get rows(): number {
    return this._rows.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Time of the last row; undefined if it has none. */
  get lastMs(): number | undefined {
    return this._rows.at(-1)?.lastMs;
  }

  series(): Iterable<RecordedSeries> {
    const all: RecordedSeries[] = [];
    for (let number = 0; number < this._series.length; number++) {
      const key = this._series[number];
      if (key) all.push({ metric: key.metric, labels: key.labels, blocks: () => this.blocksOf(number) });
    }
    return all;
  }

  /** One block is answered as it is: the first use of a generator costs a short run more than all its points. */
  private blocksOf(series: number): Iterable<Block> {
    const [only] = this._rows;
    if (this._rows.length !== 1 || !only) return this.blocks(series);
    const column = only.columns.of(series);
    if (column === undefined) return [];
    const values = new Float64Array(only.rows);
    only.read(column, values);
    return [{ length: only.rows, times: only.times(), values }];
  }

  /** One array takes the values of one block after the other. */
  private *blocks(series: number): Iterable<Block> {
    let values = new Float64Array(0);
    for (const stored of this._rows) {
      const column = stored.columns.of(series);
      if (column === undefined) continue;
      if (values.length < stored.rows) values = new Float64Array(stored.rows);
      stored.read(column, values);
      yield { length: stored.rows, times: stored.times(), values };
      this.tidy(stored.rows);
    }
  }

  private tidy(points: number): void {
    this.uncollected += points;
    if (this.uncollected < POINTS_PER_COLLECTION) return;
    this.uncollected = 0;
    Bun.gc(false);
  }
}
