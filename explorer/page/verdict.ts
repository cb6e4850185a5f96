import { ACCOUNTING, COMMAND, SUMMARY } from "../../src/catalog/index.ts";
import { BUSY_MODES } from "../../src/recording/diagnosis.ts";
import { type Finding, findingOf, isLowerBound, memoryBoundBytes } from "../../src/recording/evidence.ts";
import { quantity } from "../../src/recording/quantities.ts";
import type { RunFigures as RecordedFigures } from "../../src/recording/run-figures.ts";
import type { EventInfo, RunInfo } from "../data/model.ts";
import { type RunFigures, sumKnown } from "./run-figures.ts";
import { duration } from "./time-format.ts";

/** One figure of the verdict: the summary of a run at the top of the page. */
export interface VerdictItem {
  readonly label: string;
  readonly text: string;
  /** The source or the parts of the figure. */
  readonly note: string;
  readonly tone: "good" | "bad" | "plain";
  /** The number by which runs are compared; NaN: the figure is not a number. */
  readonly value: number;
}

/** CPU time has a resolution of 10 ms: a rate over less than 20 times that is not shown. */
const LEAST_SECONDS_FOR_RATES = 0.2;

/** Returns the verdict: of the command if it was measured, else of the machine. `figures`: those of the command's time. */
export function verdictOf(figures: RunFigures): VerdictItem[] {
  const seconds = wallSeconds(figures);
  const measured = figures.indexesOf(COMMAND.cpuSeconds).length > 0;
  const used = measured ? commandFigures(figures, seconds) : machineFigures(figures, seconds);
  const wall: VerdictItem = { label: "Wall time", text: duration(seconds), note: "", tone: "plain", value: seconds };
  return [outcomeOf(figures), wall, ...used];
}

/** Returns the time from the command's start to its end; NaN: it never ran. */
export function wallSeconds(figures: RunFigures): number {
  const exact = figures.last(COMMAND.duration);
  if (!Number.isNaN(exact)) return exact;
  const { command } = figures.run;
  return command ? (command.toMs - command.fromMs) / 1000 : Number.NaN;
}

function outcomeOf(figures: RunFigures): VerdictItem {
  const { run } = figures;
  const outcome = (text: string, tone: VerdictItem["tone"], note = "") =>
    ({ label: "Outcome", text, tone, note, value: Number.NaN }) as const;
  const status = figures.last(COMMAND.exitStatus);
  const signal = figures.last(COMMAND.exitSignal);
  if (!Number.isNaN(signal)) return outcome(`signal ${signal}`, "bad", endText(figures));
  if (!Number.isNaN(status)) return outcome(`exit ${status}`, status === 0 ? "good" : "bad");
  const text = endText(figures);
  const [, code] = /status (\d+)/.exec(text) ?? [];
  if (code !== undefined) return outcome(`exit ${code}`, code === "0" ? "good" : "bad");
  if (text !== "") return outcome("ended", /signal|SIG/.test(text) ? "bad" : "plain", text);
  if (run.live) return outcome("running", "plain");
  return run.command ? outcome("ended", "plain", "the file does not hold its status") : outcome("never ran", "bad");
}

/** Returns the text of the event at the command's end; empty: there is none. */
function endText({ run }: RunFigures): string {
  const isEnd = ({ event, text }: EventInfo) => event === "command_done" || /^command (done|ended)/i.test(text);
  return run.events.findLast(isEnd)?.text ?? "";
}

function commandFigures(figures: RunFigures, seconds: number): VerdictItem[] {
  const known = knownFigures(figures, seconds);
  const user = figures.last(COMMAND.cpuSeconds, { mode: ["user"] });
  const system = figures.last(COMMAND.cpuSeconds, { mode: ["system"] });
  const cpu = findingOf("cpu", known);
  const memory = findingOf("memory", known);
  const [used, peak] = [cpu.value ?? Number.NaN, memory.value ?? Number.NaN];
  const parts = `user ${duration(user)}, system ${duration(system)}`;
  const cores = seconds < LEAST_SECONDS_FOR_RATES ? Number.NaN : used / seconds;
  return [
    plain("CPU time", duration(used), { note: [parts, ...sourceNotes(cpu)].join(", "), value: used }),
    plain("Cores used", quantity(cores, "cores"), {
      note: Number.isNaN(cores) ? "the run was too short" : `mean${allowedNote(known)}`,
      value: cores,
    }),
    plain("Peak memory", quantity(peak, "bytes"), { note: peakNote(memory, memoryBoundBytes(known)), value: peak }),
    transfer("Storage in / out", figures.last(COMMAND.diskRead), figures.last(COMMAND.diskWrite)),
    transfer("All read / written", figures.last(COMMAND.ioRead), figures.last(COMMAND.ioWrite)),
  ].filter(({ value, label }) => !Number.isNaN(value) || label === "Cores used");
}

