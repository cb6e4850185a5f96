import type { ProcessFormat, ProcessSort } from "../catalog/choices.ts";
import type { ProcessLine } from "../load/process-lines.ts";
import { missedProcesses, missedText } from "../recording/missed-processes.ts";
import { durationText, plainQuantity } from "../recording/quantities.ts";
import { csvCell, safeLine, shellQuoted } from "../safe-text.ts";
import type { ProcessUsage, ProgramUsage, RecordUsage } from "./process-usage.ts";

/** Writes what a record says of processes, and `top` programs, in one format. */
export const PROCESS_WRITERS: {
  readonly [Format in ProcessFormat]: (usage: RecordUsage, top: number | undefined) => string;
} = { table, json, csv };

/** How many of each a table has, where nobody says otherwise. */
export const TABLE_ROWS = 10;

/** Widths of the columns of a table; the whole is within 80. */
const WIDTHS = [18, 11, 12, 8, 14, 12] as const;

const UNKNOWN = "–";

function table(usage: RecordUsage, top = TABLE_ROWS): string {
  const { programs, processes, cpuSeconds, sort } = usage;
  const amount = AMOUNTS[sort] ?? RSS;
  const began = Math.min(...programs.map(({ startSeconds }) => startSeconds).filter((at) => !Number.isNaN(at)));
  const share = (seconds: number) => (cpuSeconds > 0 ? `${Math.round((100 * seconds) / cpuSeconds)} %` : UNKNOWN);
  const shown = programs.slice(0, top);
  const left = programs.length - shown.length;
  const mark = usage.end?.complete === true ? "" : "+";
  const lines = [
    ...titleOf(usage),
    "",
    laidOut(["program", "processes", "CPU time", "share", amount.ofProgram, "lived"]),
    ...shown.map((one) => laidOut(programCells(one, share, amount, mark))),
    ...(left > 0 ? [`and ${left} more ${left === 1 ? "program" : "programs"} (--top ${programs.length})`] : []),
    "",
    laidOut(["process", "pid", "CPU time", "share", amount.ofProcess, "lived", "began"]),
    ...processes
      .slice(0, top)
      .flatMap((one) => [laidOut(processCells(one, share, began, amount)), ...detailsOf(one.line)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** What is recorded, and what is not. */
function titleOf({ count, programs, cpuSeconds, end }: RecordUsage): string[] {
  const of = `${counted(count, "process", "processes")} of ${counted(programs.length, "program", "programs")}`;
  const title = `${of}, ${plainQuantity(cpuSeconds, "seconds")} of CPU time`;
  if (!end) return [title, "The record has no end: its last lines are missing."];
  const told = typeof end.cpu_untold_seconds === "number" ? end.cpu_untold_seconds : 0;
  const untold = told >= 0.01 ? [`${plainQuantity(told, "seconds")} of CPU time are in no line of the record.`] : [];
  if (end.complete === true) return [title, ...untold];
  if (end.source === "samples")
    return [
      title,
      "They are what samples saw: processes that lived between two samples are not among them.",
      missedLine(count, end),
    ];
  return [title, `Some are missing: ${Number(end.lost_records ?? 0)} records of the kernel were lost.`, ...untold];
}

/** `At most 12 more, …`: how many are missing. */
function missedLine(count: number, end: ProcessLine): string {
  const missed = missedIn(count, end);
  if (!missed) return "The machine started no more meanwhile: none is missing.";
  const text = missedText(missed);
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** What is missing in a record; undefined: nothing. */
function missedIn(count: number, end: ProcessLine) {
  const source = end.complete === true ? "perf" : end.source === "perf" ? "perf_lower_bound" : undefined;
  // With `top`, it has no lines of the others.
  const seen = Math.max(count, typeof end.processes === "number" ? end.processes : 0);
  const forks = typeof end.machine_started === "number" ? end.machine_started : Number.NaN;
  return missedProcesses(seen, source, { forks });
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** What a column of a table has beside CPU time: what the order is by, or else memory. */
interface Amount {
  readonly ofProgram: string;
  readonly ofProcess: string;
  readonly text: (one: Pick<ProcessUsage, "residentBytes" | "ioBytes" | "waitSeconds">) => string;
}

const knownText = (value: number, unit: "bytes" | "seconds") =>
  Number.isNaN(value) ? UNKNOWN : plainQuantity(value, unit);

const RSS: Amount = {
  ofProgram: "largest RSS",
  ofProcess: "RSS",
  text: ({ residentBytes }) => knownText(residentBytes, "bytes"),
};

const AMOUNTS: Partial<Record<ProcessSort, Amount>> = {
  io: { ofProgram: "io", ofProcess: "io", text: ({ ioBytes }) => knownText(ioBytes, "bytes") },
  wait: { ofProgram: "waited", ofProcess: "waited", text: ({ waitSeconds }) => knownText(waitSeconds, "seconds") },
};

/** How it ended, where that is no success, and its arguments: a line of at most 80 columns; none is known of most. */
function detailsOf({ args, exit_status: status, exit_signal: signal }: ProcessLine): string[] {
  const parts: string[] = [];
  if (typeof signal === "number") parts.push(`[signal ${signal}]`);
  if (typeof status === "number" && status !== 0) parts.push(`[status ${status}]`);
  if (Array.isArray(args) && args.length > 1) parts.push(safeLine(wordsOf(args)));
  const text = parts.join(" ");
  if (text === "") return [];
  return [`    ${text.length > DETAIL_COLUMNS ? `${text.slice(0, DETAIL_COLUMNS - 1)}…` : text}`];
}

const DETAIL_COLUMNS = 76;

function wordsOf(args: readonly unknown[]): string {
  return args.map((word) => shellQuoted(String(word))).join(" ");
}

type Share = (seconds: number) => string;

/** `mark` follows a number of processes that is a lower bound. */
function programCells(program: ProgramUsage, share: Share, amount: Amount, mark: string): string[] {
  const { name, processes, cpuUnknown, cpuSeconds, seconds } = program;
  const isUnknown = cpuUnknown === processes;
  const cpu = isUnknown ? UNKNOWN : plainQuantity(cpuSeconds, "seconds");
  return [name, processes.toLocaleString("en-US") + mark, cpu, isUnknown ? UNKNOWN : share(cpuSeconds)].concat([
    amount.text(program),
    Number.isNaN(seconds) ? UNKNOWN : durationText(seconds),
  ]);
}

function processCells(process: ProcessUsage, share: Share, began: number, amount: Amount): string[] {
  const { name, line, cpuSeconds, seconds, startSeconds } = process;
  const known = (value: number, text: string) => (Number.isNaN(value) ? UNKNOWN : text);
  return [
    ...[name, String(line.pid ?? UNKNOWN), known(cpuSeconds, plainQuantity(cpuSeconds, "seconds"))],
    ...[known(cpuSeconds, share(cpuSeconds)), amount.text(process)],
    ...[known(seconds, durationText(seconds)), known(startSeconds, `+${durationText(startSeconds - began)}`)],
  ];
}

function laidOut([name = "", ...cells]: readonly string[]): string {
  const isTight = cells.length > WIDTHS.length - 1;
  // The kernel's names have at most 15 bytes.
  const first = safeLine(name).padEnd(isTight ? 16 : WIDTHS[0]);
  const widths = isTight ? [9, 11, 7, 12, 11, 11] : WIDTHS.slice(1);
  return (first + cells.map((cell, i) => cell.padStart(widths[i]!)).join("")).trimEnd();
}

/** Grows with every change that a reader of the version before would not understand. A new key is no such change. */
const JSON_VERSION = 1;

function json({ programs, processes, count, cpuSeconds, end }: RecordUsage, top: number | undefined): string {
  const orNull = (value: number) => (Number.isNaN(value) ? null : value);
  const { type: _, ...known } = end ?? { type: "end" };
  const missed = end && missedIn(count, end);
  const value = {
    ...{ version: JSON_VERSION, ...known, processes: count, has_end: end !== undefined, told_cpu_seconds: cpuSeconds },
    missed_most: end && !missed ? 0 : (missed?.most ?? null),
    programs: programs.slice(0, top).map((one) => ({
      ...{ name: one.name, processes: one.processes, cpu_seconds: one.cpuSeconds, cpu_unknown: one.cpuUnknown },
      ...{ largest_resident_bytes: orNull(one.residentBytes), lived_seconds: orNull(one.seconds) },
      ...{ io_bytes: orNull(one.ioBytes), run_delay_seconds: orNull(one.waitSeconds) },
    })),
    top: processes.map(({ line }) => line),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const CSV_COLUMNS = [
  ...["pid", "parent", "name", "start", "end", "cpu_seconds", "resident_bytes", "execs", "threads", "source"],
  ...["exit_status", "exit_signal", "io_read_bytes", "io_write_bytes", "run_delay_seconds", "args"],
] as const;

/** RFC 4180, but for its line ends: a line for each process; what is not known is empty. */
function csv({ processes }: RecordUsage): string {
  const rows = processes.map(({ line }) => CSV_COLUMNS.map((column) => csvCell(textOf(line[column]))).join(","));
  return `${[CSV_COLUMNS.join(","), ...rows].join("\n")}\n`;
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? wordsOf(value) : String(value ?? "");
}
