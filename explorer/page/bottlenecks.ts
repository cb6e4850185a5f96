import { COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, type Metric } from "../../src/catalog/index.ts";
import {
  BUSY_MODES,
  type Diagnosis,
  diagnoses,
  type Evidence,
  endingBy,
  firstKnown,
  highestKnown,
  pressuresBy,
  usableCpus,
} from "../../src/recording/diagnosis.ts";
import { quantity } from "../../src/recording/quantities.ts";
import type { RunFigures } from "./run-figures.ts";
import { wallSeconds } from "./verdict.ts";

/** A sentence about a limit that was reached, or a sentence that none was. */
export interface Bottleneck {
  /** `bad`: something failed; `held`: a limit was reached; `calm`: none was. */
  readonly tone: "bad" | "held" | "calm";
  readonly text: string;
  /** The id of the panel that shows it. */
  readonly panel: string;
}

/** A resource is nearly full above this share of its capacity. */
const FULL = 0.9;

/**
 * Returns the bottlenecks, the worst first: those that the terminal shows, and other limits that were reached. Where there
 * are none, one sentence says so.
 */
export function bottlenecksOf(figures: RunFigures): Bottleneck[] {
  const evidence = evidenceOfFigures(figures);
  const limits = diagnoses(evidence).map((diagnosis) => limitOf(diagnosis, evidence, figures));
  const found = [...limits, busyMachine(evidence), fullMemory(figures)].filter((found) => found !== undefined);
  if (found.length > 0) return found;
  const isKnown = evidence.seconds > 0 && figures.indexesOf(MACHINE.cpuSeconds).length > 0;
  return isKnown ? [{ tone: "calm", text: "Nothing that was recorded was at its limit.", panel: "machine-cpu" }] : [];
}

function limitOf(diagnosis: Diagnosis, evidence: Evidence, figures: RunFigures): Bottleneck {
  const tone = diagnosis.isKill ? "bad" : "held";
  const text = `Limited by ${diagnosis.text}: ${diagnosis.evidence}.`;
  return { tone, text, panel: panelOf(diagnosis, evidence, figures) };
}

function panelOf({ limitedBy, hasTraffic }: Diagnosis, evidence: Evidence, figures: RunFigures): string {
  const pressure = evidence.pressureIsOwn ? "command-pressure" : "machine-pressure";
  switch (limitedBy) {
    case "memory":
      if (evidence.ownOomKills > 0) return "command-memory";
      if (evidence.oomKills > 0) return "machine-memory";
      return evidence.swapInBytes > 0 ? "machine-swap" : pressure;
    case "cpu_quota":
      return figures.indexesOf(COMMAND.throttledSeconds).length > 0 ? "command-cpu" : "container-cpu";
    case "disk":
      if (evidence.diskBusy > FULL) return "machine-disk-busy";
      return Number.isNaN(evidence.ioPressure) ? "machine-cpu" : pressure;
    case "waiting":
      return hasTraffic ? "machine-network" : "command-cpu";
    default:
      return "command-cpu";
  }
}

/** Finds a busy machine; only for files without series of the command. */
function busyMachine({ ownCores, machineCores, machineCpus, seconds }: Evidence): Bottleneck | undefined {
  if (!Number.isNaN(ownCores) || !(seconds > 0) || !(machineCores > FULL * machineCpus)) return undefined;
  const text = `The CPUs were busy: ${quantity(machineCores, "cores")} of ${machineCpus} cores on average.`;
  return { tone: "held", text, panel: "machine-cpu" };
}

/** Finds memory that was nearly full, although nothing had to wait for it. */
function fullMemory(figures: RunFigures): Bottleneck | undefined {
  const limit = figures.last(CONTAINER.memoryLimit);
  const peak = figures.last(COMMAND.memoryPeak);
  if (peak > FULL * limit) {
    const text = `Its memory reached ${quantity(peak, "bytes")} of the limit of ${quantity(limit, "bytes")}.`;
    return { tone: "held", text, panel: "command-memory" };
  }
  const [used, total] = [figures.high(MACHINE.memoryUsed), figures.last(MACHINE.memoryTotal)];
  if (!(used > FULL * total)) return undefined;
  const text = `The machine's memory was nearly full: ${quantity(used, "bytes")} of ${quantity(total, "bytes")} used.`;
  return { tone: "held", text, panel: "machine-memory" };
}

/** Collects the evidence for the rules that the terminal uses, too. */
function evidenceOfFigures(figures: RunFigures): Evidence {
  const seconds = wallSeconds(figures);
  const ownOomKills = figures.growth(COMMAND.oomKills);
  const { cpu } = figures.run.known;
  const ownSeconds = cpu.contradiction === null ? figures.growth(COMMAND.cpuSeconds) : cpu.value;
  const ownCores = (ownSeconds ?? Number.NaN) / seconds;
  const machineCpus = figures.cpus(KERNEL.cpusOnline, MACHINE.cpuSeconds);
  const quotaCores = figures.high(CONTAINER.cpuLimit);
  return {
    seconds,
    cpus: usableCpus(machineCpus, { allowed: figures.numberFact("cpus_allowed"), quota: quotaCores, used: ownCores }),
    machineCpus,
    quotaCores,
    ownCores,
    machineCores: figures.growth(MACHINE.cpuSeconds, { mode: BUSY_MODES }) / seconds,
    throttledSeconds: firstKnown(figures.growth(COMMAND.throttledSeconds), figures.growth(CONTAINER.throttledSeconds)),
    oomKills: highestKnown(ownOomKills, figures.growth(CONTAINER.oomKills), figures.growth(KERNEL.oomKills)),
    ownOomKills,
    ending: endingBy(figures.last(COMMAND.exitStatus), figures.last(COMMAND.exitSignal)),
    ...pressuresBy((metric, resource) => figures.growth(metric, { resource: [resource], mode: ["some"] }) / seconds),
    swapInBytes: figures.growth(KERNEL.swapIn),
    ...busiestDisk(figures, seconds),
    iowaitCores: figures.growth(MACHINE.cpuSeconds, { mode: ["iowait"] }) / seconds,
    ownDiskBytes: figures.growth(COMMAND.diskRead) + figures.growth(COMMAND.diskWrite),
    networkBytes: transferred(figures, MACHINE.networkSent) + transferred(figures, MACHINE.networkReceived),
    threadsMost: figures.high(COMMAND.threads),
  };
}

function busiestDisk(figures: RunFigures, seconds: number) {
  let [diskBusy, busiest] = [Number.NaN, ""];
  for (const at of figures.indexesOf(DEVICES.diskBusySeconds)) {
    const { disk = "" } = figures.run.series[at]?.labels ?? {};
    const busy = figures.growth(DEVICES.diskBusySeconds, { disk: [disk] }) / seconds;
    if (!(busy <= diskBusy)) [diskBusy, busiest] = [busy, disk];
  }
  return { diskBusy, busiestDisk: busiest };
}

/** Returns the bytes of the interfaces that the run's facts name; of all interfaces in files without such facts. */
function transferred(figures: RunFigures, metric: Metric): number {
  const summed = figures.run.facts.filter(([fact]) => fact === "summed_interface").map(([, value]) => value);
  return figures.growth(metric, summed.length > 0 ? { interface: summed } : {});
}
