import { type BudgetResult, shownLimit } from "../../recording/budget-results.ts";
import { findingOf, PROC_IS_FOREIGN } from "../../recording/evidence.ts";
import { durationText, plainQuantity } from "../../recording/quantities.ts";
import { type CommFigures, cpusLeft, type RunFigures, UNNAMED } from "../../recording/run-figures.ts";
import type { RunReport } from "../../recording/run-report.ts";
import { samplingText } from "../../recording/sampling.ts";
import { sourceText } from "../../recording/source-words.ts";
import { secondSentence, verdictSentence } from "../../recording/verdict-sentence.ts";
import { WALL_TIME_PARTS, wholePercents } from "../../recording/wall-time.ts";
import { programParts } from "./program-parts.ts";

/** One line of a summary: its subject, and its parts, the most important first. */
export interface SummaryLine {
  readonly label: string;
  readonly parts: readonly string[];
  /** Parts that follow them, and give way first. */
  readonly extra?: readonly string[];
  /** In place of its parts where the summary would be longer than it may be, and no line is left that can go: two, the longer first. */
  readonly shorter?: readonly [readonly string[], readonly string[]];
  /** A row of marks beside the parts, where there is room, and what its highest mark stands for. */
  readonly chart?: { readonly marks: string; readonly scale: string };
  /** The time that is under the first and the last mark of this chart and of the one above it. */
  readonly axis?: readonly [from: string, to: string];
  readonly tone?: "bad";
  /** It gives way, the highest number first, where the summary would be longer than it may be. */
  readonly spare?: number;
  /** It is an answer to what was asked for: it does not count as a line of the summary. */
  readonly isAsked?: true;
}

/** The number of phases that are shown. */
const MOST_PHASES = 3;

/** Returns the lines of a summary, in order. A line without a known figure is left out. */
export function summaryLines(report: RunReport, file: string, unicode: boolean): SummaryLine[] {
  const { figures, budgets } = report;
  const lines: (SummaryLine | undefined)[] = [
    endLine(report),
    verdictLine(report),
    wallTimeLine(report),
    cpuLine(report, unicode),
    memoryLine(report, unicode),
    diskLine(report),
    networkLine(report),
    troubleLine(figures),
    programsLine(report, unicode),
    phasesLine(figures),
    samplesLine(report),
    sizingLine(report),
    ...budgets.map(budgetLine),
    { label: "file", parts: [file] },
  ];
  return lines.filter((line) => line !== undefined);
}

/** `with status 0 after 2.11 s`, `by signal 9 after 1.00 s`: what follows `ended`. */
function endLine({ figures, diagnoses }: RunReport): SummaryLine {
  const { exitStatus, exitSignal, wallSeconds } = figures;
  const status = exitStatus === undefined ? "with an unknown status" : `with status ${exitStatus}`;
  const how = exitSignal === undefined ? status : `by signal ${exitSignal}`;
  const parts = [wallSeconds === undefined ? how : `${how} after ${durationText(wallSeconds)}`];
  if (diagnoses[0]?.isKill) parts.push("killed for memory");
  return { label: "ended", parts, ...(how === "with status 0" ? {} : { tone: "bad" }) };
}

/** No run that is shorter has a verdict. */
const TOO_SHORT_SECONDS = 0.2;

function verdictLine({ diagnoses, figures: { wallSeconds = Number.NaN } }: RunReport): SummaryLine | undefined {
  const first = verdictSentence(diagnoses);
  const second = secondSentence(diagnoses);
  if (first !== undefined) return { label: "verdict", parts: [first], extra: second === undefined ? [] : [second] };
  const isShort = wallSeconds < TOO_SHORT_SECONDS;
  return isShort ? { label: "verdict", parts: ["It was too short to tell what held it back."] } : undefined;
}

const WALL_TIME_WORDS = {
  running: "running",
  cpu: "waiting for a CPU",
  disk: "for the disk",
  memory: "for memory",
  sleeping: "sleeping",
} as const;

/** `running 78 %, waiting for a CPU 12 %, for the disk 5 %, sleeping 5 %`: together 100 %. */
function wallTimeLine({ wallTime }: RunReport): SummaryLine | undefined {
  if (!wallTime) return undefined;
  const percents = wholePercents(wallTime);
  let isWaiting = false;
  const parts: string[] = [];
  for (const part of WALL_TIME_PARTS) {
    if (percents[part] === 0) continue;
    const words = WALL_TIME_WORDS[part];
    const said: string = words.startsWith("for ") && !isWaiting ? `waiting ${words}` : words;
    isWaiting ||= said.startsWith("waiting");
    const unseen = part === "sleeping" && !wallTime.areWaitsSeen ? "sleeping or waiting unseen" : said;
    parts.push(`${unseen} ${percents[part]} %`);
  }
  return { label: "time", parts };
}

/** The time by modes is of one source: that of another one may be more by so much without a word. */
const SEEN_MODES = 1.01;

