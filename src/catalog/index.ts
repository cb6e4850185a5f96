import { ACCOUNTING, COMMAND } from "./command.ts";
import { CONTAINER } from "./container.ts";
import { DEVICES } from "./devices.ts";
import { KERNEL } from "./kernel.ts";
import { MACHINE } from "./machine.ts";
import type { Metric } from "./metric.ts";
import { RECORDER, RUN } from "./run.ts";
import { SUMMARY } from "./summary.ts";
import { SYNC } from "./sync.ts";

export { ACCOUNTING, COMMAND } from "./command.ts";
export { CONTAINER } from "./container.ts";
export { DEVICES } from "./devices.ts";
export { KERNEL } from "./kernel.ts";
export { ALL_CPUS, MACHINE } from "./machine.ts";
export {
  familyName,
  type LabelArguments,
  type Metric,
  type MetricType,
  PREFIX,
  type SeriesKey,
  sampleName,
  series,
} from "./metric.ts";
export { RESERVED_LABELS } from "./reserved.ts";
export { RECORDER, RUN } from "./run.ts";
export { SUMMARY } from "./summary.ts";
export { SYNC } from "./sync.ts";

const PARTS = [RUN, COMMAND, ACCOUNTING, MACHINE, KERNEL, DEVICES, CONTAINER, RECORDER, SYNC, SUMMARY];

/** Every metric, in the order in which a metrics file has them. */
export const METRICS: readonly Metric[] = metricsOf(PARTS);

function metricsOf(parts: readonly Readonly<Record<string, Metric>>[]): Metric[] {
  const metrics: Metric[] = [];
  for (const part of parts) for (const id in part) metrics.push(part[id] as Metric);
  return metrics;
}
