import { ACCOUNTING, COMMAND, type Metric } from "../catalog/index.ts";
import { isLowerBound } from "../recording/evidence.ts";
import type { Recording } from "../recording/recording.ts";

/** The truth is certainly not below a value (`lower`), or not above it (`upper`); an estimate is on neither side for certain. */
export type BoundMark = "lower" | "upper" | "estimate";

/** The metrics of each resource whose source `statexec_accounting_info` names. */
const OF_RESOURCE: Readonly<Record<string, readonly Metric[]>> = {
  cpu: [COMMAND.cpuSeconds, COMMAND.commCpuSeconds],
  memory: [
    ...[COMMAND.memoryResident, COMMAND.memoryProportional, COMMAND.memoryAnonymous],
    ...[COMMAND.memoryFile, COMMAND.memoryShared, COMMAND.memoryKernel, COMMAND.commMemoryPeak],
  ],
  memory_peak: [COMMAND.memoryPeak, COMMAND.memoryLargest],
  io: [COMMAND.diskRead, COMMAND.diskWrite, COMMAND.ioRead, COMMAND.ioWrite, COMMAND.diskWriteCancelled],
  run_delay: [COMMAND.runDelay],
  cpu_task_clock: [COMMAND.cpuTaskClock],
  instructions: [COMMAND.instructions],
  cycles: [COMMAND.cycles],
  cache_misses: [COMMAND.cacheMisses],
  branch_misses: [COMMAND.branchMisses],
};

/** These are bounds in every run. */
const UPPER: readonly Metric[] = [COMMAND.cpuBound, COMMAND.memoryPeakBound];

/** Returns which metrics of a recording are bounds, by name; a metric that is not there is as exact as its source. */
export function boundMarks(recording: Recording): ReadonlyMap<string, BoundMark> {
  const marks = new Map<string, BoundMark>(UPPER.map(({ name }) => [name, "upper"]));
  marks.set(COMMAND.counterEstimate.name, "estimate");
  for (const { metric, labels } of recording.series()) {
    const [resource = "", source = ""] = labels;
    if (metric.name !== ACCOUNTING.info.name || !isLowerBound(source)) continue;
    for (const { name } of OF_RESOURCE[resource] ?? []) marks.set(name, "lower");
  }
  return marks;
}
