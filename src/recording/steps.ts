import { ALL_CPUS, KERNEL, MACHINE, type Metric, RECORDER, RUN } from "../catalog/index.ts";
import { type Apart, ownClock, ReadTimes, shareOfTime } from "./read-times.ts";
import type { Block, RecordedSeries } from "./recording.ts";
import { growth, pointsWithin, type SeriesByName, type Span } from "./span.ts";

/** CPU time is counted in hundredths of a second, and a wait for a CPU when it ends: a short time shows too little of them. */
const LEAST_STEP_MS = 200;
const ENOUGH_STEP_MS = 1000;
/** A short run has steps of less than what is enough, so that it has so many. */
const WANTED_STEPS = 20;

/** A long run has longer steps. */
const MOST_STEPS = 500;

/** Parts of another mode. */
const PARTS: readonly (string | undefined)[] = ["guest", "guestNice"];

/** A run in steps from one sample to a later one, and what happened in each. */
export class Steps {
  /** The stamps at which the steps begin and end: one more than there are steps. */
  readonly edges: Float64Array;
  private readonly reads: ReadTimes;

  /** `most`: as many steps, and fewer where samples are far apart. */
  constructor(
    private readonly all: SeriesByName,
    span: Span,
    most = MOST_STEPS,
  ) {
    this.edges = edgesOf(all, span, most);
    const taken = new Map(
      this.seriesOf(RECORDER.collectorSeconds).map(({ labels, blocks }) => [labels[0] ?? "", blocks()]),
    );
    this.reads = new ReadTimes(taken, this.edges, span.fromMs);
  }

  get count(): number {
    return this.edges.length - 1;
  }

  seconds(step: number): number {
    return (this.edges[step + 1]! - this.edges[step]!) / 1000;
  }

  /** The time between the readings of a counter at a step's two ends. */
  apart(metric: Metric, step: number): Apart {
    return this.reads.apart(metric.name, step, step + 1);
  }

  /** Growth of one counter in each step; NaN: it is not known. What a step's end does not show is in a later step's. */
  growthOf(one: RecordedSeries): Float64Array {
    return growthBetween(one.blocks(), this.edges);
  }

  /** The same of all series of a metric together, of all or of those that a predicate takes. */
  growth(metric: Metric, isMeant: (one: RecordedSeries) => boolean = () => true): Float64Array {
    const sum = this.unknown();
    for (const one of this.seriesOf(metric)) if (isMeant(one)) add(sum, this.growthOf(one));
    return sum;
  }

  /** The shares of each step in which a counter of seconds grew, 0 to 1. */
  shares(one: RecordedSeries): Float64Array {
    return this.growthOf(one).map((grown, step) => shareOfTime(grown, this.apart(one.metric, step)));
  }

  /** Cores of the machine that were in these modes, by the CPUs' own clocks. */
  coresIn(modes: readonly string[]): Float64Array {
    const sum = this.unknown();
    const byCpu = Map.groupBy(this.seriesOf(MACHINE.cpuSeconds), ({ labels }) => labels[0] ?? "");
    for (const [cpu, series] of byCpu) {
      const [meant, all] = [this.unknown(), this.unknown()];
      for (const one of series) {
        const mode = one.labels[1] ?? "";
        const grown = this.growthOf(one);
        if (!PARTS.includes(mode)) add(all, grown);
        if (modes.includes(mode)) add(meant, grown);
      }
      add(sum, this.coresOf(meant, all, cpu === ALL_CPUS ? this.highest(KERNEL.cpusOnline) : undefined));
    }
    return sum;
  }

  /** The highest value of a gauge in the whole time; NaN: there is none. */
  highest(metric: Metric): number {
    const span = { fromMs: this.edges[0]!, toMs: this.edges.at(-1)! };
    let found = Number.NaN;
    for (const one of this.seriesOf(metric))
      for (const [, value] of pointsWithin(one, span)) if (!(value <= found)) found = value;
    return found;
  }

  /** The number of a metric's series with this last label; NaN: there are none. */
  countOf(metric: Metric, label: string): number {
    return this.seriesOf(metric).filter(({ labels }) => labels.at(-1) === label).length || Number.NaN;
  }

  seriesOf(metric: Metric): readonly RecordedSeries[] {
    return this.all.get(metric.name) ?? [];
  }

  private coresOf(meant: Float64Array, all: Float64Array, cpus = 1): Float64Array {
    return meant.map((grown, step) => {
      const apart = ownClock(all[step]! / cpus, this.apart(MACHINE.cpuSeconds, step));
      return cpus === 1 ? shareOfTime(grown, apart) : (grown * 1000) / apart.longestMs;
    });
  }

  private unknown(): Float64Array {
    return new Float64Array(this.count).fill(Number.NaN);
  }
}

/** Adds what is known to what is known. */
function add(sum: Float64Array, other: Float64Array): void {
  for (let at = 0; at < sum.length; at++) {
    if (Number.isNaN(other[at])) continue;
    sum[at] = Number.isNaN(sum[at]) ? other[at]! : sum[at]! + other[at]!;
  }
}

/** Chooses samples that are far enough apart, the first and the last of the span with them. */
function edgesOf(all: SeriesByName, span: Span, most: number): Float64Array {
  const wholeMs = span.toMs - span.fromMs;
  const leastMs = Math.max(LEAST_STEP_MS, Math.min(ENOUGH_STEP_MS, wholeMs / WANTED_STEPS), wholeMs / most);
  const edges: number[] = [span.fromMs];
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  for (const [atMs] of status ? pointsWithin(status, span) : [])
    if (atMs >= edges.at(-1)! + leastMs && atMs <= span.toMs - leastMs) edges.push(atMs);
  if (span.toMs > edges.at(-1)!) edges.push(span.toMs);
  return Float64Array.from(edges);
}

/** Growth between each two neighbouring times. What the values at a time do not show is in a later one's. */
function growthBetween(blocks: Iterable<Block>, edges: Float64Array): Float64Array {
  const meter = new StepMeter(edges);
  const lastMs = edges.at(-1)!;
  for (const { length, times, values } of blocks) {
    if (length > 0 && times[0]! > lastMs) break;
    for (let row = 0; row < length; row++)
      if (times[row]! >= edges[0]! && times[row]! <= lastMs && !Number.isNaN(values[row]))
        meter.take(times[row]!, values[row]!);
  }
  return meter.grown;
}

/** Takes the values of one counter, and adds its growth to the step in which it was seen. */
class StepMeter {
  readonly grown: Float64Array;
  private step = -1;
  private last = Number.NaN;

  constructor(private readonly edges: Float64Array) {
    this.grown = new Float64Array(Math.max(0, edges.length - 1)).fill(Number.NaN);
  }

  take(atMs: number, value: number): void {
    const { edges, grown, last } = this;
    this.last = value;
    while (edges[this.step + 1]! < atMs) this.step++;
    const more = growth(last, value);
    if (this.step < 0 || Number.isNaN(more)) return;
    grown[this.step] = (grown[this.step] || 0) + more;
  }
}
