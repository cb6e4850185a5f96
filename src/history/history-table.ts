import { BUDGET_UNITS, type BudgetedFigure } from "../catalog/choices.ts";
import { plainQuantity } from "../recording/quantities.ts";
import { safeLine } from "../safe-text.ts";
import type { RememberedRun } from "./remembered-run.ts";

const HEADER = ["started (UTC)", "commit", "branch", "end", "wall", "CPU", "peak", "command"];
/** These columns are numbers. */
const RIGHT: readonly string[] = ["wall", "CPU", "peak"];

/** Returns a line for each run, and one that explains a figure that may be higher. */
export function historyTable(runs: readonly RememberedRun[]): string {
  const rows = runs.map(rowOf);
  const widths = HEADER.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const lines = [HEADER, ...rows].map((row) =>
    row
      .map((cell, i) => (RIGHT.includes(HEADER[i]!) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  const notes = rows.some((row) => row.some((cell) => cell.startsWith("≥")))
    ? ["≥: at least so much; it may be more"]
    : [];
  const dirty = runs.some(({ isDirty }) => isDirty) ? ["+: with changes that were not committed"] : [];
  return `${[...lines, ...notes, ...dirty].join("\n")}\n`;
}

function rowOf(run: RememberedRun): string[] {
  const { commit, branch, isDirty, exitStatus, exitSignal } = run;
  const end = exitSignal === null ? (exitStatus ?? "?") : `signal ${exitSignal}`;
  return [
    new Date(run.startedMs).toISOString().slice(0, 19).replace("T", " "),
    commit === null ? "-" : `${commit.slice(0, 10)}${isDirty ? "+" : ""}`,
    safeLine(branch ?? "-"),
    String(end),
    ...(["wall", "cpu", "memory"] as const).map((name) => figureText(run, name)),
    safeLine(run.command),
  ];
}

/** A figure that may be higher is never shown as if it were exact. */
function figureText({ figures }: RememberedRun, name: BudgetedFigure): string {
  const figure = figures[name];
  if (!figure) return "-";
  const { value, highest } = figure;
  return `${highest === null || highest > value ? "≥ " : ""}${plainQuantity(value, BUDGET_UNITS[name])}`;
}
