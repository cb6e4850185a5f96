import { RUN } from "../catalog/index.ts";
import { familiesOf } from "../openmetrics/families.ts";
import type { RecordedSeries, Recording } from "../recording/recording.ts";
import { type BoundMark, boundMarks } from "./bound-marks.ts";

/*
 * What is exported of samples is a table: its columns are known first, then its rows come in batches, so that only one batch
 * is in memory beside the recordings. A writer of a format knows tables, and a shape of a table knows no format.
 */

/** What a column holds. `time`: milliseconds since the epoch; `number`: NaN is absent; `text`: null is absent. */
export interface TableColumn {
  readonly name: string;
  readonly kind: "time" | "number" | "text";
  /** Whether each row has a value in it. */
  readonly isFull: boolean;
}

/** Some rows: the cells of each column, in order. The arrays are valid until the next batch, and may be longer than `rows`. */
export interface TableBatch {
  readonly rows: number;
  readonly cells: readonly (Float64Array | (string | null)[])[];
}

export interface SampleTable {
  readonly columns: readonly TableColumn[];
  batches(): Iterable<TableBatch>;
}

/** A recording, and how the table names it: by its file. */
export interface NamedRun {
  readonly name: string;
  readonly recording: Recording;
}

/** A run's series, with those that are made of its facts and events, and what all of its rows have. */
export interface ExportedRun extends NamedRun {
  readonly series: readonly RecordedSeries[];
  /** The labels that all series of the run have, by name: instance, role, and the user's. */
  readonly labels: ReadonlyMap<string, string>;
  /** By the name of the metric: whether its values are bounds. */
  readonly bounds: ReadonlyMap<string, BoundMark>;
}

export function exportedRun({ name, recording }: NamedRun): ExportedRun {
  const { instance, role, labels } = recording.identity;
  return {
    ...{ name, recording, bounds: boundMarks(recording) },
    // Its labels are all facts of the run, which have rows of their own.
    series: familiesOf(recording).flatMap((family) => (family[0]?.metric.name === RUN.target.name ? [] : family)),
    labels: new Map([["instance", instance], ["role", role], ...labels]),
  };
}

/** Columns of labels have a prefix, since a user's label may have the name of another column. */
export function labelColumn(label: string): TableColumn {
  return { name: `label_${label}`, kind: "text", isFull: false };
}

/** The first columns of every table. */
export const FIRST_COLUMNS: readonly TableColumn[] = [
  { name: "time", kind: "time", isFull: true },
  { name: "seconds", kind: "number", isFull: true },
  { name: "run", kind: "text", isFull: true },
];

/** Returns seconds since the first sample of a run, exact to the millisecond that a time has. */
export function secondsSince(startMs: number, atMs: number): number {
  return (atMs - startMs) / 1000;
}
