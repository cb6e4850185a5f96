import { COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, type Metric, RUN } from "../catalog/index.ts";
import { growthWithin, type Span, sumSeen } from "./rates.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { commandSpan, isSummed } from "./summary.ts";

/** What a diagnosis is made from, over the time that the command ran; NaN: not known. */
export interface Evidence {
  readonly seconds: number;
  /** CPUs online, and those that a quota leaves. */
  readonly cpus: number;
  readonly quotaCores: number;
  /** CPU seconds a second: of the command, and of the machine with it. */
  readonly ownCores: number;
  readonly machineCores: number;
  /** Time that a CPU quota held it, or its container, back, summed over CPUs. */
  readonly throttledSeconds: number;
  /** Processes that the kernel killed for memory, and whether they are the command's own. */
  readonly oomKills: number;
  readonly oomKillsAreOwn: boolean;
  /** Parts of the time in which some task waited for it: of the command's own group, else of the machine. */
  readonly cpuPressure: number;
  readonly memoryPressure: number;
  readonly ioPressure: number;
  readonly pressureIsOwn: boolean;
  readonly swapInBytes: number;
  /** The part of the time in which the busiest disk had something to do, and which it is. */
  readonly diskBusy: number;
  readonly busiestDisk: string;
  /** CPUs that had nothing to do but wait for a disk. */
  readonly iowaitCores: number;
  /** Bytes to and from storage, by the command. */
  readonly ownDiskBytes: number;
  /** Bytes through all interfaces of the machine. */
  readonly networkBytes: number;
  readonly threadsMost: number;
}

/** In these a CPU works; guest is part of user. */
export const BUSY_MODES: readonly string[] = ["user", "nice", "system", "irq", "softirq", "steal"];

/** Reads what there is of it in a recording; undefined where the command did not run. */
export function evidenceOf(recording: Recording): Evidence | undefined {
  const all = Map.groupBy(recording.series(), ({ metric }) => metric.name);
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && commandSpan(status.blocks());
  if (!span) return undefined;
  const look = new Look(all, span);
  const { seconds } = look;
  const { facts } = recording;
  const disks = look.each(DEVICES.diskBusySeconds).sort((a, b) => b.growth - a.growth);
  const transferred = (metric: Metric, fact: string) => look.sum(metric, (one) => isSummed(one, facts, fact));
  return {
    seconds,
    cpus: firstKnown(look.highest(KERNEL.cpusOnline), look.count(MACHINE.cpuSeconds, "user")),
    quotaCores: look.highest(CONTAINER.cpuLimit),
    ownCores: look.sum(COMMAND.cpuSeconds) / seconds,
    machineCores: look.sum(MACHINE.cpuSeconds, ({ labels }) => BUSY_MODES.includes(labels[1] ?? "")) / seconds,
    throttledSeconds: firstKnown(look.sum(COMMAND.throttledSeconds), look.sum(CONTAINER.throttledSeconds)),
    oomKills: firstKnown(look.sum(COMMAND.oomKills), look.sum(CONTAINER.oomKills), look.sum(KERNEL.oomKills)),
    oomKillsAreOwn: !Number.isNaN(look.sum(COMMAND.oomKills)),
    ...pressuresBy((metric, resource) => look.pressure(metric, resource)),
    swapInBytes: look.sum(KERNEL.swapIn),
    diskBusy: (disks[0]?.growth ?? Number.NaN) / seconds,
    busiestDisk: disks[0]?.series.labels[0] ?? "",
    iowaitCores: look.sum(MACHINE.cpuSeconds, ({ labels }) => labels[1] === "iowait") / seconds,
    ownDiskBytes: look.sum(COMMAND.diskRead) + look.sum(COMMAND.diskWrite),
    networkBytes:
      transferred(MACHINE.networkSent, "summed_interface") + transferred(MACHINE.networkReceived, "summed_interface"),
    threadsMost: look.highest(COMMAND.threads),
  };
}

/** The parts of the time that something waited: by the command's own group, or where it has none by the machine. */
export function pressuresBy(shareOf: (metric: Metric, resource: string) => number) {
  const pressureIsOwn = !Number.isNaN(shareOf(COMMAND.pressure, "cpu"));
  const metric = pressureIsOwn ? COMMAND.pressure : KERNEL.pressure;
  return {
    cpuPressure: shareOf(metric, "cpu"),
    memoryPressure: shareOf(metric, "memory"),
    ioPressure: shareOf(metric, "io"),
    pressureIsOwn,
  };
}

/** The first that is known; NaN: none is. */
export function firstKnown(...values: readonly number[]): number {
  return values.find((value) => !Number.isNaN(value)) ?? Number.NaN;
}

/** Asks a recording about a span of time. */
class Look {
  readonly seconds: number;

  constructor(
    private readonly all: ReadonlyMap<string, readonly RecordedSeries[]>,
    private readonly span: Span,
  ) {
    this.seconds = (span.toMs - span.fromMs) / 1000;
  }

  /** The series of a counter, and by how much each grew. */
  each(metric: Metric): { readonly series: RecordedSeries; readonly growth: number }[] {
    return (this.all.get(metric.name) ?? []).map((series) => {
      return { series, growth: growthWithin(series.blocks(), this.span).growth };
    });
  }

  /** How much counters grew together; NaN where none did to be seen. */
  sum(metric: Metric, isMeant: (one: RecordedSeries) => boolean = () => true): number {
    return sumSeen(
      this.each(metric)
        .filter(({ series }) => isMeant(series))
        .map(({ growth }) => growth),
    );
  }

  /** The part of the time in which some task waited for a resource. */
  pressure(metric: Metric, resource: string): number {
    return this.sum(metric, ({ labels }) => labels[0] === resource && labels[1] === "some") / this.seconds;
  }

  /** The highest value of a gauge. */
  highest(metric: Metric): number {
    let found = Number.NaN;
    for (const series of this.all.get(metric.name) ?? [])
      for (const { length, times, values } of series.blocks())
        for (let row = 0; row < length; row++)
          if (this.isWithin(times[row]!) && !(values[row]! <= found))
            found = Number.isNaN(values[row]) ? found : values[row]!;
    return found;
  }

  /** How many series a metric has with this last label. */
  count(metric: Metric, label: string): number {
    return (this.all.get(metric.name) ?? []).filter(({ labels }) => labels.at(-1) === label).length || Number.NaN;
  }

  private isWithin(atMs: number): boolean {
    return atMs >= this.span.fromMs && atMs <= this.span.toMs;
  }
}
