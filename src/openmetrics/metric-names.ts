import { METRICS, type Metric, type MetricType, PREFIX, RECORDER, RUN, SUMMARY, sampleName } from "../catalog/index.ts";

/** The metadata of one family in a file: its TYPE, UNIT and HELP lines. */
export interface Metadata {
  /** The name with its prefix, as TYPE has it. */
  readonly name: string;
  type?: MetricType;
  /** The word that TYPE has in place of one of ours: `histogram`. */
  foreignType?: string;
  unit?: string;
  help?: string;
}

/** The metric of a family, by its metadata and the labels of its series. */
export function metricOf({ name, type, unit, help }: Metadata, labels: readonly string[]): Metric {
  const described = { name: name.slice(PREFIX.length), type: type ?? "gauge", labels, help: help ?? "", source: "" };
  return unit === undefined ? described : { ...described, unit };
}

/** The metric of the samples with one name. */
export interface SampleKind {
  readonly metric: Metric;
  /** Values are divided by it. */
  readonly divisor: number;
  /** Whether the values are the starts of counters, which a recording has no place for. */
  readonly isStart: boolean;
}

const BY_SAMPLE_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [sampleName(metric), metric]));

/** Names of the original program, whose values are in milliseconds, and our metrics. */
const ORIGINAL_NAMES: ReadonlyMap<string, Metric> = new Map([
  ["statexec_statexec_time_since_start_ms", RUN.timeSinceStart],
  ["statexec_time_since_start_ms", RUN.timeSinceStart],
  ["statexec_metric_collect_duration_ms", RECORDER.sampleDuration],
]);

/** The original program wrote the values of each of these under the name of the other. */
const ORIGINAL_SWAPS: ReadonlyMap<Metric, Metric> = new Map<Metric, Metric>([
  [SUMMARY.diskRead, SUMMARY.diskWrite],
  [SUMMARY.diskWrite, SUMMARY.diskRead],
]);

/** The kind of the samples with a name, in a file of ours or of the original program, with the metadata of their family. */
export function kindOf(name: string, described: Metadata | undefined, isOriginal: boolean): SampleKind {
  const original = ORIGINAL_NAMES.get(name);
  if (original) return { metric: original, divisor: 1000, isStart: false };
  const known = BY_SAMPLE_NAME.get(name);
  if (known) return { metric: (isOriginal && ORIGINAL_SWAPS.get(known)) || known, divisor: 1, isStart: false };
  const isCounter = name.endsWith("_total") && (described?.type ?? described?.foreignType ?? "counter") === "counter";
  const isInfo = name.endsWith("_info") && described?.type === "info";
  const family = isCounter ? name.slice(0, -"_total".length) : isInfo ? name.slice(0, -"_info".length) : name;
  const type = isCounter ? "counter" : isInfo ? "info" : "gauge";
  const { unit, ...others } = described ?? {};
  // OpenMetrics 2.0 does not ask that a name ends in its unit.
  const suffix = unit !== undefined && family.endsWith(`_${unit}`) ? { unit } : {};
  const isStart = name.endsWith("_created") && name !== described?.name && isStarted(name, described);
  return { metric: metricOf({ ...others, ...suffix, name: family, type }, []), divisor: 1, isStart };
}

/** Whether a name without metadata of its own is that of a counter's start, by the family's type or the catalogue. */
function isStarted(name: string, described: Metadata | undefined): boolean {
  return described !== undefined || BY_SAMPLE_NAME.has(name.replace(/_created$/, "_total"));
}

/** The endings that the names of samples have beside the family's, by the family's type. */
const SUFFIXES: ReadonlyMap<string, readonly string[]> = new Map([
  ["counter", ["_created"]],
  ["summary", ["_count", "_sum", "_created"]],
  ["histogram", ["_bucket", "_count", "_sum", "_created"]],
  ["gaugehistogram", ["_bucket", "_gcount", "_gsum"]],
]);

const ANY_TYPE: readonly string[] = ["_total", "_info"];

/**
 * The metadata of a sample's name: of the same name, as the original program and OpenMetrics 2.0 have it, or of the
 * family's.
 */
export function metadataOf(name: string, all: ReadonlyMap<string, Metadata>): Metadata | undefined {
  const own = all.get(name);
  if (own) return own;
  const suffix = /_[a-z]+$/.exec(name)?.[0] ?? "";
  const family = all.get(name.slice(0, name.length - suffix.length));
  const suffixes = SUFFIXES.get(family?.type ?? family?.foreignType ?? "") ?? [];
  return suffixes.includes(suffix) || ANY_TYPE.includes(suffix) ? family : undefined;
}

/** Whether a name can be one of statexec's. */
export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX);
}
