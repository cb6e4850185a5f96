import { BUDGET_UNITS } from "../../catalog/choices.ts";
import type { BudgetResult } from "../../recording/budget-results.ts";
import { cpuSeconds } from "../../recording/budget-results.ts";
import { quantity, type Unit } from "../../recording/quantities.ts";
import type { CommFigures } from "../../recording/run-figures.ts";
import { isLowerBound, type RunFigures } from "../../recording/run-figures.ts";
import type { RunReport } from "../../recording/run-report.ts";

/** One line of a summary: its subject, and its parts, the most important first. */
export interface SummaryLine {
  readonly label: string;
  readonly parts: readonly string[];
  /** A row of marks after the parts, where there is room. */
  readonly chart?: string;
  readonly tone?: "bad";
}

/** The number of process names that are shown. */
const MOST_NAMES = 3;

/** Returns the lines of a summary, in order. A line without a known figure is left out. */
export function summaryLines(report: RunReport, file: string, unicode: boolean): SummaryLine[] {
  const { figures, budgets } = report;
  const lines: (SummaryLine | undefined)[] = [
    endLine(figures),
    cpuLine(report, unicode),
    memoryLine(report, unicode),
    transfers("disk", ["read", figures.diskReadBytes], ["written", figures.diskWriteBytes]),
    transfers("calls", ["read", figures.ioReadBytes], ["written", figures.ioWriteBytes]),
    transfers(
      "network",
      ["received", figures.machineReceivedBytes],
      ["sent", figures.machineSentBytes],
      "whole machine",
    ),
    troubleLine(figures),
    namesLine(report.names),
    limitedLine(report),
    sizingLine(report),
    ...budgets.map(budgetLine),
    { label: "file", parts: [file] },
  ];
  return lines.filter((line) => line !== undefined);
}

function endLine({ exitStatus, exitSignal, wallSeconds }: RunFigures): SummaryLine {
  const how =
    exitSignal !== undefined ? `signal ${exitSignal}` : exitStatus === undefined ? "unknown" : `${exitStatus}`;
  const parts = [wallSeconds === undefined ? how : `${how} after ${durationText(wallSeconds)}`];
  return { label: "exit", parts, ...(how === "0" ? {} : { tone: "bad" }) };
}

function cpuLine({ figures, profile }: RunReport, unicode: boolean): SummaryLine | undefined {
  const all = cpuSeconds(figures);
  if (all === undefined) return undefined;
  const { cpuUserSeconds = 0, cpuSystemSeconds = 0, cpuCores } = figures;
  const least = isLowerBound(figures.sources.get("cpu")) ? "at least " : "";
  const parts = [
    `${least}${durationText(all)}`,
    `user ${durationText(cpuUserSeconds)}, system ${durationText(cpuSystemSeconds)}`,
  ];
  if (cpuCores !== undefined) parts.splice(1, 0, `${text(cpuCores, "cores")} cores`);
  return { label: "cpu", parts, ...(profile ? { chart: sparkline(profile.cores, unicode) } : {}) };
}

function memoryLine({ figures, profile, startMs }: RunReport, unicode: boolean): SummaryLine | undefined {
  const { memoryPeakBytes, memoryPeakAtMs, memoryLargestProcessBytes, memoryPeakWithCacheBytes } = figures;
  const parts: string[] = [];
  if (memoryPeakBytes !== undefined) {
    const when = memoryPeakAtMs === undefined ? "" : ` after ${durationText((memoryPeakAtMs - startMs) / 1000)}`;
    parts.push(`peak ${text(memoryPeakBytes, "bytes")}${when}`);
  }
  const source = figures.sources.get("memory_peak");
  if (source !== undefined) parts.push(sourceText(source));
  if (memoryLargestProcessBytes !== undefined)
    parts.push(`largest process ${text(memoryLargestProcessBytes, "bytes")}`);
  if (memoryPeakWithCacheBytes !== undefined) parts.push(`with cache ${text(memoryPeakWithCacheBytes, "bytes")}`);
  if (parts.length === 0) return undefined;
  return { label: "memory", parts, ...(profile ? { chart: sparkline(profile.residentBytes, unicode) } : {}) };
}

