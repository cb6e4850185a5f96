import type { Otel } from "./otel.ts";

/** Every name in a metrics file begins with this. */
export const PREFIX = "statexec_";

export type MetricType = "counter" | "gauge" | "info";

/** One metric family, by the terms of OpenMetrics 1.0. */
export interface Metric {
  /** The family's name after the prefix: without the `_total` of a counter's samples or the `_info` of an info's. */
  readonly name: string;
  readonly type: MetricType;
  /** The unit; `name` then ends in it. */
  readonly unit?: string;
  /** The metric's own label names, in the order in which they are written. */
  readonly labels: readonly string[];
  readonly help: string;
  /** Where the value comes from, for a person to look up: `proc_stat(5), cpuN rows`. */
  readonly source: string;
  /** Its name by OpenTelemetry's semantic conventions; `none`: they have no metric for it; undefined: not of the catalogue. */
  readonly otel?: Otel;
}

const NO_LABELS: readonly string[] = [];

/** A metric as the catalogue defines it: without labels, the list may be left out; the name by OpenTelemetry may not. */
type Definition = Omit<Metric, "labels" | "otel"> & { readonly labels?: readonly string[]; readonly otel: Otel };

type Defined<D extends Definition> = Omit<Metric, "labels"> & {
  readonly labels: D["labels"] extends readonly string[] ? D["labels"] : readonly [];
};

/** Completes the definitions of one subject. The compiler keeps the type of each label list. */
export function defineMetrics<const T extends Record<string, Definition>>(
  definitions: T,
): { readonly [K in keyof T]: Defined<T[K]> } {
  // In place, because every start would pay for the copies.
  for (const id in definitions) (definitions[id] as { labels?: readonly string[] }).labels ??= NO_LABELS;
  return definitions as unknown as { readonly [K in keyof T]: Defined<T[K]> };
}

/** One series: a metric and the values of its own labels, in the metric's order. */
export interface SeriesKey {
  readonly metric: Metric;
  readonly labels: readonly string[];
}

/** Some series with one value each, all of one time; it takes the place of the one before it of its kind. */
export interface Snapshot {
  /** Milliseconds since the epoch, on the recording's axis. */
  readonly atMs: number;
  readonly keys: readonly SeriesKey[];
  /** Of the same length. */
  readonly values: readonly number[];
}

/** The values of a metric's own labels as an argument, and none where it has no labels. */
export type LabelArguments<M extends Metric> = M["labels"] extends readonly []
  ? []
  : [labels: { readonly [L in M["labels"][number]]: string }];

/** Makes the key of a series. A label that is missing, or that the metric does not have, does not compile. */
export function series<const M extends Metric>(metric: M, ...labels: LabelArguments<M>): SeriesKey {
  const values = labels[0] as Readonly<Record<string, string>> | undefined;
  if (values === undefined) return { metric, labels: NO_LABELS };
  const own: string[] = [];
  for (const label of metric.labels) own.push(values[label] ?? "");
  return { metric, labels: own };
}

/** The name of a sample, in front of its braces: `statexec_cpu_seconds_total`. */
export function sampleName(metric: Metric): string {
  return familyName(metric) + (metric.type === "counter" ? "_total" : metric.type === "info" ? "_info" : "");
}

/** The name of a family, in TYPE, UNIT and HELP: `statexec_cpu_seconds`. */
export function familyName(metric: Metric): string {
  return PREFIX + metric.name;
}

/** A fact about the run and its value, as `statexec_run_info` has them. A fact with several values is several pairs. */
export type Fact = readonly [fact: string, value: string];