/** Collects what the evidence of CPU time and memory needs, so that the page says what the terminal says. */
export function knownFigures(figures: RunFigures, seconds: number): RecordedFigures {
  const { run } = figures;
  const numberFact = (name: string) => Number(run.facts.find(([fact]) => fact === name)?.[1] ?? Number.NaN);
  const accounting = run.series.filter(({ name }) => name === ACCOUNTING.info.name);
  const named = figures.run.series.flatMap(({ name, labels: { comm = "" } }) =>
    name === COMMAND.commCpuSeconds.name && comm !== "other" ? [comm] : [],
  );
  const numbers = {
    wallSeconds: seconds,
    cpuUserSeconds: figures.last(COMMAND.cpuSeconds, { mode: ["user"] }),
    cpuSystemSeconds: figures.last(COMMAND.cpuSeconds, { mode: ["system"] }),
    commCpuSeconds: figures.last(COMMAND.commCpuSeconds, { comm: named }),
    cpus: numberFact("cpus"),
    cpusAllowed: numberFact("cpus_allowed"),
    memoryPeakBytes: figures.last(COMMAND.memoryPeak),
    memoryPeakBoundBytes: figures.last(COMMAND.memoryPeakBound),
    memoryPeakWithCacheBytes: figures.last(COMMAND.memoryPeakWithCache),
    memoryLargestProcessBytes: figures.last(COMMAND.memoryLargest),
    memoryFileMostBytes: figures.high(COMMAND.memoryFile),
  };
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => !Number.isNaN(value))),
    ...(run.live ? { isUnfinished: true } : {}),
    command: "",
    sources: new Map(accounting.map(({ labels: { resource = "", source = "" } }) => [resource, source])),
  };
}

/** The CPUs that the command could use, where they are not all. */
function allowedNote({ cpus, cpusAllowed }: RecordedFigures): string {
  return cpus !== undefined && cpusAllowed !== undefined && cpusAllowed < cpus ? `, of ${cpusAllowed} allowed` : "";
}

function plain(label: string, text: string, { note = "", value = Number.NaN }): VerdictItem {
  return { label, text, note, tone: "plain", value };
}

function transfer(label: string, read: number, written: number): VerdictItem {
  const text = `${quantity(read, "bytes")} / ${quantity(written, "bytes")}`;
  return plain(label, text, { value: sumKnown([read, written]) });
}

/** The bound is proven only where the evidence has it as the highest value. */
function peakNote(finding: Finding, bound: number | undefined): string {
  const notes = sourceNotes(finding);
  if (Number.isFinite(finding.highest)) notes.push(`at most ${quantity(finding.highest, "bytes")}`);
  else if (bound !== undefined) notes.push(`processes that samples saw: at most ${quantity(bound, "bytes")}`);
  return notes.join(", ");
}

/** Returns how a figure is known: `by proc sampled`, `by wait4 (may have missed some)`. */
function sourceNotes({ source, reason, isContradicted }: Finding): string[] {
  if (isContradicted && reason !== undefined) return [reason];
  if (source === undefined) return [];
  const bound = isLowerBound(source) ? " (may have missed some)" : "";
  return [`by ${source.replace(/_lower_bound$/, "").replaceAll("_", " ")}${bound}`];
}

/** The machine's figures from the summary in the file: means over the command's time. */
function machineFigures(figures: RunFigures, seconds: number): VerdictItem[] {
  const busy = figures.last(SUMMARY.cpuMean, { mode: BUSY_MODES });
  const cpus = figures.last(SUMMARY.cpuCores);
  const memory = figures.last(SUMMARY.memoryUsed);
  const total = figures.last(SUMMARY.memoryTotal);
  const bytes = (perSecond: number) => Math.round(perSecond * seconds);
  const of = Number.isNaN(cpus) ? "" : ` of ${quantity(cpus, "count")}`;
  return [
    plain("Machine's cores busy", `${quantity(busy, "cores")}${of}`, { note: "mean, all processes", value: busy }),
    plain("Machine's memory used", quantity(memory, "bytes"), {
      note: `mean, of ${quantity(total, "bytes")}`,
      value: memory,
    }),
    transfer("Disks in / out", bytes(figures.last(SUMMARY.diskRead)), bytes(figures.last(SUMMARY.diskWrite))),
    transfer(
      "Network in / out",
      bytes(figures.last(SUMMARY.networkReceived)),
      bytes(figures.last(SUMMARY.networkSent)),
    ),
  ].filter(({ value }) => !Number.isNaN(value));
}

/** Returns the command line as it was typed; the run's instance or file where it was not recorded. */
export function commandText(run: RunInfo | undefined): string {
  const fact = (name: string) => run?.facts.find(([known]) => known === name)?.[1];
  const command = [fact("command"), fact("arguments")].filter(Boolean).join(" ");
  return command || run?.instance || run?.name || "";
}
