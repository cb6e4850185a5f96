import { BUSY_MODES, COMMAND, SUMMARY } from "../../src/catalog/index.ts";
import { quantity } from "../../src/recording/quantities.ts";
import type { EventInfo, FigureInfo, RunInfo } from "../data/model.ts";
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
  /** It is two figures, whose sum is none to compare. */
  readonly isPair?: true;
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
  const { cpu, memory } = figures.run.known;
  const user = figures.last(COMMAND.cpuSeconds, { mode: ["user"] });
  const system = figures.last(COMMAND.cpuSeconds, { mode: ["system"] });
  const [used, peak] = [cpu.value ?? Number.NaN, memory.value ?? Number.NaN];
  const parts = `user ${duration(user)}, system ${duration(system)}`;
  const cores = seconds < LEAST_SECONDS_FOR_RATES ? Number.NaN : used / seconds;
  return [
    plain("CPU time", duration(used), { note: [parts, ...sourceNotes(cpu)].join(", "), value: used }),
    plain("Cores used", quantity(cores, "cores"), {
      note: Number.isNaN(cores) ? "the run was too short" : `mean${allowedNote(figures)}`,
      value: cores,
    }),
    plain("Peak memory", quantity(peak, "bytes"), { note: peakNote(memory), value: peak }),
    transfer("Storage in / out", figures.last(COMMAND.diskRead), figures.last(COMMAND.diskWrite)),
    transfer("All read / written", figures.last(COMMAND.ioRead), figures.last(COMMAND.ioWrite)),
  ].filter(({ value, label }) => !Number.isNaN(value) || label === "Cores used");
}

/** The CPUs that the command could use, where they are not all. */
function allowedNote({ run }: RunFigures): string {
  const { usableCpus } = run.known;
  const cpus = Number(run.facts.find(([fact]) => fact === "cpus")?.[1] ?? Number.NaN);
  return usableCpus !== null && usableCpus < cpus ? `, of ${quantity(usableCpus, "cores")} allowed` : "";
}

function plain(label: string, text: string, { note = "", value = Number.NaN }): VerdictItem {
  return { label, text, note, tone: "plain", value };
}

function transfer(label: string, read: number, written: number): VerdictItem {
  const text = `${quantity(read, "bytes")} / ${quantity(written, "bytes")}`;
  return { ...plain(label, text, { value: sumKnown([read, written]) }), isPair: true };
}

function peakNote(memory: FigureInfo): string {
  const { highest, seenHighest } = memory;
  const notes = sourceNotes(memory);
  if (highest !== null) notes.push(`at most ${quantity(highest, "bytes")}`);
  else if (seenHighest !== null) notes.push(`processes that samples saw: at most ${quantity(seenHighest, "bytes")}`);
  return notes.join(", ");
}

function sourceNotes({ source, contradiction }: FigureInfo): string[] {
  const note = contradiction ?? source;
  return note === null ? [] : [note];
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
