import { COMMAND, CONTAINER, KERNEL, MACHINE } from "../../src/catalog/index.ts";
import { quantity } from "../../src/recording/units.ts";
import type { Figures } from "./figures.ts";
import { duration } from "./time-text.ts";
import { wallSeconds } from "./verdict.ts";

/** Something that held the command back, or may have. */
export interface Finding {
  /** Bad: it failed something; held: it was at its limit; calm: nothing was. */
  readonly tone: "bad" | "held" | "calm";
  readonly text: string;
  /** The panel that shows it. */
  readonly panel: string;
}

/** A resource that was in use for so much of the time, on the whole, was full. */
const FULL = 0.9;
/** CPUs that were busy for so much of the time were wanted by more than they could do. */
const BUSY = 0.8;
/** What was waited for in so much of the time is worth a word. */
const WORTH_A_WORD = 0.1;
/** No share of a time that is shorter than this is told: its sources show hundredths of a second. */
const LEAST_SECONDS = 0.2;

/** The usual suspects, each with what it saw; undefined: not this one. */
const SUSPECTS: readonly ((figures: Figures, seconds: number) => Finding | undefined)[] = [
  oomKills,
  throttling,
  cpuBound,
  memoryFull,
  swapping,
  waiting,
  ioWait,
];

/** What was the bottleneck, the worst first, in sentences; one that says so where nothing was at its limit. */
export function findingsOf(figures: Figures): Finding[] {
  const seconds = wallSeconds(figures);
  if (!(seconds >= LEAST_SECONDS)) return [];
  const found = SUSPECTS.map((suspect) => suspect(figures, seconds)).filter((finding) => finding !== undefined);
  if (found.length > 0) return found;
  const seen = figures.places(MACHINE.cpuSeconds).length > 0;
  return seen ? [{ tone: "calm", text: "Nothing that was recorded was at its limit.", panel: "machine-cpu" }] : [];
}

function oomKills(figures: Figures): Finding | undefined {
  const own = figures.last(COMMAND.oomKills);
  const killed = own > 0 ? own : figures.growth(KERNEL.oomKills);
  if (!(killed > 0)) return undefined;
  const whose = own > 0 ? "of the command's processes" : "processes of the machine";
  return { tone: "bad", text: `The kernel killed ${killed} ${whose} for lack of memory.`, panel: "command-memory" };
}

function throttling(figures: Figures, seconds: number): Finding | undefined {
  const own = figures.last(COMMAND.throttledSeconds);
  const held = own > 0 ? own : figures.growth(CONTAINER.throttledSeconds);
  if (!(held / seconds > WORTH_A_WORD)) return undefined;
  const quota = figures.last(CONTAINER.cpuLimit);
  const of = Number.isNaN(quota) ? "" : ` of ${quantity(quota, "cores")} cores`;
  const text = `The CPU quota${of} held it back for ${duration(held)}, summed over CPUs.`;
  return { tone: "held", text, panel: own > 0 ? "command-cpu" : "container-cpu" };
}

function cpuBound(figures: Figures, seconds: number): Finding | undefined {
  const cpus = figures.cpus(KERNEL.cpusOnline, MACHINE.cpuSeconds);
  const working = { mode: ["user", "system", "nice", "irq", "softirq", "steal"] };
  const busy = figures.growth(MACHINE.cpuSeconds, working) / seconds;
  const own = figures.last(COMMAND.cpuSeconds) / seconds;
  const part = Number.isNaN(own) ? "" : `, ${quantity(own, "cores")} of them by the command`;
  if (busy / cpus > BUSY)
    return {
      tone: "held",
      text: `The CPUs were busy: ${quantity(busy, "cores")} of ${cpus} cores on average${part}.`,
      panel: Number.isNaN(own) ? "machine-cpu" : "command-cpu",
    };
  if (!(own > FULL && own < 1.1 && cpus >= 2)) return undefined;
  const text = `It kept one CPU busy and left the others: ${quantity(own, "cores")} of ${cpus} cores on average.`;
  return { tone: "held", text, panel: "command-cpu" };
}

function memoryFull(figures: Figures): Finding | undefined {
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

function swapping(figures: Figures, seconds: number): Finding | undefined {
  const bytes = figures.growth(KERNEL.swapIn);
  if (!(bytes / seconds > 2 ** 20)) return undefined;
  const text = `The machine brought ${quantity(bytes, "bytes")} back from swap meanwhile: memory was short.`;
  return { tone: "held", text, panel: "machine-swap" };
}

/** Waiting for storage or memory; that for CPU is told by how busy the CPUs were. */
function waiting(figures: Figures, seconds: number): Finding | undefined {
  for (const [resource, name] of [
    ["io", "storage"],
    ["memory", "memory"],
  ] as const) {
    const where = { resource: [resource], mode: ["some"] };
    const own = figures.last(COMMAND.pressure, where) / seconds;
    const share = Number.isNaN(own) ? figures.growth(KERNEL.pressure, where) / seconds : own;
    if (!(share > WORTH_A_WORD)) continue;
    const whose = Number.isNaN(own) ? "Tasks of the machine" : "Its processes";
    const text = `${whose} waited for ${name} in ${quantity(share, "share")} of the time.`;
    return { tone: "held", text, panel: Number.isNaN(own) ? "machine-pressure" : "command-pressure" };
  }
  return undefined;
}

function ioWait(figures: Figures, seconds: number): Finding | undefined {
  if (figures.places(KERNEL.pressure).length > 0 || figures.places(COMMAND.pressure).length > 0) return undefined;
  const cores = figures.growth(MACHINE.cpuSeconds, { mode: ["iowait"] }) / seconds;
  if (!(cores > WORTH_A_WORD)) return undefined;
  const text = `CPUs had nothing to do but wait for storage: ${quantity(cores, "cores")} cores on average.`;
  return { tone: "held", text, panel: "machine-cpu" };
}
