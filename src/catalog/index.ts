import { ACCOUNTING, COMMAND } from "./command-metrics.ts";
import { CONTAINER } from "./container-metrics.ts";
import { DEVICES } from "./device-metrics.ts";
import { KERNEL, MACHINE } from "./machine-metrics.ts";
import type { Metric } from "./metric.ts";
import { RECORDER, RUN, SUMMARY, SYNC } from "./run-metrics.ts";

export { ACCOUNTING, COMMAND } from "./command-metrics.ts";
export { CONTAINER } from "./container-metrics.ts";
export { DEVICES } from "./device-metrics.ts";
export { ALL_CPUS, BUSY_MODES, KERNEL, MACHINE } from "./machine-metrics.ts";
export {
  type Fact,
  familyName,
  type LabelArguments,
  type Metric,
  type MetricType,
  PREFIX,
  type SeriesKey,
  type Snapshot,
  sampleName,
  series,
} from "./metric.ts";
export { RESERVED_LABELS } from "./reserved-labels.ts";
export { RECORDER, RUN, SUMMARY, SYNC } from "./run-metrics.ts";

const PARTS = [RUN, COMMAND, ACCOUNTING, MACHINE, KERNEL, DEVICES, CONTAINER, RECORDER, SYNC, SUMMARY];

/** Every metric, in the order in which a metrics file has them. */
export const METRICS: readonly Metric[] = metricsOf(PARTS);

function metricsOf(parts: readonly Readonly<Record<string, Metric>>[]): Metric[] {
  const metrics: Metric[] = [];
  for (const part of parts) for (const id in part) metrics.push(part[id]!);
  return metrics;
}