function cpuLine({ figures, profile }: RunReport, unicode: boolean): SummaryLine | undefined {
  const { value: all, highest, reason, isContradicted } = findingOf("cpu", figures);
  if (all === undefined) return undefined;
  const { cpuUserSeconds = 0, cpuSystemSeconds = 0, cpuCores } = figures;
  const left = cpusLeft(figures);
  const allowed = left === undefined ? "" : ` of ${plainQuantity(left, "cores")} allowed`;
  const parts = [cpuText(all, highest)];
  if (isContradicted && reason !== undefined) parts.push(reason);
  else if (cpuCores !== undefined) parts.push(`${plainQuantity(cpuCores, "cores")} cores${allowed}`);
  // Another source than theirs has more.
  const seen = all > SEEN_MODES * (cpuUserSeconds + cpuSystemSeconds) ? "at least " : "";
  const modes = `${seen}user ${durationText(cpuUserSeconds)}, system ${durationText(cpuSystemSeconds)}`;
  return {
    label: "cpu",
    parts,
    ...(isContradicted ? {} : { extra: [modes] }),
    ...(profile ? chartOf(possible(profile.cores, figures), "cores", unicode) : {}),
  };
}

/** A bound that is further away is of little use. */
const NEAR = 1.1;

/** `1.84 s`, where it is exact; `1.84 s to 1.93 s`, where that is known; else `at least 1.84 s`. */
function cpuText(seconds: number, highest: number): string {
  const seen = durationText(seconds);
  if (highest <= seconds) return seen;
  return highest <= NEAR * seconds ? `${seen} to ${durationText(highest)}` : `at least ${seen}`;
}

/** CPU time comes in ticks: in a short part it may seem to be more than all CPUs have. */
function possible(cores: Float64Array, { cpus = Number.POSITIVE_INFINITY }: RunFigures): Float64Array {
  return cores.map((value) => Math.min(value, cpus));
}

/** A chart has so many marks, or nearly so: fewer values are each drawn several times. */
const MARKS = 24;

/** Returns the chart of some values, with its scale; nothing where none is known. */
function chartOf(
  values: Float64Array,
  unit: "cores" | "bytes",
  unicode: boolean,
  what = "",
): Pick<SummaryLine, "chart"> {
  const highest = values.reduce((most, value) => (value <= most || Number.isNaN(value) ? most : value), Number.NaN);
  if (Number.isNaN(highest)) return {};
  const text = plainQuantity(highest, unit);
  const scale = unit === "bytes" ? text : `${text} ${text === "1" ? "core" : "cores"}`;
  const marks = [...sparkline(values, unicode)].map((mark) =>
    mark.repeat(Math.max(1, Math.floor(MARKS / values.length))),
  );
  return { chart: { marks: marks.join(""), scale: scale + what } };
}

