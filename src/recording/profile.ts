import { COMMAND, type Metric, RUN } from "../catalog/index.ts";
import type { Span } from "./rates.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { commandSpan } from "./summary.ts";

/** How something went over the time that the command ran, in equal parts of it. */
export interface Profile {
  /** CPU seconds a second in each part; NaN: no sample says. */
  readonly cores: Float64Array;
  /** Highest resident memory at the samples of each part; NaN: none has it. */
  readonly residentBytes: Float64Array;
}

/** Of fewer samples there is no course of things to be seen. */
const LEAST_SAMPLES = 4;

/** A recording's profile in at most so many parts, each with a sample; undefined where there are hardly any. */
export function profileOf(recording: Recording, most: number): Profile | undefined {
  const all = Map.groupBy(recording.series(), ({ metric }) => metric.name);
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

/** How much counters grew together in each part: between two points they grow evenly. */
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

/** The points of a series within a span, absent ones left out. */
export function* pointsWithin(one: RecordedSeries, { fromMs, toMs }: Span): Iterable<readonly [number, number]> {
  for (const { length, times, values } of one.blocks()) {
    for (let row = 0; row < length; row++) {
      const atMs = times[row]!;
      if (atMs >= fromMs && atMs <= toMs && !Number.isNaN(values[row])) yield [atMs, values[row]!];
    }
  }
}
