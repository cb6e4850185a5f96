import type { Fact, SeriesKey, Snapshot } from "../catalog/index.ts";
import type { Block, Identity, RecordedSeries, Recording, RunEvent } from "../recording/recording.ts";
import type { JournalHeader } from "./journal-records.ts";
import type { StoredRows } from "./journal-segment.ts";

/** Consecutive rows that are missing. */
export interface Gap {
  /** Time of the last row before the gap; undefined: there is none. */
  readonly afterMs: number | undefined;
  /** Time of the first row after the gap; undefined: there is none. */
  readonly beforeMs: number | undefined;
  readonly rows: number;
}

/** The parts of a journal that are missing. */
export interface Damage {
  /** Whether the journal has the run's end. If not, the recorder was killed, or still runs. */
  readonly ended: boolean;
  readonly gaps: readonly Gap[];
  /** Damaged bytes, without a torn record at the end. They may have held names, facts or events. */
  readonly bytes: number;
  /** The number of series with values but without a name. They are left out. */
  readonly unnamed: number;
}

/** The content of a journal. */
export interface JournalContent {
  readonly header: JournalHeader;
  readonly facts: readonly Fact[];
  readonly events: readonly RunEvent[];
  /** By number; undefined where the name is missing. */
  readonly series: readonly (SeriesKey | undefined)[];
  /** The last one of each topic. */
  readonly snapshots: readonly Snapshot[];
  /** In order. */
  readonly rows: readonly StoredRows[];
  readonly damage: Damage;
}

/**
 * The garbage of rendering, above all texts of long floats, is collected too late by the runtime: for a week of samples,
 * memory would grow to 220 MiB, with 20 in use. So it is collected after this number of points.
 */
const POINTS_PER_COLLECTION = 2 ** 18;

/** The recording of a run from its journal, or from the memory of its writer. */
export class JournalRecording implements Recording {
  readonly header: JournalHeader;
  readonly identity: Identity;
  readonly startMs: number;
  readonly facts: readonly Fact[];
  readonly events: readonly RunEvent[];
  readonly damage: Damage;
  private readonly keys: readonly (SeriesKey | undefined)[];
  private readonly snapshots: readonly Snapshot[];
  private readonly storedRows: readonly StoredRows[];
  private uncollected = 0;

  constructor({ header, facts, events, series, snapshots, rows, damage }: JournalContent) {
    this.header = header;
    this.identity = header.identity;
    this.startMs = header.startMs;
    this.facts = facts;
    this.events = events;
    this.damage = damage;
    this.keys = series;
    this.snapshots = snapshots;
    this.storedRows = rows;
  }

  /** The number of rows. */
  get rows(): number {
    return this.storedRows.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Time of the last row; undefined if there is none. */
  get lastMs(): number | undefined {
    return this.storedRows.at(-1)?.lastMs;
  }

  series(): Iterable<RecordedSeries> {
    const all: RecordedSeries[] = [];
    for (let number = 0; number < this.keys.length; number++) {
      const key = this.keys[number];
      if (key) all.push({ metric: key.metric, labels: key.labels, blocks: () => this.blocksOf(number) });
    }
    for (const { atMs, keys, values } of this.snapshots)
      for (let i = 0; i < keys.length; i++) all.push(onePoint(keys[i]!, atMs, values[i]!));
    return all;
  }

  /** A single block comes without a generator, whose first use costs a short run more than all its points. */
  private blocksOf(series: number): Iterable<Block> {
    const [only] = this.storedRows;
    if (this.storedRows.length !== 1 || !only) return this.blocks(series);
    const column = only.columns.of(series);
    if (column === undefined) return [];
    const values = new Float64Array(only.rows);
    only.read(column, values);
    return [{ length: only.rows, times: only.times(), values }];
  }

  /** The values of all blocks share one array. */
  private *blocks(series: number): Iterable<Block> {
    let values = new Float64Array(0);
    for (const stored of this.storedRows) {
      const column = stored.columns.of(series);
      if (column === undefined) continue;
      if (values.length < stored.rows) values = new Float64Array(stored.rows);
      stored.read(column, values);
      yield { length: stored.rows, times: stored.times(), values };
      this.collectGarbage(stored.rows);
    }
  }

  private collectGarbage(points: number): void {
    this.uncollected += points;
    if (this.uncollected < POINTS_PER_COLLECTION) return;
    this.uncollected = 0;
    Bun.gc(false);
  }
}

function onePoint({ metric, labels }: SeriesKey, atMs: number, value: number): RecordedSeries {
  const block = { length: 1, times: Float64Array.of(atMs), values: Float64Array.of(value) };
  return { metric, labels, blocks: () => [block] };
}

/** Describes a recovered recording to the user: its rows, and what is missing from when. */
export function describeRecovery({ header, rows, lastMs, damage }: JournalRecording): string[] {
  const { startMs } = header;
  const lines = [`${counted(rows, "sample")}${lastMs === undefined ? "" : `, up to ${when(lastMs, startMs)}`}`];
  if (!damage.ended) {
    const end = lastMs === undefined ? "" : ` after ${when(lastMs, startMs)}`;
    lines.push(`missing: all${end}, when the recorder was stopped`);
  }
  for (const { afterMs, beforeMs, rows: missing } of damage.gaps) {
    const from = afterMs === undefined ? "the start" : when(afterMs, startMs);
    const to = beforeMs === undefined ? "the end" : when(beforeMs, startMs);
    lines.push(`missing: ${counted(missing, "sample")} between ${from} and ${to}`);
  }
  if (damage.unnamed > 0)
    lines.push(`missing: ${damage.unnamed} series whose ${damage.unnamed === 1 ? "name is" : "names are"} damaged`);
  if (damage.bytes > 0)
    lines.push(`${counted(damage.bytes, "byte")} of the journal are damaged: facts or events may be missing`);
  return lines;
}

/** `2023-11-14T22:13:20.000Z (12.3 s after the start)`. */
function when(atMs: number, startMs: number): string {
  const date = new Date(atMs);
  const text = Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString();
  return `${text} (${((atMs - startMs) / 1000).toFixed(1)} s after the start)`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
