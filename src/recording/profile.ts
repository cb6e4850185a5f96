import { COMMAND, type Metric, RECORDER, RUN } from "../catalog/index.ts";
import { ReadTimes, timesTaken } from "./read-times.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { spanUntilNow } from "./run-figures.ts";
import { pointsWithin, type SeriesByName, type Span, seriesByName } from "./span.ts";
import { commandSpan } from "./summary-series.ts";

/** CPU and memory of the command over time, in equal parts of its run. */
export interface Profile {
  /** CPU seconds a second in each part; NaN: not recorded. */
  readonly cores: Float64Array;
  /** Highest memory at the samples of each part, as the peak is defined; NaN: not recorded. */
  readonly memoryBytes: Float64Array;
  /** Older files have only resident memory. */
  readonly isMemoryResident: boolean;
}

/** The profile of a recording in at most `most` parts, each with a sample; undefined where there are too few samples. */
export function profileOf(recording: Recording, most: number): Profile | undefined {
  return RunParts.of(recording, most)?.profile();
}

/** Fewer samples show no course over time. */
const LEAST_SAMPLES = 4;

/** The memory of which the peak is told. */
const HELD = [COMMAND.memoryAnonymous, COMMAND.memoryShared, COMMAND.memoryKernel];

/** The run of a command, or what there is of it, in equal parts of its time. */
export class RunParts {
  private constructor(
    private readonly all: SeriesByName,
    private readonly divided: DividedSpan,
  ) {}

  /** Divides a run into at most `most` parts, each with a sample; undefined where there are too few samples. */
  static of(recording: Recording, most: number): RunParts | undefined {
    const all = seriesByName(recording.series());
    const [status] = all.get(RUN.commandStatus.name) ?? [];
    const span = status && (commandSpan(status.blocks()) ?? spanUntilNow(status));
    if (!span) return undefined;
    const samples = Float64Array.from(pointsWithin(status, span), ([atMs]) => atMs);
    if (samples.length < LEAST_SAMPLES) return undefined;
    const parts = Math.min(most, samples.length - 1);
    const reads = new ReadTimes(timesTaken(all.get(RECORDER.collectorSeconds.name) ?? []), samples, span.fromMs);
    return new RunParts(all, { ...span, parts, samples, reads });
  }

  /** From the start of the first part to the end of the last, in seconds. */
  get seconds(): number {
    return (this.divided.toMs - this.divided.fromMs) / 1000;
  }

  profile(): Profile {
    const isMemoryResident = this.of(COMMAND.memoryAnonymous).length === 0;
    const gauges = isMemoryResident ? [COMMAND.memoryResident] : HELD;
    return { cores: this.rates([COMMAND.cpuSeconds]), memoryBytes: this.highest(gauges), isMemoryResident };
  }

  /** Growth a second in each part of all series of some counters together, or of those that a predicate takes. */
  rates(metrics: readonly Metric[], isMeant: (one: RecordedSeries) => boolean = () => true): Float64Array {
    const { samples, reads, toMs, parts } = this.divided;
    const grown = new Float64Array(parts).fill(Number.NaN);
    for (const metric of metrics) {
      const counters = this.of(metric).filter(isMeant);
      if (counters.length === 0) continue;
      const own = reads.of(metric.name);
      const readAt = samples.map((_, at) => Math.min(toMs, own.readBy(at)));
      const growth = growthByPart(counters, this.divided, readAt);
      for (let part = 0; part < parts; part++) grown[part] = (grown[part] || 0) + growth[part]!;
    }
    const partSeconds = this.seconds / parts;
    for (let part = 0; part < parts; part++) grown[part]! /= partSeconds;
    return grown;
  }

  /** The highest sum of some gauges at the samples of each part; NaN: not recorded. */
  highest(gauges: readonly Metric[]): Float64Array {
    const { samples, parts } = this.divided;
    const held = sumAtSamples(
      gauges.flatMap((metric) => this.of(metric)),
      samples,
      this.divided,
    );
    return highestByPart(held, samples, this.divided, parts);
  }

  private of(metric: Metric): readonly RecordedSeries[] {
    return this.all.get(metric.name) ?? [];
  }
}

/** A span in equal parts, the samples in it, and when their counters were read. */
interface DividedSpan extends Span {
  readonly parts: number;
  readonly samples: Float64Array;
  readonly reads: ReadTimes;
}

/** Growth of all counters together in each part. Between two readings, growth is taken to be even. */
function growthByPart(counters: readonly RecordedSeries[], span: DividedSpan, readAt: Float64Array): Float64Array {
  const { parts, samples } = span;
  const grown = new Float64Array(parts);
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
