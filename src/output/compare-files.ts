import type { CompareRequest } from "../cli/mode-requests.ts";
import { OutputError } from "../errors.ts";
import { loadFigures } from "../load/load-recordings.ts";
import { type Groups, intervalOf } from "../recording/change-interval.ts";
import { type Comparison, type ComparisonUnit, commandsOf, compareRuns } from "../recording/comparison.ts";
import type { RunFigures } from "../recording/run-figures.ts";
import type { Verdict } from "../recording/set-verdicts.ts";
import { TURN_TEST, turnsOf } from "../recording/turn-test.ts";
import { painted, safeLine } from "../safe-text.ts";

interface CompareAnswer {
  readonly table: string;
  /** What could not be read in the files, a line each. */
  readonly warnings: readonly string[];
  readonly isWorse: boolean;
}

/** Compares the runs of files. Throws OutputError where a file holds no run, or where the commands differ. */
export async function compareFiles(request: CompareRequest, colour: boolean): Promise<CompareAnswer> {
  const warnings: string[] = [];
  const given = { base: await figuresIn(request.base, warnings), next: await figuresIn(request.next, warnings) };
  const turns = turnsOf(given.base, given.next);
  const { base, next } = turns ?? given;
  const commands = commandsOf([...base, ...next]);
  if (commands.length > 1 && !request.anyCommand)
    throw new OutputError(
      `these are runs of different commands: ${commands.map((command) => JSON.stringify(command)).join(", ")}; --any-command compares them all the same`,
    );
  const comparisons = compareRuns(base, next, request.noise, turns && TURN_TEST);
  if (comparisons.length === 0) throw new OutputError("nothing to compare: the files have no figures of a command");
  const inTurns = turns !== undefined;
  const notes = [...intervalNotes(comparisons, { base, next, inTurns }), ...machineNotes(base, next)];
  if (inTurns) notes.push("the runs took turns: each is compared with its neighbour in time");
  const table = comparisonTable(comparisons, { baseRuns: base.length, nextRuns: next.length, notes, colour });
  return { table, warnings, isWorse: comparisons.some(({ verdict }: Comparison) => verdict === "worse") };
}

async function figuresIn(paths: readonly string[], warnings: string[]): Promise<RunFigures[]> {
  const all: RunFigures[] = [];
  for (const path of paths) {
    const { runs, problems, isLive } = await loadFigures(path);
    warnings.push(...problems);
    if (isLive) warnings.push(`${path}: its run is still going; the comparison uses what it has so far`);
    all.push(...runs);
  }
  return all;
}

/** Returns how far each change between several runs is known. */
function intervalNotes(all: readonly Comparison[], groups: Groups<RunFigures>): string[] {
  const changed = all.filter(({ verdict }) => verdict === "worse" || verdict === "better");
  return changed.flatMap((one) => {
    const interval = intervalOf(one, groups);
    if (!interval) return [];
    const [lowest, highest] = [interval.lowest, interval.highest].map((ratio) => changeText(1, ratio, one.unit));
    return [`${one.what}: the change is between ${lowest} and ${highest}, with 95 % confidence`];
  });
}

/** Returns what tells the machines of both sides apart, which need not change a figure. */
function machineNotes(base: readonly RunFigures[], next: readonly RunFigures[]): string[] {
  return (["host", "kernel"] as const).flatMap((fact) => {
    const [old, now] = [base, next].map((runs) =>
      [...new Set(runs.map((run) => run[fact] ?? ""))].sort().join(" and "),
    );
    return old === now || old === "" || now === "" ? [] : [`the ${fact} was ${old} for the base, ${now} now`];
  });
}

interface TableStyle {
  /** The number of runs of a side; of several, the table shows the median. */
  readonly baseRuns: number;
  readonly nextRuns: number;
  /** What else is said of the runs, a line each. */
  readonly notes: readonly string[];
  readonly colour: boolean;
}

/** Widths of the columns: what, base, new, change. The last column is as wide as its text; the whole is within 80. */
const WIDTHS = [26, 14, 14, 10] as const;

const VERDICTS: readonly Verdict[] = ["worse", "better", "same", "not comparable"];

/** Red and green; what shows no change is faint. */
const COLOURS: Readonly<Record<Verdict, number>> = { worse: 31, better: 32, same: 2, "not comparable": 2 };

/** Returns a comparison for a terminal or a log: a row for each figure, then reasons, then a line that counts verdicts. */
export function comparisonTable(all: readonly Comparison[], { baseRuns, nextRuns, notes, colour }: TableStyle): string {
  const paint = (verdict: Verdict, text: string) => (colour ? painted(COLOURS[verdict], text) : text);
  const header = laidOut("", sideName("base", baseRuns), sideName("new", nextRuns), "change");
  const rows = all.map(({ what, unit, base, next, verdict }) => {
    const cells = laidOut(safeLine(what), valueText(base, unit), valueText(next, unit), changeText(base, next, unit));
    return `${cells}  ${paint(verdict, verdict)}`;
  });
  const reasons = all.flatMap(({ what, reason }) => (reason === undefined ? [] : [safeLine(`${what}: ${reason}`)]));
  const counts = VERDICTS.map((verdict) => [verdict, all.filter((one) => one.verdict === verdict).length] as const);
  const summary = counts.flatMap(([verdict, count]) => (count === 0 ? [] : [paint(verdict, `${count} ${verdict}`)]));
  const said = [...reasons, ...notes.map(safeLine)];
  const below = said.length === 0 ? [] : ["", ...said];
  return `${[header, ...rows, ...below, "", summary.join(", ")].join("\n")}\n`;
}

function sideName(name: string, runs: number): string {
  return runs === 1 ? name : `${name}, ${runs} runs`;
}

function laidOut(...cells: readonly [what: string, base: string, next: string, change: string]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]!))).join("");
}

function valueText(value: number | undefined, unit: ComparisonUnit): string {
  if (value === undefined) return "–";
  if (unit === "bytes") return bytesText(value);
  if (unit === "seconds") return secondsText(value);
  return String(value);
}

/** Below a second in milliseconds, so that short runs can be compared. */
function secondsText(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (Math.abs(seconds) < 1) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  return `${seconds < 100 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** Returns the change in percent of the base. A change from 0 has no percentage. */
function changeText(base: number | undefined, next: number | undefined, unit: ComparisonUnit): string {
  if (base === undefined || next === undefined || unit === "status") return "";
  if (base === next) return "0 %";
  if (base === 0) return next > 0 ? "+∞" : "–∞";
  const percent = ((next - base) / Math.abs(base)) * 100;
  const text = Math.abs(percent) >= 1000 ? percent.toFixed(0) : percent.toFixed(1);
  return `${percent > 0 ? "+" : ""}${text} %`;
}
