import { ALL_CPUS, KERNEL, MACHINE, type Metric, RECORDER, RUN } from "../catalog/index.ts";
import { type Apart, ownClock, ReadTimes, shareOfTime, timesTaken } from "./read-times.ts";
import type { Block, RecordedSeries } from "./recording.ts";
import { growth, growthWithin, pointsWithin, type SeriesByName, type Span } from "./span.ts";

/** CPU time is counted in hundredths of a second, and a wait for a CPU when it ends: a short time shows too little of them. */
const LEAST_STEP_MS = 200;
const ENOUGH_STEP_MS = 1000;
/** A short run has steps of less than what is enough, so that it has so many. */
const WANTED_STEPS = 20;

/** A long run has longer steps. */
const MOST_STEPS = 500;

/** Parts of another mode. */
const PARTS: readonly (string | undefined)[] = ["guest", "guestNice"];

/** CPU time of one CPU, or of all together. */
interface CpuGrowth {
  readonly byMode: readonly RecordedSeries[];
  /** In each step, in all modes. */
  readonly all: Float64Array;
  /** The number of CPUs where it is that of all together. */
  readonly count: number | undefined;
}

/** A run in steps from one sample to a later one, and what happened in each. */
export class Steps {
  /** The stamps at which the steps begin and end: one more than there are steps. */
  readonly edges: Float64Array;
  private readonly reads: ReadTimes;
  private readonly grown = new Map<RecordedSeries, Float64Array>();
  private cpus: readonly CpuGrowth[] | undefined;

  /** `most`: as many steps, and fewer where samples are far apart. */
  constructor(
    private readonly all: SeriesByName,
    span: Span,
    most = MOST_STEPS,
  ) {
    this.edges = edgesOf(all, span, most);
    this.reads = new ReadTimes(timesTaken(this.seriesOf(RECORDER.collectorSeconds)), this.edges, span.fromMs);
  }

  get count(): number {
    return this.edges.length - 1;
  }

  seconds(step: number): number {
    return (this.edges[step + 1]! - this.edges[step]!) / 1000;
  }

  /** The time between the readings of a counter at a step's two ends. */
  apart(metric: Metric, step: number): Apart {
    return this.reads.of(metric.name).apart(step, step + 1);
  }

  /** Growth of one counter in each step; NaN: it is not known. What a step's end does not show is in a later step's. */
  growthOf(one: RecordedSeries): Float64Array {
    const known = this.grown.get(one);
    if (known) return known;
    const grown = this.count === 1 ? this.wholeGrowth(one) : growthBetween(one.blocks(), this.edges);
    this.grown.set(one, grown);
    return grown;
  }

  /** The growth of a whole run goes on after a fall. */
  private wholeGrowth(one: RecordedSeries): Float64Array {
    return Float64Array.of(growthWithin(one.blocks(), { fromMs: this.edges[0]!, toMs: this.edges[1]! }).growth);
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
    this.cpus ??= this.growthOfCpus();
    for (const { byMode, all, count } of this.cpus) {
      const meant = this.unknown();
      for (const one of byMode) if (modes.includes(one.labels[1] ?? "")) add(meant, this.growthOf(one));
      add(sum, this.coresOf(meant, all, count));
    }
    return sum;
  }

  private growthOfCpus(): CpuGrowth[] {
    const cpus: CpuGrowth[] = [];
    for (const [cpu, byMode] of Map.groupBy(this.seriesOf(MACHINE.cpuSeconds), ({ labels }) => labels[0] ?? "")) {
      const all = this.unknown();
      for (const one of byMode) if (!PARTS.includes(one.labels[1] ?? "")) add(all, this.growthOf(one));
      cpus.push({ byMode, all, count: cpu === ALL_CPUS ? this.highest(KERNEL.cpusOnline) : undefined });
    }
    return cpus;
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

/** Growth from each edge to the next; NaN where it is not known, or where the counter fell. */
function growthBetween(blocks: Iterable<Block>, edges: Float64Array): Float64Array {
  const values = valuesAt(blocks, edges);
  const grown = new Float64Array(Math.max(0, edges.length - 1));
  for (let step = 0; step < grown.length; step++) grown[step] = growth(values[step]!, values[step + 1]!);
  return grown;
}

/** The last value that a counter had shown at each of these times, since the first of them; NaN: none. */
function valuesAt(blocks: Iterable<Block>, edges: Float64Array): Float64Array {
  const values = new Float64Array(edges.length).fill(Number.NaN);
  let edge = 0;
  let last = Number.NaN;
  for (const block of blocks) {
    const { length, times } = block;
    if (length === 0 || times[length - 1]! < edges[0]!) continue;
    if (times[0]! > edges.at(-1)!) break;
    const start = placeOf(block, edges[0]!);
    for (; edge < edges.length && edges[edge]! <= times[length - 1]!; edge++) {
      // The first one that is later than the edge is not shown yet.
      const shown = lastKnown(block, start, placeOf(block, edges[edge]! + 1));
      values[edge] = Number.isNaN(shown) ? last : shown;
    }
    const shown = lastKnown(block, start, length);
    if (!Number.isNaN(shown)) last = shown;
  }
  return values.fill(last, edge);
}

/** Returns the last value of these rows that is not absent; NaN: all are. */
function lastKnown({ values }: Block, from: number, to: number): number {
  for (let row = to - 1; row >= from; row--) if (!Number.isNaN(values[row])) return values[row]!;
  return Number.NaN;
}

/** Returns the first row at a time or later. Stamps are whole milliseconds. */
function placeOf({ length, times }: Block, atMs: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
