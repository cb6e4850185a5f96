import { METRICS, type Metric, PREFIX, RECORDER, RUN, SUMMARY, sampleName } from "../catalog/index.ts";
import { type Metadata, metricOf } from "./families.ts";

/** What the samples of one name are. */
export interface Kind {
  readonly metric: Metric;
  readonly isCatalogued: boolean;
  /** What their values are divided by. */
  readonly divisor: number;
}

const CATALOGUED: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [sampleName(metric), metric]));

/** Names that the original program gave, milliseconds and all, and what they are here. */
const ORIGINAL_NAMES: ReadonlyMap<string, Metric> = new Map([
  ["statexec_statexec_time_since_start_ms", RUN.timeSinceStart],
  ["statexec_time_since_start_ms", RUN.timeSinceStart],
  ["statexec_metric_collect_duration_ms", RECORDER.sampleDuration],
]);

/** Figures that the original program wrote under each other's names. */
const ORIGINAL_SWAPS: ReadonlyMap<Metric, Metric> = new Map<Metric, Metric>([
  [SUMMARY.diskRead, SUMMARY.diskWrite],
  [SUMMARY.diskWrite, SUMMARY.diskRead],
]);

/** What the samples of a name are, in a file of ours or of the original program, by its metadata of the name. */
export function kindOf(name: string, described: Metadata | undefined, isOriginal: boolean): Kind {
  const original = ORIGINAL_NAMES.get(name);
  if (original) return { metric: original, isCatalogued: true, divisor: 1000 };
  const known = CATALOGUED.get(name);
  if (known) return { metric: (isOriginal && ORIGINAL_SWAPS.get(known)) || known, isCatalogued: true, divisor: 1 };
  const isCounter = name.endsWith("_total") && (described?.type ?? "counter") === "counter";
  const isInfo = name.endsWith("_info") && described?.type === "info";
  const family = isCounter ? name.slice(0, -"_total".length) : isInfo ? name.slice(0, -"_info".length) : name;
  const type = isCounter ? "counter" : isInfo ? "info" : "gauge";
  return { metric: metricOf({ ...described, name: family, type }, []), isCatalogued: false, divisor: 1 };
}

/** The names under which a file may have described the samples of a name: the family's, or as the original has it. */
export function familyNamesOf(name: string): readonly string[] {
  return [name, name.replace(/_(?:total|info)$/, "")];
}

/** Whether a name can be one of ours. */
export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX);
}
