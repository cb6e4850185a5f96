import { BUSY_MODES, COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, SUMMARY } from "../../src/catalog/index.ts";
import { quantity } from "../../src/recording/quantities.ts";
import type { LimitInfo } from "../data/model.ts";
import type { RunFigures } from "./run-figures.ts";
import { wallSeconds } from "./verdict.ts";

/** A sentence about a limit that was reached, or a sentence that none was. */
export interface Bottleneck {
  /** `bad`: something failed; `held`: a limit was reached; `calm`: none was. */
  readonly tone: "bad" | "held" | "calm";
  readonly text: string;
  /** The id of the panel that shows it. */
  readonly panel: string;
  /** Of the command's time, 0 to 1; undefined: not known. */
  readonly share?: number | undefined;
  /** The time that has most of it, in milliseconds; undefined: not known. */
  readonly span?: LimitInfo["span"] | undefined;
}

/** A resource is nearly full above this share of its capacity. */
const FULL = 0.9;

/**
 * Returns the bottlenecks, the worst first: those that the terminal shows, and other limits that were reached. Where there
 * are none, one sentence says so.
 */
export function bottlenecksOf(figures: RunFigures): Bottleneck[] {
  const { limits, samples } = figures.run.known;
  const named = limits.map((limit, at) => limitOf(limit, at, figures));
  const found = [...named, busyMachine(figures), fullMemory(figures)].filter((found) => found !== undefined);
  const notes = samples === null ? [] : [missedSamples(samples)];
  if (found.length > 0) return [...found, ...notes];
  const isKnown = wallSeconds(figures) > 0 && figures.indexesOf(MACHINE.cpuSeconds).length > 0;
  if (!isKnown) return notes;
  return [{ tone: "calm", text: "Nothing that was recorded was at its limit.", panel: "machine-cpu" }, ...notes];
}

/** The first one as a sentence of its own; those after it are said of a smaller part of the time. */
function limitOf(limit: LimitInfo, at: number, figures: RunFigures): Bottleneck {
  const { what, text, isKill } = limit;
  const { share, span } = limit;
  const found = { panel: panelOf(limit, figures), share: share ?? undefined, span };
  if (what === "unclear") return { ...found, tone: "calm", text: `What limited it is ${text}.` };
  const start = what === "cpu_starved" ? "It was " : at === 0 ? "Limited " : "Also limited by ";
  return { ...found, tone: isKill ? "bad" : "held", text: `${start}${text}.` };
}

function panelOf({ what, isKill, hasTraffic }: LimitInfo, figures: RunFigures): string {
  const pressure = figures.indexesOf(COMMAND.pressure).length > 0 ? "command-pressure" : "machine-pressure";
  switch (what) {
    case "memory":
      if (isKill) return figures.growth(COMMAND.oomKills) > 0 ? "command-memory" : "machine-memory";
      return figures.growth(KERNEL.swapIn) > 0 ? "machine-swap" : pressure;
    case "cpu_quota":
      return figures.indexesOf(COMMAND.throttledSeconds).length > 0 ? "command-cpu" : "container-cpu";
    case "cpu_starved":
      return "command-run-delay";
    case "disk":
      if (figures.indexesOf(DEVICES.diskBusySeconds).length > 0) return "machine-disk-busy";
      return figures.indexesOf(KERNEL.pressure).length > 0 ? pressure : "machine-cpu";
    case "waiting":
      return hasTraffic ? "machine-network" : "command-cpu";
    default:
      return "command-cpu";
  }
}

function missedSamples(text: string): Bottleneck {
  return { tone: "held", text: `Samples: ${text}. Hatched times have means only.`, panel: "recorder-time" };
}

/** Finds a busy machine; only for files without series of the command. */
function busyMachine(figures: RunFigures): Bottleneck | undefined {
  const seconds = wallSeconds(figures);
  if (figures.indexesOf(COMMAND.cpuSeconds).length > 0 || !(seconds > 0)) return undefined;
  const mean = figures.last(SUMMARY.cpuMean, { mode: BUSY_MODES });
  const busy = Number.isNaN(mean) ? figures.growth(MACHINE.cpuSeconds, { mode: BUSY_MODES }) / seconds : mean;
  const cpus = figures.cpus(KERNEL.cpusOnline, MACHINE.cpuSeconds);
  if (!(busy > FULL * cpus)) return undefined;
  const text = `The CPUs were busy: ${quantity(busy, "cores")} of ${cpus} cores on average.`;
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
