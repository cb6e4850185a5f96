import { MACHINE } from "./machine.ts";
import type { Metric } from "./metric.ts";
import { RECORDER, RUN } from "./run.ts";
import { SUMMARY } from "./summary.ts";

export { MACHINE } from "./machine.ts";
export { familyName, type Metric, type MetricType, PREFIX, type SeriesKey, sampleName, series } from "./metric.ts";
export { RECORDER, RUN } from "./run.ts";
export { SUMMARY } from "./summary.ts";

/** Every metric, in the order in which a metrics file has them. */
export const METRICS: readonly Metric[] = [RUN, MACHINE, RECORDER, SUMMARY].flatMap((part) => Object.values(part));

/** Label names that a user's label may not take, now or later: metrics use no others. */
export const RESERVED_LABELS: readonly string[] = [
  "instance",
  "job",
  "role",
  "cpu",
  "mode",
  "interface",
  "disk",
  "comm",
  "event",
  "text",
  "fact",
  "value",
  "resource",
  "source",
];
