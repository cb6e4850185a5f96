import { COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, type Metric, RUN } from "../catalog/index.ts";
import { findingOf } from "./evidence.ts";
import { plainQuantity } from "./quantities.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import type { RunFigures } from "./run-figures.ts";
import { growthWithin, type SeriesByName, type Span, seriesByName, sumSeen } from "./span.ts";
import { commandSpan, isSummed } from "./summary-series.ts";

/** The measurements that a diagnosis is made from, over the time that the command ran; NaN: not known. */
export interface Evidence {
  readonly seconds: number;
  /** CPUs that the command could use: those online, fewer by its affinity mask or by the container's quota. */
  readonly cpus: number;
  /** CPUs online. */
  readonly machineCpus: number;
  /** CPUs that the container's quota allows. */
  readonly quotaCores: number;
  /** CPU seconds a second of the command. */
  readonly ownCores: number;
  /** CPU seconds a second of the whole machine. */
  readonly machineCores: number;
  /** Time that the CPU quota of the command or of its container held it back, summed over CPUs. */
  readonly throttledSeconds: number;
  /** Processes that the kernel killed for memory: the highest count of the command's group, the container and the machine. */
  readonly oomKills: number;
  /** How many of these were the command's; NaN: it has no group that counts them. */
  readonly ownOomKills: number;
  /** How the command ended: by SIGKILL, or a shell that passed it on. */
  readonly ending: "killed" | "failed" | "done" | "unknown";
  /** Shares of the time in which some task waited for the resource, 0 to 1. */
  readonly cpuPressure: number;
  readonly memoryPressure: number;
  readonly ioPressure: number;
  /** Whether these are the tasks of the command's own control group, and not of the whole machine. */
  readonly pressureIsOwn: boolean;
  readonly swapInBytes: number;
  /** Share of the time in which the busiest disk had a request, and the name of that disk. */
  readonly diskBusy: number;
  readonly busiestDisk: string;
  /** CPUs that were idle while a task waited for a disk. */
  readonly iowaitCores: number;
  /** Bytes that the command read from storage and wrote to it. */
  readonly ownDiskBytes: number;
  /** Bytes sent and received by the machine. */
  readonly networkBytes: number;
  readonly threadsMost: number;
}

/** The modes in which a CPU works; guest is part of user. */
export const BUSY_MODES: readonly string[] = ["user", "nice", "system", "irq", "softirq", "steal"];

/** Returns how a command ended, by its exit status and signal; NaN: unknown. */
export function endingBy(exitStatus = Number.NaN, exitSignal = Number.NaN): Evidence["ending"] {
  if (exitSignal === SIGKILL || exitStatus === 128 + SIGKILL) return "killed";
  if (exitStatus === 0) return "done";
  return Number.isNaN(exitStatus) && Number.isNaN(exitSignal) ? "unknown" : "failed";
}

const SIGKILL = 9;

/** Returns the CPUs that a command could use, of those online; NaN: unknown. A command may widen its own mask. */
export function usableCpus(online: number, { allowed = Number.NaN, quota = Number.NaN, used = Number.NaN }): number {
  let cpus = online;
  for (const limit of [allowed, quota]) if (limit < cpus) cpus = limit;
  return used > cpus * (2 - FULL) ? online : cpus;
}

