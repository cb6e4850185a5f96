import { BUDGET_UNITS } from "../../catalog/choices.ts";
import type { BudgetResult } from "../../recording/budget-results.ts";
import { findingOf, PROC_IS_FOREIGN } from "../../recording/evidence.ts";
import { plainQuantity } from "../../recording/quantities.ts";
import type { CommFigures, RunFigures } from "../../recording/run-figures.ts";
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
    endLine(report),
    cpuLine(report, unicode),
    memoryLine(report, unicode),
    transfers("disk", ["read", figures.diskReadBytes], ["written", figures.diskWriteBytes]),
    transfers("calls", ["read", figures.ioReadBytes], ["written", figures.ioWriteBytes]),
    networkLine(report),
    troubleLine(figures),
    namesLine(report.names),
    limitedLine(report),
    sizingLine(report),
    ...budgets.map(budgetLine),
    { label: "file", parts: [file] },
  ];
  return lines.filter((line) => line !== undefined);
}

function endLine({ figures, diagnosis }: RunReport): SummaryLine {
  const { exitStatus, exitSignal, wallSeconds } = figures;
  const how =
    exitSignal !== undefined ? `signal ${exitSignal}` : exitStatus === undefined ? "unknown" : `${exitStatus}`;
  const parts = [wallSeconds === undefined ? how : `${how} after ${durationText(wallSeconds)}`];
  if (diagnosis?.isKill) parts.push("killed for memory");
  return { label: "exit", parts, ...(how === "0" ? {} : { tone: "bad" }) };
}

function cpuLine({ figures, profile }: RunReport, unicode: boolean): SummaryLine | undefined {
  const { value: all, highest, reason, isContradicted } = findingOf("cpu", figures);
  if (all === undefined) return undefined;
  const { cpuUserSeconds = 0, cpuSystemSeconds = 0, cpuCores } = figures;
  const least = highest > all ? "at least " : "";
  const { cpus, cpusAllowed } = figures;
  const allowed =
    cpus !== undefined && cpusAllowed !== undefined && cpusAllowed < cpus ? ` of ${cpusAllowed} allowed` : "";
  const parts = [
    `${least}${durationText(all)}`,
    `user ${durationText(cpuUserSeconds)}, system ${durationText(cpuSystemSeconds)}`,
  ];
  if (isContradicted && reason !== undefined) parts.splice(1, 1, reason);
  else if (cpuCores !== undefined) parts.splice(1, 0, `${plainQuantity(cpuCores, "cores")} cores${allowed}`);
  return { label: "cpu", parts, ...(profile ? { chart: sparkline(profile.cores, unicode) } : {}) };
}

function memoryLine({ figures, profile, startMs }: RunReport, unicode: boolean): SummaryLine | undefined {
  const { memoryPeakAtMs, memoryLargestProcessBytes, memoryPeakWithCacheBytes } = figures;
  const { value, source, reason, isContradicted } = findingOf("memory", figures);
  const parts: string[] = [];
  if (value !== undefined) {
    const when = memoryPeakAtMs === undefined ? "" : ` after ${durationText((memoryPeakAtMs - startMs) / 1000)}`;
    parts.push(`peak ${plainQuantity(value, "bytes")}${when}`);
  }
  if (source !== undefined) parts.push(sourceText(source));
  if (isContradicted && reason !== undefined) parts.push(reason);
  if (memoryLargestProcessBytes !== undefined)
    parts.push(`largest process ${plainQuantity(memoryLargestProcessBytes, "bytes")}`);
  if (memoryPeakWithCacheBytes !== undefined)
    parts.push(`with cache ${plainQuantity(memoryPeakWithCacheBytes, "bytes")}`);
  if (parts.length === 0 && figures.isProcForeign) parts.push(`not known: ${PROC_IS_FOREIGN}`);
  if (parts.length === 0) return undefined;
  return { label: "memory", parts, ...(profile ? { chart: sparkline(profile.residentBytes, unicode) } : {}) };
}

/** Returns the source of a figure in words for people; an unknown source as it is. */
function sourceText(source: string): string {
  if (source.endsWith("_lower_bound")) return "a lower bound";
  const words: Readonly<Record<string, string>> = {
    wait4: "exact",
    proc: "by /proc",
    proc_sampled: "as samples saw it",
    cgroup1: "by its control group",
    cgroup2: "by its control group",
    cgroup1_sampled: "by its control group, as samples saw it",
    cgroup2_sampled: "by its control group, as samples saw it",
  };
  return words[source] ?? source.replaceAll("_", " ");
}

type Amount = readonly [what: string, bytes: number | undefined];

function transfers(label: string, into: Amount, out: Amount, whose?: string): SummaryLine | undefined {
  const parts = [into, out].flatMap(([what, bytes]) =>
    bytes === undefined ? [] : [`${what} ${plainQuantity(bytes, "bytes")}`],
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

/** The machine's traffic may be that of other programs: it is shown only where it may explain why the command waited. */
function networkLine({ figures, diagnosis }: RunReport): SummaryLine | undefined {
  if (!diagnosis?.hasTraffic) return undefined;
  const { machineReceivedBytes, machineSentBytes } = figures;
  return transfers("network", ["received", machineReceivedBytes], ["sent", machineSentBytes], "whole machine");
}

/** Shows the largest names, if there are several. */
function namesLine(names: readonly CommFigures[]): SummaryLine | undefined {
  const named = names.filter(({ comm }) => comm !== "other");
  if (named.length < 2) return undefined;
  const parts = named.slice(0, MOST_NAMES).map(({ comm, cpuSeconds: cpu = 0, memoryPeakBytes = 0 }) => {
    return `${comm} ${durationText(cpu)} ${plainQuantity(memoryPeakBytes, "bytes")}`;
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

/** `memory<512MiB exceeded: 612 MiB (as samples saw it)`; what is inconclusive with its reason, and what would tell more. */
export function budgetText(result: BudgetResult): string {
  const { text: given, name, verdict, measured, highest, source, reason, settledBy } = result;
  const unit = BUDGET_UNITS[name];
  const shown = (value: number) => (unit === "seconds" ? durationText(value) : plainQuantity(value, unit));
  const amounts = measured === undefined ? [] : [shown(measured)];
  const isBounded = verdict !== "exceeded" && Number.isFinite(highest) && highest !== measured;
  if (isBounded) amounts.push(`at most ${shown(highest)}`);
  const known = `${given} ${verdict}: ${amounts.join(", ") || "not measured"}${source === undefined ? "" : ` (${sourceText(source)})`}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  return `${known}${why}${settledBy === undefined ? "" : `; more is known ${settledBy}`}`;
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
