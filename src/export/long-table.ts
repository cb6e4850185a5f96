import { sampleName } from "../catalog/index.ts";
import type { RecordedSeries } from "../recording/recording.ts";
import {
  type ExportedRun,
  exportedRun,
  FIRST_COLUMNS,
  labelColumn,
  type NamedRun,
  type SampleTable,
  secondsSince,
  type TableBatch,
  type TableColumn,
} from "./sample-table.ts";

const BATCH_ROWS = 1 << 16;

/** What a row has beside its time and its labels. */
const OWN_COLUMNS: readonly TableColumn[] = [
  ...FIRST_COLUMNS,
  { name: "metric", kind: "text", isFull: true },
  { name: "type", kind: "text", isFull: true },
  { name: "unit", kind: "text", isFull: false },
  { name: "bound", kind: "text", isFull: false },
  { name: "value", kind: "number", isFull: true },
];

/** A table with a row for each sample of each series: series after series, each in order of time. */
export function longTable(runs: readonly NamedRun[]): SampleTable {
  const all = runs.map(exportedRun);
  const labels = labelsOf(all);
  return {
    columns: [...OWN_COLUMNS, ...labels.map(labelColumn)],
    *batches() {
      const batch = new LongBatch(labels);
      for (const run of all) for (const one of run.series) yield* batch.add(run, one);
      yield* batch.rest();
    },
  };
}

/** The names of all labels, those that every series of a run has first. */
function labelsOf(runs: readonly ExportedRun[]): string[] {
  const names = new Set(runs.flatMap(({ labels }) => [...labels.keys()]));
  for (const { series } of runs) for (const { metric } of series) for (const label of metric.labels) names.add(label);
  return [...names];
}

/** The batch that is being filled. */
class LongBatch {
  private readonly times = new Float64Array(BATCH_ROWS);
  private readonly seconds = new Float64Array(BATCH_ROWS);
  private readonly values = new Float64Array(BATCH_ROWS);
  /** Columns of texts: run, metric, type, unit and bound, then the labels. */
  private readonly texts: (string | null)[][];
  private rows = 0;

  constructor(private readonly labels: readonly string[]) {
    this.texts = Array.from({ length: 5 + labels.length }, () => new Array<string | null>(BATCH_ROWS).fill(null));
  }

  /** Adds the points of a series; yields each batch that is full by then. */
  *add(run: ExportedRun, one: RecordedSeries): Generator<TableBatch> {
    const texts = this.textsOf(run, one);
    const { startMs } = run.recording;
    let from = this.rows;
    for (const { length, times, values } of one.blocks()) {
      for (let row = 0; row < length; row++) {
        const value = values[row]!;
        if (Number.isNaN(value)) continue;
        this.times[this.rows] = times[row]!;
        this.seconds[this.rows] = secondsSince(startMs, times[row]!);
        this.values[this.rows++] = value;
        if (this.rows < BATCH_ROWS) continue;
        this.fill(texts, from);
        yield* this.rest();
        from = 0;
      }
    }
    this.fill(texts, from);
  }

  /** Yields the rows that no batch had yet. */
  *rest(): Generator<TableBatch> {
    const { rows, times, seconds, values, texts } = this;
    if (rows === 0) return;
    const [run = [], ...others] = texts;
    yield { rows, cells: [times, seconds, run, ...others.slice(0, 4), values, ...others.slice(4)] };
    this.rows = 0;
  }

  private fill(texts: readonly (string | null)[], from: number): void {
    for (const [column, text] of texts.entries()) this.texts[column]!.fill(text, from, this.rows);
  }

  /** The texts that all rows of a series have; a label without a value is one that the series does not have. */
  private textsOf(run: ExportedRun, { metric, labels }: RecordedSeries): (string | null)[] {
    const own = new Map(metric.labels.map((label, i) => [label, labels[i]]));
    return [
      ...[run.name, sampleName(metric), metric.type, metric.unit ?? null, run.bounds.get(metric.name) ?? null],
      ...this.labels.map((label) => own.get(label) || run.labels.get(label) || null),
    ];
  }
}
