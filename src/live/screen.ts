import { COMMAND, MACHINE } from "../catalog/index.ts";
import { type SummaryLine, summaryLines } from "../output/summary/summary-lines.ts";
import { summaryText, type TextStyle } from "../output/summary/summary-text.ts";
import { type BudgetResult, isWithin, type Limit, shownLimit } from "../recording/budget-results.ts";
import { RunParts } from "../recording/profile.ts";
import { durationText, plainQuantity, type Unit } from "../recording/quantities.ts";
import type { Recording } from "../recording/recording.ts";
import type { RunFigures } from "../recording/run-figures.ts";
import { reportOf } from "../recording/run-report.ts";
import { isSummed } from "../recording/summary-series.ts";
import { painted, safeLine } from "../safe-text.ts";
import { asciiRow, brailleRows, VALUES_A_CHARACTER } from "./braille.ts";
import { expectedEndParts, type UsualTime } from "./expected-end.ts";

/** What the terminal can show. */
export interface ScreenStyle extends TextStyle {
  readonly unicode: boolean;
}

const LABEL_WIDTH = 9;
/** The columns for a lane's highest value, and for that of now. */
const SCALE_WIDTH = 17;
const LEAST_CHART = 8;
const LANE_ROWS = 2;

/** A resource over the time of the run. */
interface Lane {
  readonly label: string;
  readonly values: Float64Array;
  readonly unit: Unit;
}

/**
 * Returns the rows of a picture of a run: what it is, its lanes, its expected end, what holds it back, its programs and its
 * budgets. `usualOf` says how long runs of before took.
 */
export function screenRows(
  recording: Recording,
  limits: readonly Limit[],
  style: ScreenStyle,
  usualOf: (figures: RunFigures) => UsualTime | undefined = () => undefined,
): string[] {
  const report = reportOf(recording, limits);
  const { command, isUnfinished, wallSeconds = 0 } = report.figures;
  const usual = isUnfinished ? usualOf(report.figures) : undefined;
  const end: SummaryLine[] = usual ? [{ label: "end", parts: expectedEndParts(wallSeconds, usual) }] : [];
  const columns = style.width - 1 - LABEL_WIDTH - SCALE_WIDTH;
  const parts = columns >= LEAST_CHART ? RunParts.of(recording, columns * VALUES_A_CHARACTER) : undefined;
  const said = summaryLines(report, "", style.unicode).filter(({ label }) => wantedLabels(isUnfinished).has(label));
  const budgets = report.budgets.map((budget) => budgetLine(budget, isUnfinished ?? false));
  const state = isUnfinished ? `: running for ${durationText(wallSeconds)}` : "";
  const title = cut(safeLine(command), style.width - 1 - state.length, style.unicode) + state;
  return [
    title,
    ...(parts ? lanesOf(parts, recording).flatMap((lane) => laneRows(lane, columns, style)) : []),
    ...(parts ? [axisRow(parts.seconds, columns, style)] : []),
    ...summaryText([...end, ...said, ...budgets], style)
      .trimEnd()
      .split("\n"),
  ];
}

/** The lines of the summary that are true of a run that goes on, too. */
const OF_ANY: readonly string[] = ["verdict", "time", "trouble", "programs", "phases", "samples"];

function wantedLabels(isUnfinished: true | undefined): ReadonlySet<string> {
  return new Set(isUnfinished ? OF_ANY : ["ended", ...OF_ANY]);
}

function lanesOf(parts: RunParts, { facts }: Recording): Lane[] {
  const { cores, memoryBytes } = parts.profile();
  const network = parts.rates([MACHINE.networkSent, MACHINE.networkReceived], (one) =>
    isSummed(one, facts, "summed_interface"),
  );
  const lanes: Lane[] = [
    { label: "cpu", values: cores, unit: "cores" },
    { label: "memory", values: memoryBytes, unit: "bytes" },
    { label: "disk", values: parts.rates([COMMAND.diskRead, COMMAND.diskWrite]), unit: "bytes/s" },
    // Of the whole machine: the kernel does not count a process's own.
    { label: "machine", values: network, unit: "bits/s" },
  ];
  return lanes.filter(({ values }) => values.some((value) => value > 0));
}

function laneRows({ label, values, unit }: Lane, columns: number, { colour, unicode }: ScreenStyle): string[] {
  const paint = (code: number, text: string) => (colour ? painted(code, text) : text);
  const highest = values.reduce((most, value) => Math.max(most, value || 0), 0);
  const repeat = Math.max(1, Math.floor((columns * VALUES_A_CHARACTER) / values.length));
  const wide = Float64Array.from({ length: values.length * repeat }, (_, at) => values[Math.floor(at / repeat)]!);
  const rows = unicode ? brailleRows(wide, LANE_ROWS, highest) : [asciiRow(wide, highest)];
  const last = values.findLast((value) => !Number.isNaN(value)) ?? Number.NaN;
  const most = plainQuantity(highest, unit) + (unit === "cores" ? " cores" : "");
  const notes = [most, `now ${plainQuantity(last, unit)}`];
  return rows.map((row, at) => {
    const name = (at === 0 ? label : at === 1 && label === "machine" ? "network" : "").padEnd(LABEL_WIDTH);
    const note = ` ${cut(notes[at]!, SCALE_WIDTH - 1, unicode)}`;
    return paint(2, name) + paint(36, row) + " ".repeat(Math.max(0, columns - Bun.stringWidth(row))) + paint(2, note);
  });
}

function axisRow(seconds: number, columns: number, { colour }: ScreenStyle): string {
  const [from, to] = ["0 s", durationText(seconds)];
  const axis = " ".repeat(LABEL_WIDTH) + from + to.padStart(columns - from.length);
  return colour ? painted(2, axis) : axis;
}

/** `memory<2GiB: 412 MiB so far, 1.60 GiB left`. */
function budgetLine(result: BudgetResult, isUnfinished: boolean): SummaryLine {
  const { text, measured, value } = result;
  const label = { label: "budget", isAsked: true } as const;
  if (measured === undefined) return { ...label, parts: [`${text}: not measured yet`] };
  const soFar = `${text}: ${shownLimit(result, measured)}${isUnfinished ? " so far" : ""}`;
  if (!isWithin(result, measured)) return { ...label, parts: [`${soFar}: exceeded`], tone: "bad" };
  return { ...label, parts: [soFar, `${shownLimit(result, value - measured)} left`] };
}

function cut(text: string, columns: number, unicode: boolean): string {
  if (Bun.stringWidth(text) <= columns) return text;
  const end = unicode ? "…" : "...";
  return Bun.sliceAnsi(text, 0, Math.max(0, columns - end.length)) + end;
}