/** Gathers the evidence of a recording; undefined where the recording does not show the command's start and end. */
export function evidenceOf(recording: Recording, figures: RunFigures): Evidence | undefined {
  const all = seriesByName(recording.series());
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && commandSpan(status.blocks());
  if (!span) return undefined;
  const during = new SpanSeries(all, span);
  const { seconds } = during;
  const { facts } = recording;
  const disks = during.each(DEVICES.diskBusySeconds).sort((a, b) => b.growth - a.growth);
  const transferred = (metric: Metric) => during.sum(metric, (one) => isSummed(one, facts, "summed_interface"));
  const cpu = findingOf("cpu", figures);
  const ownCores = (cpu.isContradicted ? cpu.lowest : during.sum(COMMAND.cpuSeconds)) / seconds;
  const machineCpus = firstKnown(during.highest(KERNEL.cpusOnline), during.count(MACHINE.cpuSeconds, "user"));
  const quotaCores = during.highest(CONTAINER.cpuLimit);
  return {
    seconds,
    cpus: usableCpus(machineCpus, { allowed: figures.cpusAllowed, quota: quotaCores, used: ownCores }),
    machineCpus,
    quotaCores,
    ownCores,
    machineCores: during.sum(MACHINE.cpuSeconds, ({ labels }) => BUSY_MODES.includes(labels[1] ?? "")) / seconds,
    throttledSeconds: firstKnown(during.sum(COMMAND.throttledSeconds), during.sum(CONTAINER.throttledSeconds)),
    oomKills: highestKnown(during.sum(COMMAND.oomKills), during.sum(CONTAINER.oomKills), during.sum(KERNEL.oomKills)),
    ownOomKills: during.sum(COMMAND.oomKills),
    ending: endingBy(figures.exitStatus, figures.exitSignal),
    ...pressuresBy((metric, resource) => during.pressure(metric, resource)),
    swapInBytes: during.sum(KERNEL.swapIn),
    diskBusy: (disks[0]?.growth ?? Number.NaN) / seconds,
    busiestDisk: disks[0]?.series.labels[0] ?? "",
    iowaitCores: during.sum(MACHINE.cpuSeconds, ({ labels }) => labels[1] === "iowait") / seconds,
    ownDiskBytes: during.sum(COMMAND.diskRead) + during.sum(COMMAND.diskWrite),
    networkBytes: transferred(MACHINE.networkSent) + transferred(MACHINE.networkReceived),
    threadsMost: during.highest(COMMAND.threads),
  };
}

/** The pressures of the command's own control group, or of the machine where the command has no group. */
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

/** The first value that is not NaN; NaN if all are. */
export function firstKnown(...values: readonly number[]): number {
  return values.find((value) => !Number.isNaN(value)) ?? Number.NaN;
}

/** The highest value that is not NaN; NaN if all are. */
export function highestKnown(...values: readonly number[]): number {
  return values.reduce((highest, value) => (value <= highest || Number.isNaN(value) ? highest : value), Number.NaN);
}

/** The series of a recording, read within a span of time. */
class SpanSeries {
  readonly seconds: number;

  constructor(
    private readonly all: SeriesByName,
    private readonly span: Span,
  ) {
    this.seconds = (span.toMs - span.fromMs) / 1000;
  }

  /** The series of a counter, each with its growth. */
  each(metric: Metric): { readonly series: RecordedSeries; readonly growth: number }[] {
    return (this.all.get(metric.name) ?? []).map((series) => {
      return { series, growth: growthWithin(series.blocks(), this.span).growth };
    });
  }

  /** Growth of a counter's series together, of all or of those that a predicate takes; NaN where none shows any. */
  sum(metric: Metric, isMeant: (one: RecordedSeries) => boolean = () => true): number {
    return sumSeen(
      this.each(metric)
        .filter(({ series }) => isMeant(series))
        .map(({ growth }) => growth),
    );
  }

  /** Share of the time in which some task waited for a resource. */
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

  /** The number of a metric's series with this last label; NaN if there are none. */
  count(metric: Metric, label: string): number {
    return (this.all.get(metric.name) ?? []).filter(({ labels }) => labels.at(-1) === label).length || Number.NaN;
  }

  private isWithin(atMs: number): boolean {
    return atMs >= this.span.fromMs && atMs <= this.span.toMs;
  }
}

/** A resource that held the command back. */
export interface Diagnosis {
  readonly limitedBy: "memory" | "cpu_quota" | "cpu" | "cpu_one_thread" | "cpu_others" | "disk" | "waiting";
  /** For a person, to follow `limited by `. */
  readonly text: string;
  /** The measurements that show it, for a person. */
  readonly evidence: string;
  /** The kernel killed the command, or a process of it, for memory. */
  readonly isKill?: true;
  /** It waited while the machine's network was in use, whose share in that is unknown. */
  readonly hasTraffic?: true;
}

