import { BUDGET_UNITS, PHASE_FIGURES } from "../../catalog/choices.ts";
import type { BudgetResult } from "../../recording/budget-results.ts";
import type { Diagnosis } from "../../recording/diagnosis.ts";
import { type Finding, findingOf, memoryBoundBytes, RESOURCES, unitOf } from "../../recording/evidence.ts";
import type { HeldMemory, OomKill } from "../../recording/oom.ts";
import type { PhaseFigures } from "../../recording/phases.ts";
import type { RunFigures } from "../../recording/run-figures.ts";
import type { RunReport } from "../../recording/run-report.ts";
import { verdictSentence } from "../../recording/verdict-sentence.ts";
import type { WallTime } from "../../recording/wall-time.ts";
import { safeLine, safeText } from "../../safe-text.ts";
import type { SummaryFileId } from "../results-wanted.ts";
import { cpuShares, missedIn, programsSource } from "./program-parts.ts";
import { type SummaryLine, summaryLines } from "./summary-lines.ts";

/** A form of the summary that an option writes to a file. */
interface SummaryFile {
  /** Whether the text is added to the file's end, not put in its place. */
  readonly appends: boolean;
  /** Returns the text of a run whose metrics file is `file`. */
  readonly serialize: (report: RunReport, file: string) => string;
}

/** The forms, by the options that ask for them. */
export const SUMMARY_FILES: Readonly<Record<SummaryFileId, SummaryFile>> = {
  summaryJson: { appends: false, serialize: summaryJson },
  summaryMarkdown: { appends: true, serialize: summaryMarkdown },
};

/** Grows with every change that a reader of the version before would not understand. A new key is no such change. */
const JSON_VERSION = 1;

/** Returns the summary for programs: exact figures, a unit in each key; what is not known is left out. */
export function summaryJson(report: RunReport, file: string): string {
  const { figures, startMs, names, wallTime, diagnoses, oom, sampling, sizing, budgets } = report;
  const shares = cpuShares(names, figures);
  const object = {
    version: JSON_VERSION,
    metrics_file: file,
    command: figures.command,
    started_at: new Date(startMs).toISOString(),
    ...figuresObject(figures, startMs),
    programs_source: programsSource(names, figures),
    programs_missed_most_count: missedIn(names, figures)?.most,
    largest: names.map((name) => ({
      comm: name.comm,
      cpu_seconds: name.cpuSeconds,
      cpu_share: shares.get(name),
      memory_peak_bytes: name.memoryPeakBytes,
      processes_count: name.processes,
      io_read_least_bytes: name.ioReadBytes,
      io_write_least_bytes: name.ioWriteBytes,
    })),
    verdict: verdictSentence(diagnoses),
    wall_time_shares: wallTime && shareObject(wallTime),
    phases: figures.phases?.map(phaseObject),
    limited_by: diagnoses[0] && limitObject(diagnoses[0]),
    limits: diagnoses.map(limitObject),
    oom_kill: oom && oomObject(oom),
    samples_count: sampling.taken,
    samples_missed_count: sampling.missed,
    slowest_sample_seconds: known(sampling.slowestSeconds),
    sizing: sizing && {
      cpu_request_cores: sizing.cpuRequestCores,
      cpu_limit_cores: sizing.cpuLimitCores,
      memory_request_bytes: sizing.memoryRequestBytes,
      memory_limit_bytes: sizing.memoryLimitBytes,
    },
    budgets: budgets.map(budgetObject),
    evidence: evidenceObjects(figures),
  };
  // In JSON these characters stand only in strings, where their escapes mean the same.
  return `${safeText(JSON.stringify(object, null, 2))}\n`;
}

/** The shares add up to 1. */
function shareObject({ running, cpu, disk, memory, sleeping, areWaitsSeen }: WallTime): object {
  const waits = { waiting_for_cpu: cpu, waiting_for_disk: disk, waiting_for_memory: memory };
  return { running, ...waits, sleeping, are_waits_seen: areWaitsSeen };
}

/** What a phase used in all times that it went on, and how far that is known. */
function phaseObject(figures: PhaseFigures): object {
  const known = PHASE_FIGURES.flatMap((name) => {
    const between = figures[name];
    if (!between) return [];
    const unit = BUDGET_UNITS[name];
    const most = Number.isFinite(between.highest) ? between.highest : undefined;
    return [{ name, [`value_${unit}`]: between.value, [`lowest_${unit}`]: between.lowest, [`highest_${unit}`]: most }];
  });
  return { phase: figures.phase, times_count: figures.times, figures: known };
}

/** Who was killed for memory, who held most, and the limit; what is not known is left out. */
function oomObject({ victims, holder, limit, rise }: OomKill): object {
  const held = ({ pid, comm, bytes }: HeldMemory) => ({ pid, comm, held_bytes: bytes });
  return {
    victims: victims.map(held),
    largest_holder: holder && { ...held(holder), when: holder.isAtPeak ? "peak" : "kill" },
    limit: limit && { group: limit.group, limit_bytes: limit.bytes, is_likely: limit.isLikely },
    rise: rise && { from_bytes: rise.fromBytes, to_bytes: rise.toBytes, seconds: rise.seconds },
  };
}

