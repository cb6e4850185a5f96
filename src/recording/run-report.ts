import { COMMAND, type Metric, RUN } from "../catalog/index.ts";
import { type BudgetResult, judgeBudgets, type Limit } from "./budget-results.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { evidenceOf } from "./limit-evidence.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { type CommFigures, cpusLeft, figuresByComm, figuresOf, type RunFigures } from "./run-figures.ts";
import { type Sampling, samplingOf } from "./sampling.ts";
import { pointsWithin, type SeriesByName, type Span, seriesByName } from "./span.ts";
import { commandSpan } from "./summary-series.ts";

/** All results of a run that a summary shows, in whatever form. */
export interface RunReport {
  readonly figures: RunFigures;
  /** Start of the run on the recording's axis, milliseconds since the epoch. */
  readonly startMs: number;
  readonly names: readonly CommFigures[];
  readonly profile: Profile | undefined;
  /** What limited the command, the most important first; none: it ran too short. */
  readonly diagnoses: readonly Diagnosis[];
  readonly sampling: Sampling;
  readonly sizing: Sizing | undefined;
  readonly budgets: readonly BudgetResult[];
}

/** Parts of a profile: as many as fit into a line of a terminal beside the figures. */
const PROFILE_PARTS = 24;

/** Works out the report of a run from its recording. */
export function reportOf(recording: Recording, limits: readonly Limit[] = []): RunReport {
  const figures = figuresOf(recording);
  const evidence = evidenceOf(recording, figures);
  return {
    figures,
    startMs: recording.startMs,
    names: figuresByComm(recording),
    profile: profileOf(recording, PROFILE_PARTS),
    diagnoses: evidence ? diagnose(evidence) : [],
    sampling: samplingOf(recording),
    sizing: sizingOf(recording, figures),
    budgets: judgeBudgets(limits, figures),
  };
}

/** CPU and memory of the command over time, in equal parts of its run. */
export interface Profile {
  /** CPU seconds a second in each part; NaN: not recorded. */
  readonly cores: Float64Array;
  /** Highest RSS at the samples of each part; NaN: not recorded. */
  readonly residentBytes: Float64Array;
}

/** Fewer samples show no course over time. */
const LEAST_SAMPLES = 4;

/** The profile of a recording in at most `most` parts, each with a sample; undefined where there are too few samples. */
export function profileOf(recording: Recording, most: number): Profile | undefined {
  const all = seriesByName(recording.series());
  const of = (metric: Metric) => all.get(metric.name) ?? [];
  const [status] = of(RUN.commandStatus);
  const span = status && commandSpan(status.blocks());
  if (!span) return undefined;
  const samples = [...pointsWithin(status, span)].length;
  if (samples < LEAST_SAMPLES) return undefined;
  const parts = Math.min(most, samples - 1);
  const cores = growthByPart(of(COMMAND.cpuSeconds), span, parts);
  const partSeconds = (span.toMs - span.fromMs) / 1000 / parts;
  for (let part = 0; part < parts; part++) cores[part]! /= partSeconds;
  return { cores, residentBytes: highestByPart(of(COMMAND.memoryResident), span, parts) };
}

/** Growth of all counters together in each part. Between two points, growth is taken to be even. */
function growthByPart(counters: readonly RecordedSeries[], span: Span, parts: number): Float64Array {
  const grown = new Float64Array(parts).fill(counters.length === 0 ? Number.NaN : 0);
  for (const one of counters) {
    let lastMs = Number.NaN;
    let last = Number.NaN;
    for (const [atMs, value] of pointsWithin(one, span)) {
      if (value > last) spread(grown, span, { fromMs: lastMs, toMs: atMs, growth: value - last });
      lastMs = atMs;
      last = value;
    }
  }
  return grown;
}

