import { METRICS, type Metric, type MetricType, PREFIX, RECORDER, RUN, SUMMARY, sampleName } from "../catalog/index.ts";

/** The metadata of one family in a file: its TYPE, UNIT and HELP lines. */
export interface Metadata {
  /** The name with its prefix, as TYPE has it. */
  readonly name: string;
  type?: MetricType;
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

/** The kind of the samples with a name, in a file of ours or of the original program, with the file's metadata of the name. */
export function kindOf(name: string, described: Metadata | undefined, isOriginal: boolean): SampleKind {
  const original = ORIGINAL_NAMES.get(name);
  if (original) return { metric: original, divisor: 1000 };
  const known = BY_SAMPLE_NAME.get(name);
  if (known) return { metric: (isOriginal && ORIGINAL_SWAPS.get(known)) || known, divisor: 1 };
  const isCounter = name.endsWith("_total") && (described?.type ?? "counter") === "counter";
  const isInfo = name.endsWith("_info") && described?.type === "info";
  const family = isCounter ? name.slice(0, -"_total".length) : isInfo ? name.slice(0, -"_info".length) : name;
  const type = isCounter ? "counter" : isInfo ? "info" : "gauge";
  return { metric: metricOf({ ...described, name: family, type }, []), divisor: 1 };
}

/** The names under which a file may have metadata of a sample's name: the same, as the original program writes it, or the family's. */
export function metadataNamesOf(name: string): readonly string[] {
  return [name, name.replace(/_(?:total|info)$/, "")];
}

/** Whether a name can be one of statexec's. */
export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX);
}