/** CPU time is counted in hundredths of a second: in less time than this it shows too little. */
const LEAST_SECONDS = 0.2;
/** A resource that is in use for more than this share of the time is full. */
const FULL = 0.9;
/** Waiting for more than this share of the time holds a command back. */
const MUCH_WAITING = 0.1;
const MUCH_DISK_WAITING = 0.2;
/** A machine that brings back more from swap, in bytes a second, is short of memory. */
const SWAPPING_BYTES = 2 ** 20;
/** A command that uses fewer cores waits for something. */
const IDLE_CORES = 0.1;
/** A command that waits while the machine transfers more, in bytes a second, may wait for the network. */
const MUCH_NETWORK_BYTES = 2 ** 20;

interface DiagnosisRule {
  readonly limitedBy: Diagnosis["limitedBy"];
  /** What the evidence shows of this limit; undefined: the command was not limited by it. */
  readonly check: (evidence: Evidence) => Omit<Diagnosis, "limitedBy"> | undefined;
}

/** The rules by priority: the first that applies names the main limit. */
const RULES: readonly DiagnosisRule[] = [
  { limitedBy: "memory", check: killedForMemory },
  { limitedBy: "cpu_quota", check: heldByQuota },
  { limitedBy: "cpu", check: allCoresBusy },
  { limitedBy: "memory", check: memoryShort },
  { limitedBy: "disk", check: diskBusy },
  { limitedBy: "cpu_one_thread", check: oneThreadBusy },
  { limitedBy: "cpu_others", check: othersUsedCpu },
  { limitedBy: "waiting", check: mostlyIdle },
];

/** The main limit of a command, by its use of resources, its waiting and its errors; undefined where none shows. */
export function diagnose(evidence: Evidence): Diagnosis | undefined {
  return diagnoses(evidence)[0];
}

/** Limits that a limit before them explains, so that both together would contradict each other. */
const EXPLAINED: Readonly<Partial<Record<Diagnosis["limitedBy"], readonly Diagnosis["limitedBy"][]>>> = {
  memory: ["waiting"],
  cpu_quota: ["cpu", "cpu_one_thread", "waiting"],
  cpu: ["cpu_one_thread", "waiting"],
  disk: ["waiting"],
  cpu_one_thread: ["waiting"],
  cpu_others: ["waiting"],
};

/** All limits that show in the evidence, the main one first. */
export function diagnoses(evidence: Evidence): Diagnosis[] {
  const rules = evidence.seconds >= LEAST_SECONDS ? RULES : RULES.slice(0, 1);
  const found: Diagnosis[] = [];
  for (const { limitedBy, check } of rules) {
    if (found.some((earlier) => EXPLAINED[earlier.limitedBy]?.includes(limitedBy))) continue;
    const shown = check(evidence);
    if (shown) found.push({ limitedBy, ...shown });
  }
  return found;
}

/** Counts of the machine or its container are the command's where SIGKILL ended it, and may be where it failed. */
function killedForMemory({ oomKills, ownOomKills, ending }: Evidence) {
  if (ownOomKills > 0) {
    const evidence = `the kernel killed ${ownOomKills} of its processes for memory`;
    return { text: "memory", evidence, isKill: true } as const;
  }
  if (!(oomKills > 0)) return undefined;
  const evidence = `the kernel killed ${oomKills} ${oomKills === 1 ? "process" : "processes"} here for memory`;
  if (ending === "killed")
    return { text: "memory", evidence: `${evidence}, and SIGKILL ended it`, isKill: true } as const;
  return ownOomKills === 0 || ending === "done" ? undefined : { text: "memory", evidence };
}

function heldByQuota({ throttledSeconds, quotaCores, seconds }: Evidence) {
  if (!(throttledSeconds / seconds > MUCH_WAITING)) return undefined;
  const quota = Number.isNaN(quotaCores) ? "" : ` of ${number(quotaCores)} cores`;
  const held = plainQuantity(throttledSeconds, "seconds");
  return { text: `its CPU quota${quota}`, evidence: `held back for ${held} in all` };
}

