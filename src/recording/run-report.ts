import { COMMAND, type Metric, RECORDER, RUN } from "../catalog/index.ts";
import { type BudgetResult, judgeBudgets, type Limit } from "./budget-results.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { evidenceOf } from "./limit-evidence.ts";
import { ReadTimes, timesTaken } from "./read-times.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { type CommFigures, figuresByComm, figuresOf, type RunFigures } from "./run-figures.ts";
import { type Sampling, samplingOf } from "./sampling.ts";
import { type Sizing, sizingOf } from "./sizing.ts";
import { pointsWithin, type Span, seriesByName } from "./span.ts";
import { commandSpan } from "./summary-series.ts";
import { type WallTime, wallTimeOf } from "./wall-time.ts";

/** All results of a run that a summary shows, in whatever form. */
export interface RunReport {
  readonly figures: RunFigures;
  /** Start of the run on the recording's axis, milliseconds since the epoch. */
  readonly startMs: number;
  readonly names: readonly CommFigures[];
  readonly profile: Profile | undefined;
  /** Where its time went; undefined: not known. */
  readonly wallTime: WallTime | undefined;
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
    wallTime: evidence && wallTimeOf(evidence),
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
  /** Highest memory at the samples of each part, as the peak is defined; NaN: not recorded. */
  readonly memoryBytes: Float64Array;
  /** Older files have only resident memory. */
  readonly isMemoryResident: boolean;
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
  const samples = Float64Array.from(pointsWithin(status, span), ([atMs]) => atMs);
  if (samples.length < LEAST_SAMPLES) return undefined;
  const parts = Math.min(most, samples.length - 1);
  const reads = new ReadTimes(timesTaken(of(RECORDER.collectorSeconds)), samples, span.fromMs);
  const readAt = samples.map((_, at) => Math.min(span.toMs, reads.readBy(COMMAND.cpuSeconds.name, at)));
  const cores = growthByPart(of(COMMAND.cpuSeconds), { ...span, parts, samples, readAt });
  const partSeconds = (span.toMs - span.fromMs) / 1000 / parts;
  for (let part = 0; part < parts; part++) cores[part]! /= partSeconds;
  const isMemoryResident = of(COMMAND.memoryAnonymous).length === 0;
  const gauges = isMemoryResident ? [COMMAND.memoryResident] : HELD;
  const held = sumAtSamples(gauges.flatMap(of), samples, span);
  return { cores, memoryBytes: highestByPart(held, samples, span, parts), isMemoryResident };
}

/** A span in equal parts, the samples in it, and when their counters were read. */
interface DividedSpan extends Span {
  readonly parts: number;
  readonly samples: Float64Array;
  readonly readAt: Float64Array;
}

/** Growth of all counters together in each part. Between two readings, growth is taken to be even. */
function growthByPart(counters: readonly RecordedSeries[], span: DividedSpan): Float64Array {
  const { parts, samples, readAt } = span;
  const grown = new Float64Array(parts).fill(counters.length === 0 ? Number.NaN : 0);
  for (const one of counters) {
    let lastMs = Number.NaN;
    let last = Number.NaN;
    let sample = 0;
    for (const [stampMs, value] of pointsWithin(one, span)) {
      while (samples[sample]! < stampMs) sample++;
      const atMs = readAt[sample]!;
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
    grown[part]! += step.growth * Math.max(0, (toMs - fromMs) / (step.toMs - step.fromMs || 1));
  }
}

/** The memory of which the peak is told. */
const HELD = [COMMAND.memoryAnonymous, COMMAND.memoryShared, COMMAND.memoryKernel];

/** Returns the sum of some gauges at each sample; NaN: the first of them is not known then. */
function sumAtSamples(gauges: readonly RecordedSeries[], samples: Float64Array, span: Span): Float64Array {
  const sums = new Float64Array(samples.length).fill(gauges.length === 0 ? Number.NaN : 0);
  const isKnown = new Uint8Array(samples.length);
  gauges.forEach((one, gauge) => {
    let sample = 0;
    for (const [stampMs, value] of pointsWithin(one, span)) {
      while (samples[sample]! < stampMs) sample++;
      sums[sample]! += value;
      if (gauge === 0) isKnown[sample] = 1;
    }
  });
  return sums.map((sum, sample) => (isKnown[sample] === 1 ? sum : Number.NaN));
}

function highestByPart(values: Float64Array, samples: Float64Array, span: Span, parts: number): Float64Array {
  const highest = new Float64Array(parts).fill(Number.NaN);
  const partMs = (span.toMs - span.fromMs) / parts;
  for (let sample = 0; sample < samples.length; sample++) {
    const part = Math.min(parts - 1, Math.floor((samples[sample]! - span.fromMs) / partMs));
    const value = values[sample]!;
    if (!Number.isNaN(value) && !(highest[part]! >= value)) highest[part] = value;
  }
  // A part that no sample happened to be in, although the sampler kept to its interval.
  for (let part = 1; part < parts - 1; part++)
    if (Number.isNaN(highest[part]) && !Number.isNaN(highest[part + 1])) highest[part] = highest[part - 1]!;
  return highest;
}
