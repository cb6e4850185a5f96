import type { BranchTrend, TrendPoint } from "./trend.ts";

/* A chart of points in a terminal: dots of braille characters, two columns of four in each; in ASCII one sign a character. */

const BLANK = 0x2800;
/** The bits of a character's dots, from the top row down, in its left and its right column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** Points this far apart, in dots, are still read as one series. */
const MOST_APART = 4;

export interface PlotSize {
  readonly columns: number;
  readonly rows: number;
  readonly unicode: boolean;
}

export interface Plot {
  /** From the top down. */
  readonly rows: readonly string[];
  /** The numbers of the changes, below the first points of the new levels. */
  readonly marks: string;
}

/** The lowest and the highest value of points; those of equal ones are a little apart. */
export function scaleOf(points: readonly TrendPoint[]): readonly [least: number, most: number] {
  const values = points.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least < most ? [least, most] : [least * 0.95, least === 0 ? 1 : least * 1.05];
}

/** Draws points from left to right, on a scale from its lowest to its highest value. */
export function plotOf(
  { points, changes }: BranchTrend,
  [least, most]: readonly [number, number],
  size: PlotSize,
): Plot {
  const { columns, rows, unicode } = size;
  const [across, down] = unicode ? [2, 4] : [1, 1];
  const cells = Array.from({ length: rows }, () => new Uint8Array(columns));
  const [width, height] = [columns * across, rows * down];
  const apart = Math.max(1, Math.min(MOST_APART, Math.floor(width / points.length)));
  const placeOf = (i: number) => (points.length * apart <= width ? i * apart : Math.floor((i * width) / points.length));
  for (const [i, { value }] of points.entries()) {
    const x = placeOf(i);
    const y = Math.round(((most - value) / (most - least)) * (height - 1));
    const cell = cells[Math.floor(y / down)]!;
    cell[Math.floor(x / across)]! |= unicode ? DOTS[y % 4]![x % 2]! : 1;
  }
  const sign = (bits: number) => (bits === 0 ? " " : unicode ? String.fromCodePoint(BLANK + bits) : "*");
  const marks: string[] = Array(columns).fill(" ");
  for (const [i, { at }] of changes.entries()) {
    const text = String(i + 1);
    for (const [k, digit] of [...text].entries()) marks[Math.floor(placeOf(at) / across) + k] = digit;
  }
  return { rows: cells.map((cell) => Array.from(cell, sign).join("")), marks: marks.join("").trimEnd() };
}
