import { findingOf } from "../recording/evidence.ts";
import { plainQuantity } from "../recording/quantities.ts";
import { safeLine } from "../safe-text.ts";
import type { MeasuredRun } from "./done-runs.ts";
import { reasonOf } from "./outlier-reasons.ts";
import {
  describe,
  REPEATED_FIGURES,
  type RepeatedFigure,
  runsMaybeHigher,
  slowRuns,
  valuesOfRuns,
} from "./repeat-statistics.ts";

const WIDTH = 80;
const NAME_COLUMN = 15;
const COLUMN = 13;

/** Returns the table of at least one run. */
export function seriesTable(command: string, runs: readonly MeasuredRun[]): string {
  const title = `${runs.length} ${runs.length === 1 ? "run" : "runs"} of `;
  const head = laidOut(["", "mean", "median", "spread", "min", "max"]);
  const rows = REPEATED_FIGURES.flatMap((figure) => row(figure, runs));
  const below = notesOn(runs).flatMap((note) => wrapLine(note));
  return `${[title + shortened(command, WIDTH - title.length), "", head, ...rows, ...(below.length > 0 ? [""] : []), ...below].join("\n")}\n`;
}

/** What the figures of some runs do not tell: which failed, what may be higher, and what took longer and why. */
export function notesOn(runs: readonly MeasuredRun[]): string[] {
  const slow = slowRuns(runs).map((one) => {
    const wall = plainQuantity(one.figures.wallSeconds!, "seconds");
    return `Run ${one.run} took longer, ${wall}: ${reasonOf(one, runs)}.`;
  });
  return [...failures(runs), ...REPEATED_FIGURES.flatMap((figure) => doubts(figure, runs)), ...slow];
}

export function shortened(command: string, most: number): string {
  const line = safeLine(command.replace(/[\s\p{Cc}]+/gu, " "));
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** No row: no run has the figure. */
function row(figure: RepeatedFigure, runs: readonly MeasuredRun[]): string[] {
  const values = valuesOfRuns(figure, runs);
  if (values.length === 0) return [];
  const { mean, median, spread, least, most } = describe(values);
  const [centre, scatter] = [cellOf(figure, runs), (value: number) => plainQuantity(value, figure.unit)];
  return [laidOut([figure.what, centre(mean), centre(median), scatter(spread), centre(least), centre(most)])];
}

/** Returns what writes a value of a figure: `≥ 12 MiB` where it is more in a run than was seen. */
export function cellOf(figure: RepeatedFigure, runs: readonly MeasuredRun[]): (value: number) => string {
  const mark = runsMaybeHigher(figure, runs).length > 0 ? "≥ " : "";
  return (value) => `${mark}${plainQuantity(value, figure.unit)}`;
}

function laidOut(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(NAME_COLUMN) : cell.padStart(COLUMN))).join("");
}

function failures(runs: readonly MeasuredRun[]): string[] {
  const failed = runs.filter(({ figures }) => figures.exitSignal !== undefined || (figures.exitStatus ?? 0) !== 0);
  return failed.length === 0 ? [] : [`${counted(failed.length, runs)} failed: ${numbers(failed)}.`];
}

/** What the values of a figure do not tell. */
function doubts(figure: RepeatedFigure, runs: readonly MeasuredRun[]): string[] {
  const { what, value, resource } = figure;
  const known = runs.filter(({ figures }) => value(figures) !== undefined);
  if (known.length === 0) return [];
  const notes: string[] = [];
  if (known.length < runs.length) notes.push(`${what}: known of ${known.length} of ${runs.length} runs only.`);
  if (resource === undefined) return notes;
  const higher = runsMaybeHigher(figure, runs);
  const [first] = higher;
  if (first)
    notes.push(
      `${what}: may be higher in ${counted(higher.length, runs)}: ${findingOf(resource, first.figures).reason}.`,
    );
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

export function wrapLine(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
