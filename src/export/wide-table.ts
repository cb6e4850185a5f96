import { RUN, type SeriesKey, sampleName } from "../catalog/index.ts";
import type { Block, RecordedSeries } from "../recording/recording.ts";
import {
  type ExportedRun,
  exportedRun,
  FIRST_COLUMNS,
  labelColumn,
  type NamedRun,
  type SampleTable,
  secondsSince,
  type TableBatch,
} from "./sample-table.ts";

/** Cells of a batch: with more columns it has fewer rows. */
const BATCH_CELLS = 1 << 20;
const FEWEST_ROWS = 256;
const MOST_ROWS = 1 << 16;

/** Columns before those of series. */
const LEAD = FIRST_COLUMNS.length + 1;

/** A table with a row for each time of a run, and a column for each series. */
export function wideTable(runs: readonly NamedRun[]): SampleTable {
  const all = runs.map(exportedRun).map(sampled);
  const labels = [...new Set(all.flatMap((run) => [...run.labels.keys()]))];
  const names = [...new Set(all.flatMap(({ series }) => series.map(seriesName)))];
  const bounds = { name: "bounds", kind: "text", isFull: false } as const;
  const columns = names.map((name) => ({ name, kind: "number", isFull: false }) as const);
  return {
    columns: [...FIRST_COLUMNS, bounds, ...labels.map(labelColumn), ...columns],
    *batches() {
      const most = Math.floor(BATCH_CELLS / (LEAD + labels.length + names.length));
      const rows = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, most));
      for (const run of all) yield* batchesOf(run, labels, names, rows);
    },
  };
}

/** Leaves out facts, which have no value, and events, each of which would be a column with one value. */
function sampled(run: ExportedRun): ExportedRun {
  const isSampled = ({ metric }: RecordedSeries) => metric.type !== "info" && metric.name !== RUN.event.name;
  return { ...run, series: run.series.filter(isSampled) };
}

/** Label values that need no quotes in the name of a column. */
const PLAIN = /^[\w.:/@+-]+$/;

/**
 * Returns the name of a series as in a metrics file, but that values of labels are in quotes only where they need them:
 * `statexec_cpu_seconds_total{cpu=0,mode=user}`.
 */
export function seriesName({ metric, labels }: SeriesKey): string {
  const pairs = metric.labels.flatMap((label, i) => {
    const value = labels[i] ?? "";
    return value === "" ? [] : [`${label}=${PLAIN.test(value) ? value : JSON.stringify(value)}`];
  });
  return sampleName(metric) + (pairs.length > 0 ? `{${pairs.join(",")}}` : "");
}

function* batchesOf(
  run: ExportedRun,
  labels: readonly string[],
  names: readonly string[],
  most: number,
): Generator<TableBatch> {
  const { startMs } = run.recording;
  const times = timesOf(run.series);
  const cursors = new Map(run.series.map((one) => [seriesName(one), new SeriesCursor(one.blocks())]));
  const [stamps, seconds] = [new Float64Array(most), new Float64Array(most)];
  const texts = [run.name, boundsText(run), ...labels.map((label) => run.labels.get(label) || null)].map((text) =>
    new Array<string | null>(most).fill(text),
  );
  const columns = names.map((name) => ({ cursor: cursors.get(name), cells: new Float64Array(most) }));
  for (let from = 0; from < times.length; from += most) {
    const rows = Math.min(most, times.length - from);
    stamps.set(times.subarray(from, from + rows));
    for (let row = 0; row < rows; row++) seconds[row] = secondsSince(startMs, stamps[row]!);
    for (const { cursor, cells } of columns) {
      if (cursor) cursor.fill(cells, stamps, rows);
      else cells.fill(Number.NaN);
    }
    yield { rows, cells: [stamps, seconds, ...texts, ...columns.map(({ cells }) => cells)] };
  }
}

/** Says which columns are bounds: `lower: statexec_command_cpu_seconds_total; upper: …`. */
function boundsText({ series, bounds }: ExportedRun): string | null {
  const text = (["lower", "upper", "estimate"] as const).flatMap((mark) => {
    const marked = new Set(
      series.filter(({ metric }) => bounds.get(metric.name) === mark).map(({ metric }) => sampleName(metric)),
    );
    return marked.size > 0 ? [`${mark}: ${[...marked].join(" ")}`] : [];
  });
  return text.length > 0 ? text.join("; ") : null;
}

/** Returns all times at which a series has a point, in order. Series that were sampled together share their times. */
function timesOf(series: readonly RecordedSeries[]): Float64Array {
  const seen = new Set<Float64Array>();
  const all = new Set<number>();
  for (const one of series) {
    for (const { length, times, values } of one.blocks()) {
      // Only where the whole array is read: another series may use more of it, or have points where this has none.
      const isWhole = length === times.length && values.subarray(0, length).every((value) => !Number.isNaN(value));
      if (isWhole && seen.has(times)) continue;
      if (isWhole) seen.add(times);
      for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) all.add(times[row]!);
    }
  }
  return Float64Array.from(all).sort();
}

/** The points of one series, in step with the times of all. */
class SeriesCursor {
  private readonly blocks: Iterator<Block>;
  private block: Block | undefined;
  private row = 0;

  constructor(blocks: Iterable<Block>) {
    this.blocks = blocks[Symbol.iterator]();
    this.block = this.next();
  }

  /** Puts the values at some times, which are later than those before, into cells; NaN where there is none. */
  fill(cells: Float64Array, stamps: Float64Array, rows: number): void {
    for (let row = 0; row < rows; row++) {
      const atMs = stamps[row]!;
      let value = Number.NaN;
      while (this.block && this.block.times[this.row]! <= atMs) {
        if (this.block.times[this.row] === atMs) value = this.block.values[this.row]!;
        this.row++;
        if (this.row >= this.block.length) this.block = this.next();
      }
      cells[row] = value;
    }
  }

  private next(): Block | undefined {
    this.row = 0;
    for (;;) {
      const { done, value } = this.blocks.next();
      if (done) return undefined;
      if (value.length > 0) return value;
    }
  }
}
