import { COMMAND, type Metric, RUN } from "../catalog/index.ts";
import { type BudgetResult, judgeBudgets, type Limit } from "./budget-results.ts";
import { type Diagnosis, diagnose, evidenceOf } from "./diagnosis.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { type CommFigures, figuresByComm, figuresOf, type RunFigures } from "./run-figures.ts";
import { type Sizing, sizingOf } from "./sizing.ts";
import { pointsWithin, type Span, seriesByName } from "./span.ts";
import { commandSpan } from "./summary-series.ts";

/** All results of a run that a summary shows, in whatever form. */
export interface RunReport {
  readonly figures: RunFigures;
  /** Start of the run on the recording's axis, milliseconds since the epoch. */
  readonly startMs: number;
  readonly names: readonly CommFigures[];
  readonly profile: Profile | undefined;
  readonly diagnosis: Diagnosis | undefined;
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
    diagnosis: evidence && diagnose(evidence),
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