function allCoresBusy({ ownCores, cpus }: Evidence) {
  if (!(ownCores > FULL * cpus)) return undefined;
  const evidence = `${number(ownCores)} of ${cores(cpus)} busy with it`;
  return { text: cpus > 1 ? "CPU, all cores" : "CPU", evidence };
}

function memoryShort(evidence: Evidence) {
  const { memoryPressure, swapInBytes, seconds } = evidence;
  if (memoryPressure > MUCH_WAITING) return { text: "memory", evidence: waited(evidence, memoryPressure, "memory") };
  if (!(swapInBytes / seconds > SWAPPING_BYTES)) return undefined;
  const back = plainQuantity(swapInBytes, "bytes");
  return { text: "memory", evidence: `${back} came back from swap` };
}

function diskBusy(evidence: Evidence) {
  const { ioPressure, diskBusy, busiestDisk, iowaitCores, ownDiskBytes } = evidence;
  // Other programs may keep a disk busy that this command does not use.
  if (ownDiskBytes === 0) return undefined;
  const busy = diskBusy > FULL ? `${busiestDisk} busy ${percent(diskBusy)} of the time` : "";
  const waiting = ioPressure > MUCH_DISK_WAITING ? waited(evidence, ioPressure, "storage") : "";
  // A kernel without pressure counters still counts the CPUs that waited.
  const idle = Number.isNaN(ioPressure) && iowaitCores > MUCH_DISK_WAITING;
  if (busy === "" && waiting === "" && !idle) return undefined;
  const seen = [busy, waiting, idle ? `${cores(iowaitCores)} waited for it` : ""].filter((text) => text !== "");
  return { text: "disk", evidence: seen.join(", ") };
}

function oneThreadBusy({ ownCores, cpus }: Evidence) {
  if (!(ownCores > FULL && ownCores < 2 - FULL && cpus >= 2)) return undefined;
  return { text: "CPU, one thread", evidence: `${number(ownCores)} of ${cores(cpus)} busy with it` };
}

/** CPU use of others does not limit a command that does not want the CPU: only its own waiting shows that it does. */
function othersUsedCpu({ ownCores, machineCores, machineCpus, cpuPressure, pressureIsOwn }: Evidence) {
  if (!(pressureIsOwn && cpuPressure > MUCH_WAITING)) return undefined;
  if (!(machineCores > FULL * machineCpus && ownCores < machineCores / 2)) return undefined;
  const busy = `${number(machineCores)} of ${cores(machineCpus)} busy, ${number(ownCores)} of them with it`;
  return { text: "CPU, which others used", evidence: busy };
}

function mostlyIdle(evidence: Evidence) {
  const { ownCores, machineCores, machineCpus, ioPressure, cpuPressure, diskBusy, networkBytes, seconds } = evidence;
  if (!(ownCores < IDLE_CORES) || ioPressure > MUCH_WAITING || diskBusy > 0.5) return undefined;
  const busy = `${cores(ownCores)} busy with it`;
  if (machineCores > FULL * machineCpus && !(cpuPressure <= MUCH_WAITING)) {
    const all = `${number(machineCores)} of ${cores(machineCpus)} busy, ${number(ownCores)} of them with it`;
    return { text: "waiting, perhaps for CPU that others used", evidence: all };
  }
  // How much of it is the command's is not known: other programs may send and receive, too.
  if (!(networkBytes / seconds > MUCH_NETWORK_BYTES)) return { text: "waiting on something else", evidence: busy };
  const rate = plainQuantity(networkBytes / seconds, "bits/s");
  const traffic = `the whole machine's network carried ${rate}`;
  return { text: "waiting on something else", evidence: `${busy}; ${traffic}`, hasTraffic: true } as const;
}

function waited({ pressureIsOwn }: Evidence, share: number, resource: string): string {
  return `${pressureIsOwn ? "it" : "tasks here"} waited for ${resource} ${percent(share)} of the time`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function number(value: number): string {
  return plainQuantity(value, "cores");
}

function cores(value: number): string {
  const text = number(value);
  return `${text} ${text === "1" ? "core" : "cores"}`;
}
