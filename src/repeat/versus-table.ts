import { plainQuantity } from "../recording/quantities.ts";
import { safeLine } from "../safe-text.ts";
import type { MeasuredSeries, MeasuredVariant, VariantChange } from "./measured-series.ts";
import { describe, REPEATED_FIGURES, type RepeatedFigure, valuesOfRuns } from "./repeat-statistics.ts";
import { cellOf, notesOn, seriesTable, shortened, wrapLine } from "./repeat-table.ts";

/** Returns the table of a series, of 80 columns, and notes below it; empty: no run has a recording. */
export function tableOfSeries(series: MeasuredSeries): string {
  const [first, ...others] = series.variants;
  if (first && others.length === 0) return first.runs.length === 0 ? "" : seriesTable(first.variant.text, first.runs);
  return series.variants.every(({ runs }) => runs.length === 0) ? "" : versusTable(series);
}

const WIDTH = 80;
const NAME_COLUMN = 19;
const COLUMNS = [12, 10, 8, 15] as const;

/** Returns the table of several commands that took turns: a part for each figure, with a row for each command. */
function versusTable({ variants }: MeasuredSeries): string {
  const nameOfFirst = variants[0]!.variant.name;
  const head = laidOut(["", "median", "spread", "ratio", "95 % between"]);
  const parts = REPEATED_FIGURES.flatMap((figure) => partOf(figure, variants));
  const notes = notesOfAll(variants);
  const about = `Ratios are to the median of ${nameOfFirst}; a difference counts above 5 % where chance does not explain it.`;
  const below = ["", ...[about, ...notes].flatMap((note) => wrapLine(safeLine(note)))];
  return `${[...legend(variants), "", head, ...parts, ...below].join("\n")}\n`;
}

/** What the names of the commands stand for. */
function legend(variants: readonly MeasuredVariant[]): string[] {
  const counts = new Set(variants.map(({ runs }) => runs.length));
  const [count = 0] = counts;
  const title = counts.size > 1 ? "Runs in turns of" : `${runsText(count)} in turns of each of`;
  const lines = variants.map(({ variant, runs }) => {
    const own = counts.size > 1 ? `${variant.name}, ${runsText(runs.length)}` : variant.name;
    const name = shortened(own, NAME_COLUMN + 6).padEnd(NAME_COLUMN - 4);
    return `  ${name}  ${shortened(variant.text, WIDTH - name.length - 4)}`;
  });
  return [title, ...lines];
}

export function runsText(count: number): string {
  return `${count} ${count === 1 ? "run" : "runs"}`;
}

/** No part: no run has the figure, or all have none of it. */
function partOf(figure: RepeatedFigure, variants: readonly MeasuredVariant[]): string[] {
  const all = variants.flatMap(({ runs }) => valuesOfRuns(figure, runs));
  if (!all.some((value) => value > 0)) return [];
  return [figure.what, ...variants.map((one) => rowOf(figure, one))];
}

function rowOf(figure: RepeatedFigure, { variant, runs, changes }: MeasuredVariant): string {
  const name = `  ${shortened(variant.name, NAME_COLUMN - 3)}`;
  const values = valuesOfRuns(figure, runs);
  if (values.length === 0) return laidOut([name, "–"]);
  const { median, spread } = describe(values);
  const cells = [name, cellOf(figure, runs)(median), plainQuantity(spread, figure.unit)];
  const change = changes.find(({ what }) => what === figure.compared);
  return change ? `${padded([...cells, ...changeCells(change)])}  ${change.verdict}` : laidOut(cells);
}

function changeCells({ base, next, interval }: VariantChange): string[] {
  const ratio = base !== undefined && next !== undefined && base > 0 ? ratioText(next / base) : "";
  return [ratio, interval ? `${ratioText(interval.lowest)} to ${ratioText(interval.highest)}` : ""];
}

/** Two digits behind the point, or three digits of a large ratio. */
export function ratioText(ratio: number): string {
  return ratio < 9.995 ? ratio.toFixed(2) : ratio < 999.5 ? ratio.toPrecision(3) : ratio.toFixed(0);
}

/** The notes on all commands: one that several have names them together. */
export function notesOfAll(variants: readonly MeasuredVariant[]): string[] {
  const names = new Map<string, string[]>();
  for (const one of variants)
    for (const note of notesOf(one)) {
      const { name } = one.variant;
      names.set(note, [...(names.get(note) ?? []), name]);
    }
  return [...names].map(([note, those]) => `${those.join(", ")}: ${note}`);
}

/** What the runs of a command do not tell, and why something is not compared or not held for a change. */
function notesOf({ runs, changes }: MeasuredVariant): string[] {
  const shown = REPEATED_FIGURES.map(({ compared }) => compared);
  const reasons = changes.flatMap(({ what, reason }) =>
    reason === undefined || !shown.includes(what) ? [] : [`${what}: ${reason}.`],
  );
  return [...notesOn(runs), ...reasons];
}

function laidOut(cells: readonly string[]): string {
  return padded(cells).trimEnd();
}

function padded(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(NAME_COLUMN) : cell.padStart(COLUMNS[i - 1]!))).join("");
}
