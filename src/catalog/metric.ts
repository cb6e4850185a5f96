/** Every name in a metrics file begins with this. */
export const PREFIX = "statexec_";

export type MetricType = "counter" | "gauge" | "info";

/** One metric family, by the terms of OpenMetrics 1.0. */
export interface Metric {
  /** The family's name after the prefix: without the `_total` of a counter's samples or the `_info` of an info's. */
  readonly name: string;
  readonly type: MetricType;
  /** The unit, which is then the end of `name`. */
  readonly unit?: string;
  /** The metric's own label names, in the order in which they are written. */
  readonly labels: readonly string[];
  readonly help: string;
  /** Where the value comes from, as a person would look it up: `proc_stat(5), cpuN rows`. */
  readonly source: string;
}

const NO_LABELS: readonly string[] = [];

/** A metric as the catalogue writes it: labels may be left out. */
type Definition = Omit<Metric, "labels"> & { readonly labels?: readonly string[] };

type Defined<D extends Definition> = Omit<Metric, "labels"> & {
  readonly labels: D["labels"] extends readonly string[] ? D["labels"] : readonly [];
};

/** Completes the definitions of one subject; a label set stays known to the compiler. */
export function defineMetrics<const T extends Record<string, Definition>>(
  definitions: T,
): { readonly [K in keyof T]: Defined<T[K]> } {
  // In place: copies of so many would be made at every start.
  for (const id in definitions) (definitions[id] as { labels?: readonly string[] }).labels ??= NO_LABELS;
  return definitions as unknown as { readonly [K in keyof T]: Defined<T[K]> };
}

/** One series: a metric and the values of its own labels, in the metric's order. */
export interface SeriesKey {
  readonly metric: Metric;
  readonly labels: readonly string[];
}

/** The values of a metric's own labels as an argument, and none where it has no labels. */
export type LabelArguments<M extends Metric> = M["labels"] extends readonly []
  ? []
  : [labels: { readonly [L in M["labels"][number]]: string }];

/** A series of a catalogued metric; a label that is missing, or is not the metric's, does not compile. */
export function series<const M extends Metric>(metric: M, ...labels: LabelArguments<M>): SeriesKey {
  const values = labels[0] as Readonly<Record<string, string>> | undefined;
  if (values === undefined) return { metric, labels: NO_LABELS };
  const own: string[] = [];
  for (const label of metric.labels) own.push(values[label] ?? "");
  return { metric, labels: own };
}

/** The name in front of the braces: `statexec_cpu_seconds_total`. */
export function sampleName(metric: Metric): string {
  return familyName(metric) + (metric.type === "counter" ? "_total" : metric.type === "info" ? "_info" : "");
}

/** The name in TYPE, UNIT and HELP: `statexec_cpu_seconds`. */
export function familyName(metric: Metric): string {
  return PREFIX + metric.name;
}