/** Returns the source of a figure in words for people; an unknown source as it is. */
function sourceText(source: string): string {
  const words: Readonly<Record<string, string>> = {
    wait4: "exact",
    wait4_lower_bound: "a lower bound",
    proc: "by /proc",
    proc_lower_bound: "a lower bound",
    proc_sampled: "as samples saw it",
    proc_sampled_lower_bound: "a lower bound",
    cgroup1: "by its control group",
    cgroup2: "by its control group",
  };
  return words[source] ?? source.replaceAll("_", " ");
}

type Amount = readonly [what: string, bytes: number | undefined];

function transfers(label: string, into: Amount, out: Amount, whose?: string): SummaryLine | undefined {
  const parts = [into, out].flatMap(([what, bytes]) =>
    bytes === undefined ? [] : [`${what} ${text(bytes, "bytes")}`],
  );
  const nothing = !into[1] && !out[1];
  return nothing ? undefined : { label, parts: whose === undefined ? parts : [...parts, whose] };
}

function troubleLine({ throttledSeconds = 0, oomKills = 0 }: RunFigures): SummaryLine | undefined {
  const parts: string[] = [];
  if (throttledSeconds > 0) parts.push(`held back by its CPU quota for ${durationText(throttledSeconds)}`);
  if (oomKills > 0) parts.push(`${oomKills} ${oomKills === 1 ? "process" : "processes"} killed for memory`);
  return parts.length === 0 ? undefined : { label: "trouble", parts, tone: "bad" };
}

/** Shows the largest names, if there are several. */
function namesLine(names: readonly CommFigures[]): SummaryLine | undefined {
  const named = names.filter(({ comm }) => comm !== "other");
  if (named.length < 2) return undefined;
  const parts = named.slice(0, MOST_NAMES).map(({ comm, cpuSeconds: cpu = 0, memoryPeakBytes = 0 }) => {
    return `${comm} ${durationText(cpu)} ${text(memoryPeakBytes, "bytes")}`;
  });
  return { label: "largest", parts };
}

function limitedLine({ diagnosis }: RunReport): SummaryLine | undefined {
  return diagnosis && { label: "limited", parts: [`by ${diagnosis.text} (${diagnosis.evidence})`] };
}

function sizingLine({ sizing }: RunReport): SummaryLine | undefined {
  if (!sizing) return undefined;
  const { cpuRequestCores, cpuLimitCores, memoryRequestBytes, memoryLimitBytes } = sizing;
  const cpu = `cpu ${millicores(cpuRequestCores)} to ${millicores(cpuLimitCores)}`;
  return { label: "size", parts: [cpu, `memory ${mebibytes(memoryRequestBytes)} to ${mebibytes(memoryLimitBytes)}`] };
}

/** Kubernetes writes CPU so: `250m`. */
function millicores(cores: number): string {
  return `${Math.round(cores * 1000)}m`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)}Mi`;
}

function budgetLine(result: BudgetResult): SummaryLine {
  const bad = result.verdict === "exceeded" ? ({ tone: "bad" } as const) : {};
  return { label: "budget", parts: [budgetText(result)], ...bad };
}

/** `memory<512MiB exceeded: 612 MiB (sampled)`. */
export function budgetText({ text: given, name, verdict, measured, source }: BudgetResult): string {
  const unit = BUDGET_UNITS[name];
  const shown = (value: number) => (unit === "seconds" ? durationText(value) : text(value, unit));
  const amount = measured === undefined ? "not measured" : shown(measured);
  return `${given} ${verdict}: ${amount}${source === undefined ? "" : ` (${sourceText(source)})`}`;
}

function text(value: number, unit: Unit): string {
  return quantity(value, unit).replaceAll("\u202f", " ");
}

/** Returns a duration for people: `350 ms`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
function durationText(value: number): string {
  if (value < 0.9995) return `${Number((value * 1000).toPrecision(3))} ms`;
  if (value < 59.95) return `${value.toFixed(value < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(value);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

const BLOCKS = "▁▂▃▄▅▆▇█";
const PLAIN = "_.-=+*#@";

/** Draws values as a row of marks, each as high as its share of the highest value; a space stands for NaN. */
export function sparkline(values: Float64Array, unicode: boolean): string {
  const marks = unicode ? BLOCKS : PLAIN;
  let highest = 0;
  for (const value of values) if (value > highest) highest = value;
  let line = "";
  for (const value of values) {
    if (Number.isNaN(value)) line += " ";
    else line += marks[highest === 0 ? 0 : Math.min(marks.length - 1, Math.floor((value / highest) * marks.length))];
  }
  return line;
}