function memoryLine({ figures, profile, startMs }: RunReport, unicode: boolean): SummaryLine | undefined {
  const { memoryPeakAtMs, memoryLargestProcessBytes, memoryPeakWithCacheBytes, wallSeconds = 0 } = figures;
  const { value, highest, source, reason, isContradicted } = findingOf("memory", figures);
  const parts: string[] = [];
  const extra: string[] = [];
  if (value !== undefined) {
    const when = memoryPeakAtMs === undefined ? "" : ` after ${durationText((memoryPeakAtMs - startMs) / 1000)}`;
    parts.push(`peak ${peakText(value, highest, figures)}${when}`);
  }
  if (source !== undefined) parts.push(sourceText(source));
  if (isContradicted && reason !== undefined) parts.push(reason);
  if (memoryLargestProcessBytes !== undefined)
    extra.push(`largest process ${plainQuantity(memoryLargestProcessBytes, "bytes")} with its files`);
  if (memoryPeakWithCacheBytes !== undefined)
    extra.push(`with cached files ${plainQuantity(memoryPeakWithCacheBytes, "bytes")}`);
  if (parts.length + extra.length === 0 && figures.isProcForeign) parts.push(`not known: ${PROC_IS_FOREIGN}`);
  if (parts.length === 0) parts.push(...extra.splice(0));
  if (parts.length === 0) return undefined;
  if (!profile) return { label: "memory", parts, extra };
  const drawn = chartOf(profile.memoryBytes, "bytes", unicode, profile.isMemoryResident ? " RSS" : "");
  const axis = drawn.chart ? { axis: ["0 s", durationText(wallSeconds)] as const } : {};
  return { label: "memory", parts, extra, ...drawn, ...axis };
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

/** What reached the disk, and what its programs read and wrote in all: from cached files, pipes and sockets, too. */
function diskLine({ figures, names }: RunReport): SummaryLine | undefined {
  const { diskReadBytes, diskWriteBytes, ioReadBytes, ioWriteBytes } = figures;
  const disk = amounts(diskReadBytes, diskWriteBytes);
  const all = amounts(ioReadBytes, ioWriteBytes);
  const parts: string[] = [];
  if (disk !== undefined) parts.push(disk);
  else if (all !== undefined) parts.push("nothing reached the disk");
  if (all !== undefined) parts.push(`with caches and pipes ${all}`);
  return parts.length === 0 ? undefined : { label: "disk", parts, extra: mostIo(names, figures), spare: 2 };
}

/** Less is not worth a word. */
const MUCH_IO_BYTES = 2 ** 20;

/** `most by dd: 8.20 GiB+ (82 %)`, of what is read and written in all: that of one program that did more than half of it. */
function mostIo(names: readonly CommFigures[], figures: RunFigures): string[] {
  const bytesOf = ({ ioReadBytes = 0, ioWriteBytes = 0 }: CommFigures) => ioReadBytes + ioWriteBytes;
  const all = names.reduce((sum, name) => sum + bytesOf(name), 0);
  const named = names.filter(({ comm }) => comm !== UNNAMED).sort((a, b) => bytesOf(b) - bytesOf(a));
  const [first] = named;
  if (!first || named.length < 2 || bytesOf(first) < MUCH_IO_BYTES || bytesOf(first) * 2 < all) return [];
  const isAll = (["read-calls", "written-calls"] as const).every((one) => findingOf(one, figures).reason === undefined);
  const share = isAll ? ` (${Math.round((100 * bytesOf(first)) / all)} %)` : "";
  return [`most by ${first.comm}: ${plainQuantity(bytesOf(first), "bytes")}+${share}`];
}

/** `read 76 KiB, wrote 21.8 MiB`; undefined: neither. */
function amounts(read: number | undefined, wrote: number | undefined): string | undefined {
  if (!read && !wrote) return undefined;
  const said = [["read", read] as const, ["wrote", wrote] as const];
  return said
    .flatMap(([what, bytes]) => (bytes === undefined ? [] : [`${what} ${plainQuantity(bytes, "bytes")}`]))
    .join(" and ");
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
  if (!machineReceivedBytes && !machineSentBytes) return undefined;
  const [received, sent] = [machineReceivedBytes, machineSentBytes].map((bytes = 0) => plainQuantity(bytes, "bytes"));
  return { label: "network", parts: [`the whole machine received ${received} and sent ${sent}`], spare: 1 };
}

function programsLine(report: RunReport, unicode: boolean): SummaryLine | undefined {
  const parts = programParts(report, unicode);
  return parts && { label: "programs", ...parts };
}

/** The longest phases: `link 12.3 s 310 MiB, compile 4.10 s 90 MiB`, as programs are shown. */
function phasesLine({ phases = [] }: RunFigures): SummaryLine | undefined {
  if (phases.length === 0) return undefined;
  const longest = phases.toSorted((a, b) => b.wall.value - a.wall.value);
  const parts = longest.slice(0, MOST_PHASES).map(({ phase, wall, memory }) => {
    const held = memory ? ` ${plainQuantity(memory.value, "bytes")}` : "";
    return `${phase} ${durationText(wall.value)}${held}`;
  });
  if (phases.length > MOST_PHASES) parts.push(`${phases.length - MOST_PHASES} more`);
  return { label: "phases", parts, isAsked: true };
}

function samplesLine({ sampling, diagnoses }: RunReport): SummaryLine | undefined {
  const isStarved = diagnoses.some(({ limitedBy }) => limitedBy === "cpu_starved");
  const text = samplingText(sampling, isStarved);
  return text === undefined ? undefined : { label: "samples", parts: [text] };
}

function sizingLine({ sizing }: RunReport): SummaryLine | undefined {
  if (!sizing) return undefined;
  const { cpuRequestCores, cpuLimitCores, memoryRequestBytes, memoryLimitBytes } = sizing;
  const size = (cores: number, bytes: number) => `${plainQuantity(cores, "cores")} cores and ${mebibytes(bytes)}`;
  const limit = `allow up to ${size(cpuLimitCores, memoryLimitBytes)}`;
  return { label: "size", parts: [`ask for ${size(cpuRequestCores, memoryRequestBytes)}`, limit], spare: 3 };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function budgetLine(result: BudgetResult): SummaryLine {
  const bad = result.verdict === "exceeded" ? ({ tone: "bad" } as const) : {};
  return { label: "budget", parts: [budgetText(result)], isAsked: true, ...bad };
}

/** `memory<512MiB exceeded: 612 MiB (as samples saw it)`; what is inconclusive with its reason, and what would tell more. */
export function budgetText(result: BudgetResult): string {
  const { text: given, verdict, measured, highest, source, reason, settledBy, basis } = result;
  const shown = (value: number) => shownLimit(result, value);
  const amounts = measured === undefined ? [] : [shown(measured)];
  const isBounded = verdict !== "exceeded" && Number.isFinite(highest) && highest !== measured;
  if (isBounded) amounts.push(`at most ${shown(highest)}`);
  const known = `${given} ${verdict}: ${amounts.join(", ") || "not measured"}${source === undefined ? "" : ` (${sourceText(source)})`}`;
  const why = reason === undefined ? (basis === undefined ? "" : `; ${basis}`) : `: ${reason}`;
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
