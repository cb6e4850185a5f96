import { COMMAND, CONTAINER, MACHINE } from "../../src/catalog/index.ts";
import type { Evidence } from "../../src/recording/diagnosis.ts";
import { type Diagnosis, diagnoses } from "../../src/recording/diagnosis.ts";
import { quantity } from "../../src/recording/quantities.ts";
import { evidenceOfFigures } from "./evidence.ts";
import type { Figures } from "./figures.ts";

/** Something that held the command back, or may have. */
export interface Finding {
  /** Bad: it failed something; held: it was at its limit; calm: nothing was. */
  readonly tone: "bad" | "held" | "calm";
  readonly text: string;
  /** The panel that shows it. */
  readonly panel: string;
}

/** What was in use for so much of all there is was nearly full. */
const FULL = 0.9;

/**
 * What was the bottleneck, the worst first, in sentences: what the terminal says of it, and what else was at its limit; one
 * that says so where nothing was.
 */
export function findingsOf(figures: Figures): Finding[] {
  const evidence = evidenceOfFigures(figures);
  const limits = diagnoses(evidence).map((diagnosis) => limitFinding(diagnosis, evidence, figures));
  const found = [...limits, busyMachine(evidence), fullMemory(figures)].filter((finding) => finding !== undefined);
  if (found.length > 0) return found;
  const isKnown = evidence.seconds > 0 && figures.places(MACHINE.cpuSeconds).length > 0;
  return isKnown ? [{ tone: "calm", text: "Nothing that was recorded was at its limit.", panel: "machine-cpu" }] : [];
}

function limitFinding(diagnosis: Diagnosis, evidence: Evidence, figures: Figures): Finding {
  const tone = evidence.oomKills > 0 && diagnosis.limitedBy === "memory" ? "bad" : "held";
  const text = `Limited by ${diagnosis.text}: ${diagnosis.evidence}.`;
  return { tone, text, panel: panelOf(diagnosis, evidence, figures) };
}

function panelOf({ limitedBy }: Diagnosis, evidence: Evidence, figures: Figures): string {
  const pressure = evidence.pressureIsOwn ? "command-pressure" : "machine-pressure";
  switch (limitedBy) {
    case "memory":
      if (evidence.oomKills > 0) return evidence.oomKillsAreOwn ? "command-memory" : "machine-memory";
      return evidence.swapInBytes > 0 ? "machine-swap" : pressure;
    case "cpu_quota":
      return figures.places(COMMAND.throttledSeconds).length > 0 ? "command-cpu" : "container-cpu";
    case "disk":
      if (evidence.diskBusy > FULL) return "machine-disk-busy";
      return Number.isNaN(evidence.ioPressure) ? "machine-cpu" : pressure;
    case "network":
      return "machine-network";
    default:
      return "command-cpu";
  }
}

/** Of files that know nothing of the command itself, the machine is all there is to say. */
function busyMachine({ ownCores, machineCores, cpus, seconds }: Evidence): Finding | undefined {
  if (!Number.isNaN(ownCores) || !(seconds > 0) || !(machineCores > FULL * cpus)) return undefined;
  const text = `The CPUs were busy: ${quantity(machineCores, "cores")} of ${cpus} cores on average.`;
  return { tone: "held", text, panel: "machine-cpu" };
}

/** Memory that is nearly full holds nothing back yet. */
function fullMemory(figures: Figures): Finding | undefined {
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
