import { ALL_CPUS, COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, RECORDER } from "../../src/catalog/index.ts";
import { type Apart, growthPerSecond, ownClock, ReadTimes, shareOfTime } from "../../src/recording/read-times.ts";
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

/** Growth between two points of a column. */
interface Step {
  readonly grown: number;
  readonly from: number;
  readonly to: number;
}

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
  private readonly cpuTimes = new Map<string, Column | undefined>();
  /** Index of the last sample that was looked up. */
  private cursor = 0;

  constructor(
    private readonly run: Pick<RunInfo, "series" | "command">,
    private readonly all: readonly Column[],
    private readonly samples: Float64Array,
  ) {}

  /** Returns the clock of a series, by its place in the run. */
  of(index: number): RateClock {
    const info = this.run.series[index]!;
    return { perSecond: (grown, from, to) => this.perSecond(info, this.all[index]!, { grown, from, to }) };
  }

  private perSecond({ name, labels }: SeriesInfo, { times }: Column, step: Step): number {
    const apart = this.apart(name, times[step.from]!, times[step.to]!);
    if (SHARES.has(name)) return shareOfTime(step.grown, apart);
    if (name !== MACHINE.cpuSeconds.name) return growthPerSecond(step.grown, apart);
    const { cpu = "" } = labels;
    const own = this.timesOf(cpu);
    const all = own && hasSameTimes(own.times, times) ? own.values[step.to]! - own.values[step.from]! : Number.NaN;
    if (cpu !== ALL_CPUS) return shareOfTime(step.grown, ownClock(all, apart));
    return (step.grown * 1000) / ownClock(all / this.cpusOnline(), apart).longestMs;
  }

  private apart(name: string, fromMs: number, toMs: number): Apart {
    this.reads ??= this.readTimes();
    const { samples } = this;
    const [from, to] = [this.sampleAt(fromMs), this.sampleAt(toMs)];
    if (samples[from] === fromMs && samples[to] === toMs) return this.reads.apart(name, from, to);
    return { shortestMs: toMs - fromMs, longestMs: toMs - fromMs };
  }

  private cpusOnline(): number {
    const at = this.run.series.findIndex(({ name }) => name === KERNEL.cpusOnline.name);
    return this.all[at]?.values.findLast((value) => !Number.isNaN(value)) ?? Number.NaN;
  }

  private sampleAt(atMs: number): number {
    const { samples } = this;
    if (samples[this.cursor] !== atMs) {
      this.cursor = samples[this.cursor + 1] === atMs ? this.cursor + 1 : indexOfTime(samples, atMs);
    }
    return this.cursor;
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
