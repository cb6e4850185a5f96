import { ACCOUNTING, COMMAND, SUMMARY } from "../../src/catalog/index.ts";
import { quantity } from "../../src/recording/quantities.ts";
import { type Figures, sum } from "./figures.ts";
import { duration } from "./time-text.ts";

/** One figure of the line of verdict. */
export interface Verdict {
  readonly label: string;
  readonly text: string;
  /** How it is known, or what it is made of. */
  readonly note: string;
  readonly tone: "good" | "bad" | "plain";
  /** The bare number, by which runs are compared; NaN: it is no number. */
  readonly value: number;
}

/** CPU time comes in hundredths of a second: over less than twenty of them no rate is shown. */
const LEAST_SECONDS_FOR_RATES = 0.2;

/** Modes in which a CPU works; guest is part of user. */
const BUSY = { mode: ["user", "system", "nice", "irq", "softirq", "steal"] } as const;

/** The line of verdict: of the command where it was measured, of the machine else. `figures`: over the command's time. */
export function verdictOf(figures: Figures): Verdict[] {
  const seconds = wallSeconds(figures);
  const measured = figures.places(COMMAND.cpuSeconds).length > 0;
  const used = measured ? commandFigures(figures, seconds) : machineFigures(figures, seconds);
  const wall: Verdict = { label: "Wall time", text: duration(seconds), note: "", tone: "plain", value: seconds };
  return [outcomeOf(figures), wall, ...used];
}

/** From the command's start to its end; NaN where it never ran. */
export function wallSeconds(figures: Figures): number {
  const exact = figures.last(COMMAND.duration);
  if (!Number.isNaN(exact)) return exact;
  const { command } = figures.run;
  return command ? (command.toMs - command.fromMs) / 1000 : Number.NaN;
}

function outcomeOf(figures: Figures): Verdict {
  const { run } = figures;
  const outcome = (text: string, tone: Verdict["tone"], note = "") =>
    ({ label: "Outcome", text, tone, note, value: Number.NaN }) as const;
  const status = figures.last(COMMAND.exitStatus);
  const signal = figures.last(COMMAND.exitSignal);
  if (!Number.isNaN(signal)) return outcome(`signal ${signal}`, "bad", endText(figures));
  if (!Number.isNaN(status)) return outcome(`exit ${status}`, status === 0 ? "good" : "bad");
  const text = endText(figures);
  const told = /status (\d+)/.exec(text)?.[1];
  if (told !== undefined) return outcome(`exit ${told}`, told === "0" ? "good" : "bad");
  if (text !== "") return outcome("ended", /signal|SIG/.test(text) ? "bad" : "plain", text);
  if (run.live) return outcome("running", "plain");
  return run.command ? outcome("ended", "plain", "its status is not in the file") : outcome("never ran", "bad");
}

/** What the event at the command's end says. */
function endText({ run }: Figures): string {
  return (
    run.events.findLast(({ event, text }) => event === "command_done" || /^command (done|ended)/i.test(text))?.text ??
    ""
  );
}

function commandFigures(figures: Figures, seconds: number): Verdict[] {
  const [user, system] = ["user", "system"].map((mode) => figures.last(COMMAND.cpuSeconds, { mode: [mode] }));
  const cpu = sum([user ?? Number.NaN, system ?? Number.NaN]);
  const parts = `user ${duration(user ?? Number.NaN)}, system ${duration(system ?? Number.NaN)}`;
  const cores = seconds < LEAST_SECONDS_FOR_RATES ? Number.NaN : cpu / seconds;
  const peak = figures.last(COMMAND.memoryPeak);
  return [
    plain("CPU time", duration(cpu), { note: `${parts}${how(figures, "cpu")}`, value: cpu }),
    plain("Cores used", quantity(cores, "cores"), {
      note: Number.isNaN(cores) ? "too short to tell" : "mean",
      value: cores,
    }),
    plain("Peak memory", quantity(peak, "bytes"), { note: peakNote(figures), value: peak }),
    transfer("Storage in / out", figures.last(COMMAND.diskRead), figures.last(COMMAND.diskWrite)),
    transfer("All read / written", figures.last(COMMAND.ioRead), figures.last(COMMAND.ioWrite)),
  ].filter(({ value, label }) => !Number.isNaN(value) || label === "Cores used");
}

function plain(label: string, text: string, { note = "", value = Number.NaN }): Verdict {
  return { label, text, note, tone: "plain", value };
}

function transfer(label: string, read: number, written: number): Verdict {
  const text = `${quantity(read, "bytes")} / ${quantity(written, "bytes")}`;
  return plain(label, text, { value: sum([read, written]) });
}

function peakNote(figures: Figures): string {
  const bound = figures.last(COMMAND.memoryPeakBound);
  const above = Number.isNaN(bound) ? "" : `, at most ${quantity(bound, "bytes")}`;
  const note = how(figures, "memory_peak") || how(figures, "memory");
  return `${note.replace(/^, /, "")}${above}`;
}

/** Where the accounting says that a resource's figures come from: `, by samples (a lower bound)`. */
function how({ run }: Figures, resource: string): string {
  const known = run.series.find(({ name, labels }) => name === ACCOUNTING.info.name && labels.resource === resource);
  const source = known?.labels.source;
  if (source === undefined) return "";
  const bound = source.endsWith("_lower_bound");
  return `, by ${source.replace(/_lower_bound$/, "").replaceAll("_", " ")}${bound ? " (may have missed some)" : ""}`;
}

/** The machine's figures from the file's summary: means over the time that the command ran. */
function machineFigures(figures: Figures, seconds: number): Verdict[] {
  const busy = figures.last(SUMMARY.cpuMean, BUSY);
  const cpus = figures.last(SUMMARY.cpuCores);
  const memory = figures.last(SUMMARY.memoryUsed);
  const total = figures.last(SUMMARY.memoryTotal);
  const bytes = (perSecond: number) => Math.round(perSecond * seconds);
  const of = Number.isNaN(cpus) ? "" : ` of ${quantity(cpus, "count")}`;
  return [
    plain("Machine's cores busy", `${quantity(busy, "cores")}${of}`, { note: "mean, others' work too", value: busy }),
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
