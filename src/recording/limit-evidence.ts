import { BUSY_MODES, COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, type Metric, RUN } from "../catalog/index.ts";
import { findingOf } from "./evidence.ts";
import { type OomKill, oomKillOf } from "./oom.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { type RunFigures, spanUntilNow, UNNAMED } from "./run-figures.ts";
import { lastValue, seriesByName, sumSeen } from "./span.ts";
import { Steps } from "./steps.ts";
import { commandSpan, isSummed } from "./summary-series.ts";

/** The measurements by which limits are found, over a span of time in which the command ran; NaN: not known. */
export interface LimitEvidence {
  readonly seconds: number;
  /** CPUs that the command could use: those online, fewer by its affinity mask or by a quota. */
  readonly cpus: number;
  /** CPUs online. */
  readonly machineCpus: number;
  /** CPUs that the quota allows. */
  readonly quotaCores: number;
  /** CPU seconds a second of the command. */
  readonly ownCores: number;
  /** CPU seconds a second of the whole machine. */
  readonly machineCores: number;
  /** Time that the command's threads waited for a CPU, summed over them. */
  readonly runDelaySeconds: number;
  /** Much of the command's CPU time is of processes that no sample saw: so may be its waits. */
  readonly hasUnseen: boolean;
  /** Time that the CPU quota of the command or of its container held it back, summed over CPUs; the container's at most. */
  readonly throttledSeconds: number;
  /** Shares of the time in which some task waited for the resource, 0 to 1. */
  readonly cpuPressure: number;
  readonly memoryPressure: number;
  readonly ioPressure: number;
  /** Whether these are the tasks of the command's own control group, and not of the whole machine. */
  readonly pressureIsOwn: boolean;
  readonly swapInBytes: number;
  /** Bytes that the command read from storage, and how much of that had just been dropped from memory, at least. */
  readonly ownReadBytes: number;
  readonly ownRefaultBytes: number;
  /** Share of the time in which the busiest disk had a request, and the name of that disk. */
  readonly diskBusy: number;
  readonly busiestDisk: string;
  /** CPUs that were idle while a task waited for a disk. */
  readonly iowaitCores: number;
  /** Bytes that the command read from storage and wrote to it in its whole run. */
  readonly ownDiskBytes: number;
  /** Bytes sent and received by the machine. */
  readonly networkBytes: number;
}

/** What is known of a run's limits: once for the whole run, and of each step of it. */
export interface RunEvidence {
  readonly seconds: number;
  /** Processes that the kernel killed for memory: the highest count of the command's group, the container and the machine. */
  readonly oomKills: number;
  /** How many of these were the command's; NaN: it has no group that counts them. */
  readonly ownOomKills: number;
  /** Who was killed, who held most and which limit was reached; undefined: none of that is known. */
  readonly oom?: OomKill | undefined;
  /** How the command ended: by SIGKILL, or a shell that passed it on; `stopped` by another signal. */
  readonly ending: "killed" | "stopped" | "failed" | "done" | "unknown";
  readonly steps: readonly LimitEvidence[];
}

/** Returns how a command ended, by its exit status and signal; NaN: unknown. */
export function endingBy(exitStatus = Number.NaN, exitSignal = Number.NaN): RunEvidence["ending"] {
  if (exitSignal === SIGKILL || exitStatus === 128 + SIGKILL) return "killed";
  if (!Number.isNaN(exitSignal)) return "stopped";
  if (exitStatus === 0) return "done";
  return Number.isNaN(exitStatus) ? "unknown" : "failed";
}

const SIGKILL = 9;

/** More of a limit than this was used: the limit did not hold. */
const CLEARLY_MORE = 1.1;

/** Returns the CPUs that a command could use, of those online; NaN: unknown. A command may widen its own mask. */
export function usableCpus(online: number, { allowed = Number.NaN, quota = Number.NaN, used = Number.NaN }): number {
  let cpus = online;
  for (const limit of [allowed, quota]) if (limit < cpus) cpus = limit;
  return used > cpus * CLEARLY_MORE ? online : cpus;
}

