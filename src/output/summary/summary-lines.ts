import { BUDGET_UNITS } from "../../catalog/choices.ts";
import type { BudgetResult } from "../../recording/budget-results.ts";
import { diagnosisText } from "../../recording/diagnosis.ts";
import { findingOf, PROC_IS_FOREIGN } from "../../recording/evidence.ts";
import { durationText, plainQuantity } from "../../recording/quantities.ts";
import { type CommFigures, cpusLeft, type RunFigures, UNNAMED } from "../../recording/run-figures.ts";
import type { RunReport } from "../../recording/run-report.ts";
import { samplingText } from "../../recording/sampling.ts";

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
    namesLine(report),
    limitedLine(report),
    samplesLine(report),
    sizingLine(report),
    ...budgets.map(budgetLine),
    { label: "file", parts: [file] },
  ];
  return lines.filter((line) => line !== undefined);
}

function endLine({ figures, diagnoses }: RunReport): SummaryLine {
  const { exitStatus, exitSignal, wallSeconds } = figures;
  const how =
    exitSignal !== undefined ? `signal ${exitSignal}` : exitStatus === undefined ? "unknown" : `${exitStatus}`;
  const parts = [wallSeconds === undefined ? how : `${how} after ${durationText(wallSeconds)}`];
  if (diagnoses[0]?.isKill) parts.push("killed for memory");
  return { label: "exit", parts, ...(how === "0" ? {} : { tone: "bad" }) };
}

/** The time by modes is of one source: that of another one may be more by so much without a word. */
const SEEN_MODES = 1.01;

function cpuLine({ figures, profile }: RunReport, unicode: boolean): SummaryLine | undefined {
  const { value: all, highest, reason, isContradicted } = findingOf("cpu", figures);
  if (all === undefined) return undefined;
  const { cpuUserSeconds = 0, cpuSystemSeconds = 0, cpuCores } = figures;
  const least = highest > all ? "at least " : "";
  const left = cpusLeft(figures);
  const allowed = left === undefined ? "" : ` of ${plainQuantity(left, "cores")} allowed`;
  const parts = [
    `${least}${durationText(all)}`,
    // Another source than theirs has more.
    `${all > SEEN_MODES * (cpuUserSeconds + cpuSystemSeconds) ? "at least " : ""}user ${durationText(cpuUserSeconds)}, system ${durationText(cpuSystemSeconds)}`,
  ];
  if (isContradicted && reason !== undefined) parts.splice(1, 1, reason);
  else if (cpuCores !== undefined) parts.splice(1, 0, `${plainQuantity(cpuCores, "cores")} cores${allowed}`);
  return { label: "cpu", parts, ...(profile ? { chart: sparkline(profile.cores, unicode) } : {}) };
}

function memoryLine({ figures, profile, startMs }: RunReport, unicode: boolean): SummaryLine | undefined {
  const { memoryPeakAtMs, memoryLargestProcessBytes, memoryPeakWithCacheBytes } = figures;
  const { value, highest, source, reason, isContradicted } = findingOf("memory", figures);
  const parts: string[] = [];
  if (value !== undefined) {
    const when = memoryPeakAtMs === undefined ? "" : ` after ${durationText((memoryPeakAtMs - startMs) / 1000)}`;
    parts.push(`peak ${peakText(value, highest, figures)}${when}`);
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

/** A bound that is nearer to what was seen adds nothing. */
const CLEARLY_MORE = 1.1;
/** Nor does a largest process that is larger by no more than this. */
const SMALL_BYTES = 2 ** 20;

/** One figure, or a range where that is what is known: `216 KiB to 313 MiB`. */
function peakText(value: number, highest: number, figures: RunFigures): string {
  const seen = plainQuantity(value, "bytes");
  if (Number.isFinite(highest))
    return highest > value * CLEARLY_MORE ? `${seen} to ${plainQuantity(highest, "bytes")}` : seen;
  const { memoryLargestProcessBytes: largest = 0, memoryFileMostBytes = 0 } = figures;
  // More than its pages of files can be: it held it when no sample was taken.
  if (largest <= value + memoryFileMostBytes + SMALL_BYTES) return seen;
  return `${seen} to ${plainQuantity(largest, "bytes")} or more`;
}

/** Returns the source of a figure in words for people; an unknown source as it is. */
function sourceText(source: string): string {
  if (source.endsWith("_lower_bound")) return "a lower bound";
  const words: Readonly<Record<string, string>> = {
    wait4: "exact",
    perf: "by perf events",
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
function networkLine({ figures, diagnoses }: RunReport): SummaryLine | undefined {
  if (!diagnoses[0]?.hasTraffic) return undefined;
  const { machineReceivedBytes, machineSentBytes } = figures;
  return transfers("network", ["received", machineReceivedBytes], ["sent", machineSentBytes], "whole machine");
}

/** A smaller part of the CPU time by processes without a name is not worth a word. */
const LEAST_UNSEEN = 0.2;
/** A shorter interval is not proposed. */
const SHORT_INTERVAL_SECONDS = 0.05;

/** Shows the largest names, if there are several or if much of the time has no name. */
function namesLine({ names, figures }: RunReport): SummaryLine | undefined {
  const named = names.filter(({ comm }) => comm !== UNNAMED);
  const unseen = unseenText(names, figures);
  if (named.length < 2 && unseen === undefined) return undefined;
  const parts = named.slice(0, MOST_NAMES).map(({ comm, cpuSeconds: cpu = 0, memoryPeakBytes = 0 }) => {
    return `${comm} ${durationText(cpu)} ${plainQuantity(memoryPeakBytes, "bytes")}`;
  });
  return { label: "largest", parts: unseen === undefined ? parts : [...parts, unseen] };
}

/** The share of CPU time that no name has: that of processes which no sample saw, or which are too many to name. */
function unseenText(names: readonly CommFigures[], { intervalSeconds }: RunFigures): string | undefined {
  const total = names.reduce((sum, { cpuSeconds = 0 }) => sum + cpuSeconds, 0);
  const other = names.find(({ comm }) => comm === UNNAMED);
  const share = (other?.cpuSeconds ?? 0) / total;
  if (!(share >= LEAST_UNSEEN)) return undefined;
  const percent = `${Math.round(share * 100)} %`;
  if (other?.processes !== undefined) return `${percent} by others`;
  const isLong = intervalSeconds !== undefined && intervalSeconds > SHORT_INTERVAL_SECONDS;
  return `${percent} by processes too short to see${isLong ? `; try --interval ${SHORT_INTERVAL_SECONDS}` : ""}`;
}

/** The number of limits that are shown. */
const MOST_LIMITS = 3;

function limitedLine({ diagnoses }: RunReport): SummaryLine | undefined {
  if (diagnoses.length === 0) return undefined;
  const parts = diagnoses.slice(0, MOST_LIMITS).map((one, at) => diagnosisText(one, at === 0));
  return { label: "limited", parts };
}

function samplesLine({ sampling, diagnoses }: RunReport): SummaryLine | undefined {
  const isStarved = diagnoses.some(({ limitedBy }) => limitedBy === "cpu_starved");
  const text = samplingText(sampling, isStarved);
  return text === undefined ? undefined : { label: "samples", parts: [text] };
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
