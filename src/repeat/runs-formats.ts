import { inlineMarkdown } from "../output/summary/summary-files.ts";
import { plainQuantity } from "../recording/quantities.ts";
import { csvCell, safeText } from "../safe-text.ts";
import type { MeasuredRun } from "./done-runs.ts";
import type { MeasuredSeries, MeasuredVariant, VariantChange } from "./measured-series.ts";
import { reasonOf } from "./outlier-reasons.ts";
import {
  describe,
  REPEATED_FIGURES,
  type RepeatedFigure,
  runsMaybeHigher,
  slowRuns,
  valuesOfRuns,
} from "./repeat-statistics.ts";
import { cellOf, notesOn } from "./repeat-table.ts";
import { typedLine } from "./variants.ts";
import { notesOfAll, ratioText, runsText } from "./versus-table.ts";

/* The table of a series for programs and pages: `--runs-json`, `--runs-csv`, `--runs-markdown`. */

/** Grows with every change that a reader of the version before would not understand. A new key is no such change. */
const JSON_VERSION = 1;

/** Returns a series for programs: exact figures, a unit in each key; what is not known is left out. */
export function seriesJson({ runsAsked, noise, variants }: MeasuredSeries): string {
  const object = {
    version: JSON_VERSION,
    runs_asked_count: runsAsked,
    noise_share: noise,
    commands: variants.map(variantObject),
  };
  // In JSON these characters stand only in strings, where their escapes mean the same.
  return `${safeText(JSON.stringify(object, null, 2))}\n`;
}

function variantObject(measured: MeasuredVariant): object {
  const { variant, runs, changes } = measured;
  return {
    name: variant.name,
    command: typedLine(variant),
    parameters: Object.fromEntries(variant.parameters),
    figures: REPEATED_FIGURES.flatMap((figure) => figureObject(figure, runs)),
    changes: changes.map(changeObject),
    slow_runs: slowRuns(runs).map((slow) => ({ run: slow.run, reason: reasonOf(slow, runs) })),
    runs: runs.map((run) => runObject(run, measured)),
  };
}

/** `wall`, `switches`. */
function keyOf({ resource }: RepeatedFigure): string {
  return resource ?? "switches";
}

function figureObject(figure: RepeatedFigure, runs: readonly MeasuredRun[]): object[] {
  const values = valuesOfRuns(figure, runs);
  if (values.length === 0) return [];
  const { mean, median, spread, least, most } = describe(values);
  const { unit } = figure;
  return [
    {
      ...{ figure: keyOf(figure), runs_count: values.length, [`mean_${unit}`]: mean, [`median_${unit}`]: median },
      [`spread_${unit}`]: Number.isNaN(spread) ? undefined : spread,
      ...{ [`lowest_${unit}`]: least, [`highest_${unit}`]: most },
      runs_maybe_higher_count: runsMaybeHigher(figure, runs).length,
    },
  ];
}

function changeObject({ what, unit, base, next, verdict, reason, interval }: VariantChange): object {
  const known = { ratio: interval?.ratio, ratio_lowest: interval?.lowest, ratio_highest: interval?.highest };
  return { what, [`base_median_${unit}`]: base, [`median_${unit}`]: next, verdict, reason, ...known };
}

function runObject(one: MeasuredRun, { done }: MeasuredVariant): object {
  const { exitStatus, exitSignal } = one.figures;
  const found = done.find(({ run }) => run === one.run)!;
  return {
    ...{ run: one.run, metrics_file: found.file, started_at: new Date(found.startedMs).toISOString() },
    ...{ exit_status: exitStatus, exit_signal: exitSignal },
    ...Object.fromEntries(REPEATED_FIGURES.map((figure) => [columnOf(figure), figure.value(one.figures)])),
    maybe_higher: namesMaybeHigher(one),
  };
}

/** `wall_seconds`. */
function columnOf(figure: RepeatedFigure): string {
  return `${keyOf(figure)}_${figure.unit}`;
}

/** The figures of a run that may be higher than its values say. */
function namesMaybeHigher(run: MeasuredRun): string[] {
  return REPEATED_FIGURES.filter((figure) => runsMaybeHigher(figure, [run]).length > 0).map(keyOf);
}

/** Returns a line for each run, below the names of the columns; what is not known is empty. */
export function seriesCsv({ variants }: MeasuredSeries): string {
  const parameters = [...(variants[0]?.variant.parameters.keys() ?? [])];
  const head = [
    ...["name", "command", ...parameters.map((name) => `parameter_${name}`), "run", "metrics_file", "started_at"],
    ...["exit_status", "exit_signal", ...REPEATED_FIGURES.map(columnOf), "maybe_higher"],
  ];
  const lines = variants.flatMap((measured) => measured.runs.map((run) => cellsOf(run, measured)));
  return [head, ...lines].map((cells) => `${cells.map((cell) => csvCell(String(cell ?? ""))).join(",")}\n`).join("");
}

function cellsOf(one: MeasuredRun, { variant, done }: MeasuredVariant): (string | number | undefined)[] {
  const { exitStatus, exitSignal } = one.figures;
  const { file, startedMs } = done.find(({ run }) => run === one.run)!;
  return [
    ...[variant.name, typedLine(variant), ...variant.parameters.values(), one.run, file],
    ...[new Date(startedMs).toISOString(), exitStatus, exitSignal],
    ...REPEATED_FIGURES.map((figure) => figure.value(one.figures)),
    namesMaybeHigher(one).join(" "),
  ];
}

/** Returns the table as a section of a page, with the notes below it. */
export function seriesMarkdown({ variants }: MeasuredSeries): string {
  const isOne = variants.length === 1;
  const counts = variants.map(({ runs }) => runs.length);
  const title = `${runsText(Math.max(...counts))} of `;
  const named = isOne ? inlineMarkdown(variants[0]!.variant.text) : `each of ${variants.length} commands`;
  const legend = isOne
    ? []
    : [...variants.map(({ variant }) => `- ${inlineMarkdown(`${variant.name}: ${variant.text}`)}`), ""];
  const names = [
    "",
    ...(isOne ? [] : ["command"]),
    "mean",
    "median",
    "spread",
    "min",
    "max",
    ...(isOne ? [] : ["ratio", ""]),
  ];
  const rows = REPEATED_FIGURES.flatMap((figure) => variants.flatMap((one) => markdownRow(figure, one, isOne)));
  const notes = isOne ? notesOn(variants[0]!.runs) : notesOfAll(variants);
  const below = notes.length === 0 ? [] : ["", ...notes.map((note) => `- ${inlineMarkdown(note)}`)];
  const table = [names, names.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${["", `### ${title}${named}`, "", ...legend, ...table, ...below].join("\n")}\n`;
}

function markdownRow(figure: RepeatedFigure, { variant, runs, changes }: MeasuredVariant, isOne: boolean): string[][] {
  const values = valuesOfRuns(figure, runs);
  if (values.length === 0) return [];
  const { mean, median, spread, least, most } = describe(values);
  const centre = cellOf(figure, runs);
  const cells = [centre(mean), centre(median), plainQuantity(spread, figure.unit), centre(least), centre(most)];
  if (isOne) return [[figure.what, ...cells]];
  const change = changes.find(({ what }) => what === figure.compared);
  return [[figure.what, inlineMarkdown(variant.name), ...cells, markdownRatio(change), change?.verdict ?? ""]];
}

function markdownRatio(change: VariantChange | undefined): string {
  if (!change?.interval) return "";
  const { ratio, lowest, highest } = change.interval;
  return `${ratioText(ratio)} (${ratioText(lowest)} to ${ratioText(highest)})`;
}