/** Gathers the evidence of a recording; undefined where it does not show a command that ran. It may still run. */
export function evidenceOf(recording: Recording, figures: RunFigures): RunEvidence | undefined {
  const all = seriesByName(recording.series());
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && (commandSpan(status.blocks()) ?? spanUntilNow(status));
  if (!span || span.toMs <= span.fromMs) return undefined;
  const steps = new Steps(all, span);
  const sum = (metric: Metric) => sumSeen(steps.growth(metric));
  const kills = [COMMAND.oomKills, CONTAINER.oomKills, KERNEL.oomKills].map(sum);
  return {
    seconds: (span.toMs - span.fromMs) / 1000,
    oomKills: highestKnown(...kills),
    ownOomKills: kills[0]!,
    oom: oomKillOf(
      all,
      kills.some((count) => count > 0),
    ),
    ending: endingBy(figures.exitStatus, figures.exitSignal),
    steps: evidenceOfSteps(steps, recording, figures),
  };
}

function evidenceOfSteps(steps: Steps, { facts }: Recording, figures: RunFigures): LimitEvidence[] {
  const machineCpus = firstKnown(steps.highest(KERNEL.cpusOnline), steps.countOf(MACHINE.cpuSeconds, "user"));
  // Older files do not say which quota held for the command: that of its container did.
  const hasQuotaFact = facts.some(([fact]) => fact === "cpus_quota");
  const quotaCores = hasQuotaFact ? (figures.cpusQuota ?? Number.NaN) : steps.highest(CONTAINER.cpuLimit);
  const { cpusAllowed: allowed, wallSeconds = Number.NaN } = figures;
  const cpu = findingOf("cpu", figures);
  const used = cpu.lowest / wallSeconds;
  const cpus = usableCpus(machineCpus, { allowed, quota: quotaCores, used });
  const ownCores = ownCoresOf(steps, cpu.isContradicted ? used : undefined);
  const machineCores = steps.coresIn(BUSY_MODES);
  const [runDelay, swapIn] = [steps.growth(COMMAND.runDelay), steps.growth(KERNEL.swapIn)];
  const iowait = steps.coresIn(["iowait"]);
  const disks = steps.seriesOf(DEVICES.diskBusySeconds).map((one) => ({ one, shares: steps.shares(one) }));
  const ownDiskBytes = sumSeen(steps.growth(COMMAND.diskRead)) + sumSeen(steps.growth(COMMAND.diskWrite));
  const transferred = [MACHINE.networkSent, MACHINE.networkReceived].map((metric) =>
    steps.growth(metric, (one) => isSummed(one, facts, "summed_interface")),
  );
  const refaults = refaultsOf(steps, facts);
  const pressures = pressuresOf(steps);
  const hasUnseen = isMuchUnseen(steps.seriesOf(COMMAND.commCpuSeconds));
  const throttled = throttledOf(steps, { runDelay, hasUnseen, ownCores, quotaCores });
  return Array.from({ length: steps.count }, (_, step) => ({
    seconds: steps.seconds(step),
    cpus,
    machineCpus,
    quotaCores,
    ownCores: ownCores[step]!,
    machineCores: machineCores[step]!,
    runDelaySeconds: runDelay[step]!,
    hasUnseen,
    throttledSeconds: throttled[step]!,
    cpuPressure: pressures.cpu[step] ?? Number.NaN,
    memoryPressure: pressures.memory[step] ?? Number.NaN,
    ioPressure: pressures.io[step] ?? Number.NaN,
    pressureIsOwn: pressures.isOwn,
    swapInBytes: swapIn[step]!,
    ...refaults(step),
    ...busiestDisk(disks, step),
    iowaitCores: iowait[step]!,
    ownDiskBytes,
    networkBytes: sumSeen(transferred.map((grown) => grown[step]!)),
  }));
}

/** A share of the command's CPU time. */
const MUCH_UNSEEN = 0.2;
/** Two ticks: the start of a program takes less, and is before its first sample. */
const MUCH_UNSEEN_SECONDS = 0.02;

