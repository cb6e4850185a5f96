import { ALL_CPUS, COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, RECORDER } from "../../src/catalog/index.ts";
import {
  type Apart,
  type CounterTimes,
  growthPerSecond,
  ownClock,
  ReadTimes,
  shareOfTime,
} from "../../src/recording/read-times.ts";
import { indexOfTime } from "../../src/recording/span.ts";
import { hasSameTimes } from "./line-points.ts";
import type { Column, Columns, RateClock } from "./lines.ts";
import type { RunInfo, SeriesInfo } from "./model.ts";

/** Counters that grow by at most a second in a second. */
const SHARES: ReadonlySet<string> = new Set(
  [KERNEL.pressure, COMMAND.pressure, CONTAINER.pressure, DEVICES.diskBusySeconds].map(({ name }) => name),
);

/** Parts of another mode. */
const PARTS: readonly (string | undefined)[] = ["guest", "guestNice"];

/** Returns the points of a run, each counter with the times at which its own files were read. */
export function columnsOf(info: RunInfo, all: readonly Column[], samples: Float64Array): Columns {
  const clocks = new RateClocks(info, all, samples);
  return {
    series: (index) => ({ ...columnAt(all, index), clock: clocks.of(index) }),
    samples,
    intervalMs: intervalMs(info.facts),
  };
}

/** Returns the interval between samples that was asked for; undefined: the run does not say. */
export function intervalMs(facts: RunInfo["facts"]): number | undefined {
  const seconds = facts.find(([fact]) => fact === "interval_seconds")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function columnAt(all: readonly Column[], index: number): Column {
  const column = all[index];
  if (column === undefined) throw new RangeError(`there is no series ${index}: the run has ${all.length}`);
  return column;
}

/** The clocks of a run's counters. What they need is worked out when the first rate is asked for. */
class RateClocks {
  private reads: ReadTimes | undefined;
  private readonly clocks = new Map<number, RateClock>();
  private readonly cpuTimes = new Map<string, Column | undefined>();

  constructor(
    private readonly run: Pick<RunInfo, "series" | "command">,
    private readonly all: readonly Column[],
    private readonly samples: Float64Array,
  ) {}

  /** Returns the clock of a series, by its place in the run. */
  of(index: number): RateClock {
    let clock: RateClock | undefined;
    return {
      perSecond: (grown, from, to) => {
        clock ??= this.clockOf(index);
        return clock.perSecond(grown, from, to);
      },
    };
  }

  private clockOf(index: number): RateClock {
    const known = this.clocks.get(index);
    if (known) return known;
    const { name, labels } = this.run.series[index]!;
    this.reads ??= this.readTimes();
    const times = new StepTimes(this.all[index]!.times, this.samples, this.reads.of(name));
    const clock = this.clockBy(name, labels, times);
    this.clocks.set(index, clock);
    return clock;
  }

  private clockBy(name: string, { cpu = "" }: SeriesInfo["labels"], times: StepTimes): RateClock {
    if (SHARES.has(name)) return { perSecond: (grown, from, to) => shareOfTime(grown, times.apart(from, to)) };
    if (name !== MACHINE.cpuSeconds.name)
      return { perSecond: (grown, from, to) => growthPerSecond(grown, times.apart(from, to)) };
    const own = this.timesOf(cpu);
    const values = own && hasSameTimes(own.times, times.times) ? own.values : undefined;
    const modes = (from: number, to: number) => (values ? values[to]! - values[from]! : Number.NaN);
    if (cpu !== ALL_CPUS)
      return {
        perSecond: (grown, from, to) => shareOfTime(grown, ownClock(modes(from, to), times.apart(from, to))),
      };
    const cpus = this.cpusOnline();
    return {
      perSecond: (grown, from, to) =>
        (grown * 1000) / ownClock(modes(from, to) / cpus, times.apart(from, to)).longestMs,
    };
  }

  private cpusOnline(): number {
    const at = this.run.series.findIndex(({ name }) => name === KERNEL.cpusOnline.name);
    return this.all[at]?.values.findLast((value) => !Number.isNaN(value)) ?? Number.NaN;
  }

  private readTimes(): ReadTimes {
    const { run, all, samples } = this;
    const taken = new Map<string, readonly { length: number; times: Float64Array; values: Float64Array }[]>();
    for (const [index, { name, labels }] of run.series.entries()) {
      if (name !== RECORDER.collectorSeconds.name) continue;
      const { times, values } = all[index]!;
      taken.set(labels.source ?? "", [{ length: times.length, times, values }]);
    }
    return new ReadTimes(taken, samples, run.command?.fromMs ?? Number.NaN);
  }

  /** Returns all modes of a CPU together; undefined: they were not sampled together. */
  private timesOf(cpu: string): Column | undefined {
    if (!this.cpuTimes.has(cpu)) this.cpuTimes.set(cpu, this.sumOf(cpu));
    return this.cpuTimes.get(cpu);
  }

  private sumOf(cpu: string): Column | undefined {
    const modes: Column[] = [];
    for (const [index, { name, labels }] of this.run.series.entries())
      if (name === MACHINE.cpuSeconds.name && labels.cpu === cpu && !PARTS.includes(labels.mode))
        modes.push(this.all[index]!);
    const [first] = modes;
    if (!first || !modes.every(({ times }) => hasSameTimes(times, first.times))) return undefined;
    const values = new Float64Array(first.times.length);
    for (const mode of modes) for (let at = 0; at < values.length; at++) values[at]! += mode.values[at]!;
    return { times: first.times, values };
  }
}

/** The time between the readings of one counter at two of its points. */
class StepTimes {
  /** Index of the last sample that was looked up. */
  private cursor = 0;

  constructor(
    readonly times: Float64Array,
    private readonly samples: Float64Array,
    private readonly reads: CounterTimes,
  ) {}

  /** `from`, `to`: the places of the points in the counter's column. */
  apart(from: number, to: number): Apart {
    const { samples, times } = this;
    if (times === samples) return this.reads.apart(from, to);
    const fromMs = times[from]!;
    const toMs = times[to]!;
    const first = this.sampleAt(fromMs);
    const last = this.sampleAt(toMs);
    if (samples[first] === fromMs && samples[last] === toMs) return this.reads.apart(first, last);
    return { shortestMs: toMs - fromMs, longestMs: toMs - fromMs };
  }

  private sampleAt(atMs: number): number {
    const { samples } = this;
    if (samples[this.cursor] !== atMs)
      this.cursor = samples[this.cursor + 1] === atMs ? this.cursor + 1 : indexOfTime(samples, atMs);
    return this.cursor;
  }
}
