import type { Comparison, ComparisonUnit, Verdict } from "../recording/comparison.ts";

export interface TableStyle {
  /** How many runs a side has: of several, the middle value is shown. */
  readonly baseRuns: number;
  readonly nextRuns: number;
  readonly colour: boolean;
}

/** Widths of the columns: what, base, new, change. The last one is as wide as its words, and the whole within 80. */
const WIDTHS = [26, 14, 14, 10] as const;

const VERDICTS: readonly Verdict[] = ["worse", "better", "same", "not comparable"];

/** Red and green; what says nothing is faint. */
const COLOURS: Readonly<Record<Verdict, number>> = { worse: 31, better: 32, same: 2, "not comparable": 2 };

/** A comparison for a terminal or a log: a row a figure, reasons below, and a line that sums it up. */
export function comparisonTable(all: readonly Comparison[], { baseRuns, nextRuns, colour }: TableStyle): string {
  const paint = (verdict: Verdict, text: string) => (colour ? `\u001b[${COLOURS[verdict]}m${text}\u001b[0m` : text);
  const header = laidOut("", sideName("base", baseRuns), sideName("new", nextRuns), "change");
  const rows = all.map(({ what, unit, base, next, verdict }) => {
    const cells = laidOut(what, valueText(base, unit), valueText(next, unit), changeText(base, next, unit));
    return `${cells}  ${paint(verdict, verdict)}`;
  });
  const reasons = all.flatMap(({ what, reason }) => (reason === undefined ? [] : [`${what}: ${reason}`]));
  const counts = VERDICTS.map((verdict) => [verdict, all.filter((one) => one.verdict === verdict).length] as const);
  const summary = counts.flatMap(([verdict, count]) => (count === 0 ? [] : [paint(verdict, `${count} ${verdict}`)]));
  const below = reasons.length === 0 ? [] : ["", ...reasons];
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
  if (unit === "seconds") return `${value < 100 ? value.toFixed(2) : value.toFixed(1)} s`;
  return String(value);
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** A part of the base where there is one: from 0 on there are no parts. */
function changeText(base: number | undefined, next: number | undefined, unit: ComparisonUnit): string {
  if (base === undefined || next === undefined || unit === "status") return "";
  if (base === next) return "0 %";
  if (base === 0) return next > 0 ? "+∞" : "–∞";
  const percent = ((next - base) / Math.abs(base)) * 100;
  const text = Math.abs(percent) >= 1000 ? percent.toFixed(0) : percent.toFixed(1);
  return `${percent > 0 ? "+" : ""}${text} %`;
}
