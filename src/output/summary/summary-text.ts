import { painted, safeLine } from "../../safe-text.ts";
import type { SummaryLine } from "./summary-lines.ts";

/** What a terminal can show. */
export interface TextStyle {
  /** The number of columns. */
  readonly width: number;
  readonly colour: boolean;
}

const LABEL_WIDTH = 9;

/** The number of rows of a summary, those that were asked for left out. */
const MOST_ROWS = 10;
/** In fewer columns a line has several rows, and none is left out for that. */
const WHOLE_WIDTH = 80;

/** The columns of a chart's scale: `23.9 GiB` and a space before it. */
const SCALE_WIDTH = 11;
/** The least number of columns to the left of a chart. */
const LEAST_BESIDES = 28;

/** The steps in which a summary that is too long is shortened: first all extra parts go, then lines by `spare`, then parts by `shorter`. */
const SHORTER: readonly ((lines: readonly SummaryLine[]) => readonly SummaryLine[])[] = [
  (lines) => lines.map(({ extra: _, ...line }) => line),
  (lines) => lines.filter(({ spare }) => spare !== 3),
  (lines) => lines.filter(({ spare }) => spare !== 2),
  (lines) => lines.filter(({ spare }) => spare !== 1),
  (lines) => lines.map((line) => ({ ...line, parts: line.shorter?.[0] ?? line.parts })),
  (lines) => lines.map((line) => ({ ...line, parts: line.shorter?.[1] ?? line.parts })),
];

/** Returns a summary as text. Parts that do not fit on a line are on the next, below the first part. */
export function summaryText(lines: readonly SummaryLine[], style: TextStyle): string {
  let kept = lines;
  for (const shortened of style.width < WHOLE_WIDTH ? [] : SHORTER) {
    const counted = kept.filter(({ isAsked }) => !isAsked);
    if (counted.reduce((sum, line) => sum + rowsOf(line, style).length, 0) <= MOST_ROWS) break;
    kept = shortened(kept);
  }
  return `${kept.flatMap((line) => rowsOf(line, style)).join("\n")}\n`;
}

/** Returns the rows of one line: its chart is at the right of the first, the chart's time below that. */
function rowsOf({ label, parts, extra = [], chart, axis, tone }: SummaryLine, { width, colour }: TextStyle): string[] {
  const paint = (code: number, text: string) => (colour && text !== "" ? painted(code, text) : text);
  const room = Math.max(16, width - 1 - LABEL_WIDTH);
  const marks = Bun.stringWidth(chart?.marks ?? "");
  const column = Math.min(MOST_BESIDES, room - marks - SCALE_WIDTH);
  const drawn = chart !== undefined && marks > 0 && column >= LEAST_BESIDES;
  const besides = drawn ? column - 2 : room;
  const [first = "", ...rest] = wrapped(
    [...parts, ...extra].map(safeLine),
    room,
    besides,
    drawn && axis !== undefined ? 2 : 1,
  );
  const pad = (text: string) => " ".repeat(Math.max(2, column - Bun.stringWidth(text)));
  const said = tone === "bad" ? paint(31, first) : first;
  const right = drawn ? `${pad(first)}${paint(36, chart.marks)} ${paint(2, chart.scale)}` : "";
  const rows = [paint(2, label.padEnd(LABEL_WIDTH)) + said + right];
  const indent = " ".repeat(LABEL_WIDTH);
  if (drawn && axis !== undefined) {
    const [from, to] = axis;
    const under = rest.shift() ?? "";
    rows.push(
      indent + under + pad(under) + paint(2, `${from}${to.padStart(Math.max(to.length + 1, marks - from.length))}`),
    );
  }
  for (const row of rest) rows.push(indent + row);
  return rows;
}

/** No chart begins further to the right: its line would be hard to follow. */
const MOST_BESIDES = 48;

/** Joins parts by commas, or sentences, as many on a row as fit; the first rows are narrower, beside a chart. */
function wrapped(parts: readonly string[], room: number, firstRoom: number, narrowRows: number): string[] {
  const rows: string[] = [];
  const roomOf = (row: number) => (row < narrowRows ? firstRoom : room);
  for (const part of parts) {
    const last = rows.at(-1);
    const joined = last === undefined ? part : `${last}${last.endsWith(".") ? "" : ","} ${part}`;
    if (last !== undefined && Bun.stringWidth(joined) <= roomOf(rows.length - 1)) rows[rows.length - 1] = joined;
    else breakInto(rows, part, roomOf);
  }
  return rows;
}

/** Adds a part to the rows, broken at its spaces where it is longer than a row. */
function breakInto(rows: string[], part: string, roomOf: (row: number) => number): void {
  const from = rows.length;
  for (const word of part.split(" ")) {
    const last = rows.length > from ? rows.at(-1) : undefined;
    if (last !== undefined && Bun.stringWidth(`${last} ${word}`) <= roomOf(rows.length - 1))
      rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
}
