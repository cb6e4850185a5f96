import { COMMAND, RUN } from "../catalog/index.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import type { RunFigures } from "./run-figures.ts";
import { limitFor, type Margins, percentile, roundedUp } from "./sizing-limits.ts";
import { pointsWithin, type SeriesByName, type Span, seriesByName } from "./span.ts";
import { commandSpan } from "./summary-series.ts";

/** Resources to request for a container that runs this command. */
export interface Sizing {
  readonly cpuRequestCores: number;
  readonly cpuLimitCores: number;
  readonly memoryRequestBytes: number;
  readonly memoryLimitBytes: number;
}

/** Room above the highest measured value: beyond its limit, a command is slowed down (CPU) or killed (memory). */
export const CPU_HEADROOM = 1.2;

/** Of several runs their spread decides. Of one it is not known. */
export const MEMORY_MARGINS: Margins = { least: 0.05, unknown: 0.25 };

/** Steps in which people write sizes: 50 millicores, 16 MiB. */
export const CPU_STEP_CORES = 0.05;
export const MEMORY_STEP_BYTES = 16 * 2 ** 20;

/** Requests cover this share of what was measured. */
export const USUAL = 0.95;
/** The 95th percentile of fewer values is their highest. */
const LEAST_VALUES = 20;
/** CPU rates over less time are rough. */
const LEAST_WINDOW_MS = 1000;

/**
 * Request and limit of CPU and memory. Requests are the 95th percentile of the measured values; limits are the highest
 * plus a fifth (CPU) or a quarter (memory), but no more CPUs than its affinity mask allowed. Undefined where there are too
 * few values.
 */
export function sizingOf(
  recording: Recording,
  { cpus, cpusAllowed }: Pick<RunFigures, "cpus" | "cpusAllowed"> = {},
): Sizing | undefined {
  const all = seriesByName(recording.series());
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && commandSpan(status.blocks());
  if (!span) return undefined;
  const rates = coresOverTime(all.get(COMMAND.cpuSeconds.name) ?? [], span);
  const memory = memoryOf(all, span);
  if (rates.length < LEAST_VALUES || memory.highest === undefined) return undefined;
  const isPinned = cpus !== undefined && cpusAllowed !== undefined && cpusAllowed < cpus;
  const most = isPinned ? cpusAllowed : Number.POSITIVE_INFINITY;
  return {
    cpuRequestCores: Math.min(most, roundedUp(percentile(rates, USUAL), CPU_STEP_CORES)),
    cpuLimitCores: Math.min(most, roundedUp(Math.max(...rates) * CPU_HEADROOM, CPU_STEP_CORES)),
    memoryRequestBytes: roundedUp(memory.usual ?? memory.highest, MEMORY_STEP_BYTES),
    memoryLimitBytes: roundedUp(limitFor([memory.highest], MEMORY_MARGINS).value, MEMORY_STEP_BYTES),
  };
}

/** Cores of a run over its seconds; undefined: it ran too short to show any. */
export interface CoresOfRun {
  /** The 95th percentile; of fewer than twenty values, the highest. */
  readonly usual: number | undefined;
  readonly busiest: number | undefined;
}

/** Returns the cores that a command used in its seconds. */
export function coresOf(recording: Recording): CoresOfRun {
  const all = seriesByName(recording.series());
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && commandSpan(status.blocks());
  const rates = span ? coresOverTime(all.get(COMMAND.cpuSeconds.name) ?? [], span) : [];
  if (rates.length === 0) return { usual: undefined, busiest: undefined };
  return { usual: percentile(rates, USUAL), busiest: Math.max(...rates) };
}

/** Cores used between samples that are a second or more apart. */
function coresOverTime(modes: readonly RecordedSeries[], span: Span): number[] {
  const cores: number[] = [];
  let last: readonly [atMs: number, seconds: number] | undefined;
  for (const point of sumsByTime(modes, span)) {
    if (last && point[0] - last[0] < LEAST_WINDOW_MS) continue;
    if (last) cores.push(((point[1] - last[1]) / (point[0] - last[0])) * 1000);
    last = point;
  }
  return cores;
}

function memoryOf(all: SeriesByName, span: Span) {
  const [peak] = all.get(COMMAND.memoryPeak.name) ?? [];
  const highest = peak && [...pointsWithin(peak, span)].at(-1)?.[1];
  const held = [COMMAND.memoryAnonymous, COMMAND.memoryShared].flatMap((metric) => all.get(metric.name) ?? []);
  const sums = sumsByTime(held, span);
  const usual = sums.size < LEAST_VALUES ? undefined : percentile([...sums.values()], USUAL);
  return { highest, usual };
}

/** The sum of some series at each time of their points. */
function sumsByTime(all: readonly RecordedSeries[], span: Span): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const one of all)
    for (const [atMs, value] of pointsWithin(one, span)) sums.set(atMs, (sums.get(atMs) ?? 0) + value);
  return sums;
}
