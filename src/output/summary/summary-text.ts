import { painted, safeLine } from "../../safe-text.ts";
import type { SummaryLine } from "./summary-lines.ts";

/** What a terminal can show. */
export interface TextStyle {
  /** The number of columns. */
  readonly width: number;
  readonly colour: boolean;
}

const LABEL_WIDTH = 9;

/** The column after the label at which a chart begins, if there is room. */
const CHART_COLUMN = 56;
/** The least number of columns to the left of a chart. */
const LEAST_BESIDES = 28;

/** Returns a summary as text. Parts that do not fit on a line are on the next, below the first part. */
export function summaryText(lines: readonly SummaryLine[], { width, colour }: TextStyle): string {
  const paint = (code: number, text: string) => (colour && text !== "" ? painted(code, text) : text);
  const room = Math.max(16, width - 1 - LABEL_WIDTH);
  const all: string[] = [];
  for (const { label, parts, chart = "", tone } of lines) {
    const column = Math.min(CHART_COLUMN, room - Bun.stringWidth(chart));
    const drawn = chart !== "" && column >= LEAST_BESIDES;
    const [first = "", ...rest] = wrapped(parts.map(safeLine), room, drawn ? column - 2 : room);
    const gap = drawn ? " ".repeat(Math.max(2, column - Bun.stringWidth(first))) : "";
    const said = tone === "bad" ? paint(31, first) : first;
    all.push(paint(2, label.padEnd(LABEL_WIDTH)) + said + gap + (drawn ? paint(36, chart) : ""));
    for (const row of rest) all.push(" ".repeat(LABEL_WIDTH) + row);
  }
  return `${all.join("\n")}\n`;
}

/** Joins parts by commas, as many on a line as fit. A part that is longer than a line is broken at its spaces. */
function wrapped(parts: readonly string[], room: number, firstRoom: number): string[] {
  const rows: string[] = [];
  for (const part of parts) {
    const last = rows.at(-1);
    const here = rows.length <= 1 ? firstRoom : room;
    const joined = last === undefined ? part : `${last}, ${part}`;
    if (last !== undefined && Bun.stringWidth(joined) <= here) rows[rows.length - 1] = joined;
    else rows.push(...broken(part, rows.length === 0 ? firstRoom : room));
  }
  return rows;
}

function broken(part: string, room: number): string[] {
  const rows: string[] = [];
  for (const word of part.split(" ")) {
    const last = rows.at(-1);
    if (last !== undefined && Bun.stringWidth(`${last} ${word}`) <= room) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
  return rows;
}