function limitObject({ limitedBy, text, evidence, share }: Diagnosis): object {
  return { what: limitedBy, text, evidence, share_of_time: share };
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function figuresObject(figures: RunFigures, startMs: number): object {
  const { sources } = figures;
  return {
    exit_status: figures.exitStatus,
    exit_signal: figures.exitSignal,
    wall_seconds: figures.wallSeconds,
    cpu_user_seconds: figures.cpuUserSeconds,
    cpu_system_seconds: figures.cpuSystemSeconds,
    cpu_mean_cores: figures.cpuCores,
    cpus_allowed_count: figures.cpusAllowed,
    cpus_quota_cores: figures.cpusQuota,
    run_delay_seconds: figures.runDelaySeconds,
    cpu_source: sources.get("cpu"),
    memory_peak_bytes: figures.memoryPeakBytes,
    memory_peak_after_seconds: secondsAfter(startMs, figures.memoryPeakAtMs),
    memory_peak_source: sources.get("memory_peak"),
    memory_peak_bound_bytes: memoryBoundBytes(figures),
    memory_peak_with_cache_bytes: figures.memoryPeakWithCacheBytes,
    memory_largest_process_bytes: figures.memoryLargestProcessBytes,
    processes_most_count: figures.processesMost,
    threads_most_count: figures.threadsMost,
    disk_read_bytes: figures.diskReadBytes,
    disk_write_bytes: figures.diskWriteBytes,
    io_read_bytes: figures.ioReadBytes,
    io_write_bytes: figures.ioWriteBytes,
    io_source: sources.get("io"),
    throttled_seconds: figures.throttledSeconds,
    oom_kills_count: figures.oomKills,
    machine_cpu_seconds: figures.machineCpuSeconds,
    machine_sent_bytes: figures.machineSentBytes,
    machine_received_bytes: figures.machineReceivedBytes,
    machine_disk_read_bytes: figures.machineDiskReadBytes,
    machine_disk_write_bytes: figures.machineDiskWriteBytes,
  };
}

function secondsAfter(startMs: number, atMs: number | undefined): number | undefined {
  return atMs === undefined ? undefined : (atMs - startMs) / 1000;
}

function budgetObject({ text, name, verdict, value, measured, source, ...bounds }: BudgetResult): object {
  const unit = BUDGET_UNITS[name];
  const limit = { [`limit_${unit}`]: known(value), [`measured_${unit}`]: measured };
  return { budget: text, name, verdict, ...limit, ...boundsObject(unit, bounds), source, basis: bounds.basis };
}

/** How far each figure that was measured is known. */
function evidenceObjects(figures: RunFigures): object[] {
  return RESOURCES.flatMap((name) => {
    const { value, source, ...known } = findingOf(name, figures);
    const unit = unitOf(name);
    return value === undefined ? [] : [{ name, [`value_${unit}`]: value, ...boundsObject(unit, known), source }];
  });
}

/** A highest value that is not known is left out. */
function boundsObject(unit: string, known: Pick<Finding, "lowest" | "highest" | "reason" | "settledBy">): object {
  const { lowest, highest, reason, settledBy } = known;
  const most = Number.isFinite(highest) ? highest : undefined;
  return { [`lowest_${unit}`]: lowest, [`highest_${unit}`]: most, reason, settled_by: settledBy };
}

/** Returns the summary as a section of a page: a table, and a chart that GitHub and GitLab draw. */
export function summaryMarkdown(report: RunReport, file: string): string {
  const { figures, profile } = report;
  const title = figures.command === undefined ? "statexec" : `statexec: ${inlineMarkdown(shortened(figures.command))}`;
  const rows = summaryLines(report, file, true).map(row);
  const chart = profile ? [chartOf(profile.cores, figures.wallSeconds ?? 0), ""] : [];
  return ["", `### ${title}`, "", "| | |", "| --- | --- |", ...rows, "", ...chart].join("\n");
}

function row({ label, parts, extra = [], chart, tone }: SummaryLine): string {
  const body = [...parts, ...extra].map(inlineMarkdown).join(parts.at(-1)?.endsWith(".") ? " " : ", ");
  const said = tone === "bad" ? `**${body}**` : body;
  return `| ${label} | ${said}${chart === undefined ? "" : ` ${chart.marks} ${chart.scale}`} |`;
}

/** Returns a chart of the cores that the command used over time, in Mermaid's language. */
function chartOf(cores: Float64Array, wallSeconds: number): string {
  const values = [...cores].map((value) => (Number.isNaN(value) ? 0 : Number(value.toFixed(2))));
  return [
    "```mermaid",
    "xychart-beta",
    '  title "CPU cores used"',
    `  x-axis "seconds" 0 --> ${Number(wallSeconds.toFixed(2))}`,
    '  y-axis "cores"',
    `  line [${values.join(", ")}]`,
    "```",
  ].join("\n");
}

const MOST_TITLE = 60;

function shortened(text: string): string {
  return text.length > MOST_TITLE ? `${text.slice(0, MOST_TITLE - 1)}…` : text;
}

/** Escapes text for Markdown: nothing in it is markup or ends a cell. */
export function inlineMarkdown(text: string): string {
  return safeLine(text.replace(/\s+/g, " ")).replace(/[\\`*_{}[\]<>()#+!|~&$-]/g, "\\$&");
}
