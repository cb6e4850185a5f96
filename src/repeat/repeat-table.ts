import { findingOf } from "../recording/evidence.ts";
import { plainQuantity } from "../recording/quantities.ts";
import { safeLine } from "../safe-text.ts";
import { type DoneRun, type MeasuredRun, measuredRuns } from "./done-runs.ts";
import { reasonOf } from "./outlier-reasons.ts";
import { describe, REPEATED_FIGURES, type RepeatedFigure, slowRuns, valuesOfRuns } from "./repeat-statistics.ts";

interface SeriesTable {
  readonly text: string;
  readonly warnings: readonly string[];
}

const WIDTH = 80;
const NAME_COLUMN = 15;
const COLUMN = 13;

/** Returns the table of the runs of a series, of 80 columns, and notes below it. */
export async function tableOfRuns(command: string, done: readonly DoneRun[]): Promise<SeriesTable> {
  const { runs, warnings } = await measuredRuns(done);
  return { text: runs.length === 0 ? "" : seriesTable(command, runs), warnings };
}

/** Returns the table of at least one run. */
export function seriesTable(command: string, runs: readonly MeasuredRun[]): string {
  const title = `${runs.length} ${runs.length === 1 ? "run" : "runs"} of `;
  const head = laidOut(["", "mean", "median", "spread", "min", "max"]);
  const rows = REPEATED_FIGURES.flatMap((figure) => row(figure, runs));
  const slow = slowRuns(runs).map((one) => {
    const wall = plainQuantity(one.figures.wallSeconds!, "seconds");
    return `Run ${one.run} took longer, ${wall}: ${reasonOf(one, runs)}.`;
  });
  const notes = [...failures(runs), ...REPEATED_FIGURES.flatMap((figure) => doubts(figure, runs)), ...slow];
  const below = notes.flatMap((note) => wrapLine(note));
  return `${[title + shortened(command, WIDTH - title.length), "", head, ...rows, ...(below.length > 0 ? [""] : []), ...below].join("\n")}\n`;
}

function shortened(command: string, most: number): string {
  const line = safeLine(command.replace(/[\s\p{Cc}]+/gu, " "));
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** No row: no run has the figure. */
function row(figure: RepeatedFigure, runs: readonly MeasuredRun[]): string[] {
  const values = valuesOfRuns(figure, runs);
  if (values.length === 0) return [];
  const { mean, median, spread, least, most } = describe(values);
  const cells = [mean, median, spread, least, most].map((value) => plainQuantity(value, figure.unit));
  return [laidOut([figure.what, ...cells])];
}

function laidOut(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(NAME_COLUMN) : cell.padStart(COLUMN))).join("");
}

function failures(runs: readonly MeasuredRun[]): string[] {
  const failed = runs.filter(({ figures }) => figures.exitSignal !== undefined || (figures.exitStatus ?? 0) !== 0);
  return failed.length === 0 ? [] : [`${counted(failed.length, runs)} failed: ${numbers(failed)}.`];
}

/** What the values of a figure do not tell. */
function doubts({ what, value, resource }: RepeatedFigure, runs: readonly MeasuredRun[]): string[] {
  const known = runs.filter(({ figures }) => value(figures) !== undefined);
  if (known.length === 0) return [];
  const notes: string[] = [];
  if (known.length < runs.length) notes.push(`${what}: known of ${known.length} of ${runs.length} runs only.`);
  if (resource === undefined) return notes;
  const findings = known.map(({ figures }) => findingOf(resource, figures));
  const higher = findings.filter((finding) => finding.highest > (finding.value ?? 0));
  const [first] = higher;
  if (first) notes.push(`${what}: may be higher in ${counted(higher.length, runs)}: ${first.reason}.`);
  return notes;
}

function counted(some: number, runs: readonly MeasuredRun[]): string {
  return `${some} of ${runs.length} ${runs.length === 1 ? "run" : "runs"}`;
}

const MOST_NUMBERS = 10;

function numbers(runs: readonly MeasuredRun[]): string {
  const shown = runs.slice(0, MOST_NUMBERS).map(({ run }) => run);
  return `${shown.join(", ")}${runs.length > MOST_NUMBERS ? " and more" : ""}`;
}

function wrapLine(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
