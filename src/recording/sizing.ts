import { COMMAND, RUN } from "../catalog/index.ts";
import { pointsWithin } from "./profile.ts";
import type { Span } from "./rates.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { commandSpan } from "./summary.ts";

/** What a container for this command would ask for. */
export interface Sizing {
  readonly cpuRequestCores: number;
  readonly cpuLimitCores: number;
  readonly memoryRequestBytes: number;
  readonly memoryLimitBytes: number;
}

/** Room above the highest that was measured: what a limit cuts off is slowed down (CPU) or killed (memory). */
const CPU_HEADROOM = 1.2;
const MEMORY_HEADROOM = 1.25;

/** Sizes people write: 50 millicores, 16 MiB. */
const CPU_STEP_CORES = 0.05;
const MEMORY_STEP_BYTES = 16 * 2 ** 20;

/** Of fewer values the 95th percentile is no more than their highest; CPU rates of less than a second are rough. */
const LEAST_VALUES = 20;
const LEAST_WINDOW_MS = 1000;

/**
 * Request and limit of CPU and memory from what was measured: requests are the 95th percentile, limits the highest with
 * a fifth (CPU) or a quarter (memory) on top. Undefined where too little was measured.
 */
export function sizingOf(recording: Recording): Sizing | undefined {
  const all = Map.groupBy(recording.series(), ({ metric }) => metric.name);
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && commandSpan(status.blocks());
  if (!span) return undefined;
  const rates = coresOf(all.get(COMMAND.cpuSeconds.name) ?? [], span);
  const memory = memoryOf(all, span);
  if (rates.length < LEAST_VALUES || memory.highest === undefined) return undefined;
  return {
    cpuRequestCores: roundedUp(percentile(rates, 0.95), CPU_STEP_CORES),
    cpuLimitCores: roundedUp(Math.max(...rates) * CPU_HEADROOM, CPU_STEP_CORES),
    memoryRequestBytes: roundedUp(memory.usual ?? memory.highest, MEMORY_STEP_BYTES),
    memoryLimitBytes: roundedUp(memory.highest * MEMORY_HEADROOM, MEMORY_STEP_BYTES),
  };
}

/** Cores used, over windows of a second or more from sample to sample. */
function coresOf(modes: readonly RecordedSeries[], span: Span): number[] {
  const sums = new Map<number, number>();
  for (const one of modes)
    for (const [atMs, value] of pointsWithin(one, span)) sums.set(atMs, (sums.get(atMs) ?? 0) + value);
  const cores: number[] = [];
  let last: readonly [atMs: number, seconds: number] | undefined;
  for (const point of sums) {
    if (last && point[0] - last[0] < LEAST_WINDOW_MS) continue;
    if (last) cores.push(((point[1] - last[1]) / (point[0] - last[0])) * 1000);
    last = point;
  }
  return cores;
}

function memoryOf(all: ReadonlyMap<string, readonly RecordedSeries[]>, span: Span) {
  const [peak] = all.get(COMMAND.memoryPeak.name) ?? [];
  const highest = peak && [...pointsWithin(peak, span)].at(-1)?.[1];
  const sums = new Map<number, number>();
  for (const metric of [COMMAND.memoryAnonymous, COMMAND.memoryShared])
    for (const one of all.get(metric.name) ?? [])
      for (const [atMs, value] of pointsWithin(one, span)) sums.set(atMs, (sums.get(atMs) ?? 0) + value);
  const usual = sums.size < LEAST_VALUES ? undefined : percentile([...sums.values()], 0.95);
  return { highest, usual };
}

/** By the nearest rank: a value that was measured. */
function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
}

function roundedUp(value: number, step: number): number {
  // Steps that are no binary fractions leave dust behind.
  return Number((Math.max(1, Math.ceil(value / step)) * step).toFixed(6));
}