/** Whether much CPU time has no name: that of processes which no sample saw, or which are too many. */
function isMuchUnseen(byName: readonly RecordedSeries[]): boolean {
  let [unseen, total] = [0, 0];
  for (const { labels, blocks } of byName) {
    const seconds = lastValue(blocks()) || 0;
    total += seconds;
    if (labels[0] === UNNAMED) unseen += seconds;
  }
  return unseen >= MUCH_UNSEEN_SECONDS && unseen / total >= MUCH_UNSEEN;
}

/** Where its counter is contradicted, what is known of it is known of the whole run only. */
function ownCoresOf(steps: Steps, wholeRun: number | undefined): Float64Array {
  const grown = steps.growth(COMMAND.cpuSeconds);
  return grown.map((seconds, step) => wholeRun ?? (seconds * 1000) / steps.apart(COMMAND.cpuSeconds, step).longestMs);
}

/**
 * The quota of the command's own control group holds back nothing else. That of its container holds back whatever runs there:
 * of that the command has no more than its threads waited for a CPU. Where many of its processes were seen by no sample, these
 * waited, too: then it has as much as it used of the quota, if that is more.
 */
function throttledOf(
  steps: Steps,
  of: {
    readonly runDelay: Float64Array;
    readonly hasUnseen: boolean;
    readonly ownCores: Float64Array;
    readonly quotaCores: number;
  },
): Float64Array {
  const [own, container] = [steps.growth(COMMAND.throttledSeconds), steps.growth(CONTAINER.throttledSeconds)];
  return container.map((shared, step) => {
    const delay = of.runDelay[step]!;
    const used = shared * Math.min(1, firstKnown(of.ownCores[step]! / firstKnown(of.quotaCores, 1), 1));
    const waited = Math.min(shared, firstKnown(delay, 0));
    const isSeen = !Number.isNaN(delay) && !of.hasUnseen;
    return firstKnown(own[step]!, isSeen ? waited : Math.max(waited, used));
  });
}

/**
 * Refaults are counted for the machine: all but those that others can have had are the command's, since each refault is a read
 * from a disk.
 */
function refaultsOf(steps: Steps, facts: Recording["facts"]) {
  const [own, refaults] = [steps.growth(COMMAND.diskRead), steps.growth(KERNEL.refaults)];
  const read = steps.growth(MACHINE.diskRead, (one) => isSummed(one, facts, "summed_disk"));
  return (step: number) => {
    const ownReadBytes = own[step]!;
    const readByOthers = Math.max(0, read[step]! - ownReadBytes);
    return { ownReadBytes, ownRefaultBytes: Math.min(ownReadBytes, Math.max(0, refaults[step]! - readByOthers)) };
  };
}

/** The pressures of the command's own control group, or of the machine where the command has no group. */
function pressuresOf(steps: Steps) {
  const isOwn = steps.seriesOf(COMMAND.pressure).length > 0;
  const metric = isOwn ? COMMAND.pressure : KERNEL.pressure;
  const of = (resource: string): ArrayLike<number> => {
    const isMeant = ({ labels }: RecordedSeries) => labels[0] === resource && labels[1] === "some";
    const some = steps.seriesOf(metric).find(isMeant);
    return some ? steps.shares(some) : [];
  };
  return { isOwn, cpu: of("cpu"), memory: of("memory"), io: of("io") };
}

function busiestDisk(disks: readonly { readonly one: RecordedSeries; readonly shares: Float64Array }[], step: number) {
  let [diskBusy, busiest] = [Number.NaN, ""];
  for (const { one, shares } of disks)
    if (shares[step]! > diskBusy || (Number.isNaN(diskBusy) && !Number.isNaN(shares[step])))
      [diskBusy, busiest] = [shares[step]!, one.labels[0] ?? ""];
  return { diskBusy, busiestDisk: busiest };
}

/** The first value that is not NaN; NaN if all are. */
function firstKnown(...values: readonly number[]): number {
  return values.find((value) => !Number.isNaN(value)) ?? Number.NaN;
}

/** The highest value that is not NaN; NaN if all are. */
function highestKnown(...values: readonly number[]): number {
  return values.reduce((highest, value) => (value <= highest || Number.isNaN(value) ? highest : value), Number.NaN);
}