/** Adds the growth between two points to the parts that it covers. */
function spread(grown: Float64Array, span: Span, step: Span & { readonly growth: number }): void {
  const partMs = (span.toMs - span.fromMs) / grown.length;
  const last = Math.min(grown.length - 1, Math.floor((step.toMs - span.fromMs) / partMs));
  for (let part = Math.floor((step.fromMs - span.fromMs) / partMs); part <= last; part++) {
    const fromMs = Math.max(step.fromMs, span.fromMs + part * partMs);
    const toMs = Math.min(step.toMs, span.fromMs + (part + 1) * partMs);
    grown[part]! += step.growth * Math.max(0, (toMs - fromMs) / (step.toMs - step.fromMs));
  }
}

function highestByPart(gauges: readonly RecordedSeries[], span: Span, parts: number): Float64Array {
  const highest = new Float64Array(parts).fill(Number.NaN);
  const partMs = (span.toMs - span.fromMs) / parts;
  for (const one of gauges) {
    for (const [atMs, value] of pointsWithin(one, span)) {
      const part = Math.min(parts - 1, Math.floor((atMs - span.fromMs) / partMs));
      if (!(highest[part]! >= value)) highest[part] = value;
    }
  }
  return highest;
}

/** Resources to request for a container that runs this command. */
export interface Sizing {
  readonly cpuRequestCores: number;
  readonly cpuLimitCores: number;
  readonly memoryRequestBytes: number;
  readonly memoryLimitBytes: number;
}

/** Room above the highest measured value: beyond its limit, a command is slowed down (CPU) or killed (memory). */
const CPU_HEADROOM = 1.2;
const MEMORY_HEADROOM = 1.25;

/** Steps in which people write sizes: 50 millicores, 16 MiB. */
const CPU_STEP_CORES = 0.05;
const MEMORY_STEP_BYTES = 16 * 2 ** 20;

/** The 95th percentile of fewer values is their highest. */
const LEAST_VALUES = 20;
/** CPU rates over less time are rough. */
const LEAST_WINDOW_MS = 1000;

/**
 * Request and limit of CPU and memory. Requests are the 95th percentile of the measured values; limits are the highest
 * plus a fifth (CPU) or a quarter (memory), but no more CPUs than its affinity mask and quota allowed. Undefined where there
 * are too few values.
 */
export function sizingOf(
  recording: Recording,
  figures: Pick<RunFigures, "cpus" | "cpusAllowed" | "cpusQuota"> = {},
): Sizing | undefined {
  const all = seriesByName(recording.series());
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && commandSpan(status.blocks());
  if (!span) return undefined;
  const rates = coresOverTime(all.get(COMMAND.cpuSeconds.name) ?? [], span);
  const memory = memoryOf(all, span);
  if (rates.length < LEAST_VALUES || memory.highest === undefined) return undefined;
  const most = cpusLeft(figures) ?? Number.POSITIVE_INFINITY;
  return {
    cpuRequestCores: Math.min(most, roundedUp(percentile(rates, 0.95), CPU_STEP_CORES)),
    cpuLimitCores: Math.min(most, roundedUp(Math.max(...rates) * CPU_HEADROOM, CPU_STEP_CORES)),
    memoryRequestBytes: roundedUp(memory.usual ?? memory.highest, MEMORY_STEP_BYTES),
    memoryLimitBytes: roundedUp(memory.highest * MEMORY_HEADROOM, MEMORY_STEP_BYTES),
  };
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
  const usual = sums.size < LEAST_VALUES ? undefined : percentile([...sums.values()], 0.95);
  return { highest, usual };
}

/** The sum of some series at each time of their points. */
function sumsByTime(all: readonly RecordedSeries[], span: Span): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const one of all)
    for (const [atMs, value] of pointsWithin(one, span)) sums.set(atMs, (sums.get(atMs) ?? 0) + value);
  return sums;
}

/** The percentile by nearest rank: one of the values. */
function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
}

function roundedUp(value: number, step: number): number {
  // Multiples of a step that is no binary fraction end in rounding errors.
  return Number((Math.max(1, Math.ceil(value / step)) * step).toFixed(6));
}
