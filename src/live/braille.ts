/*
 * Charts of braille characters: each holds two values side by side, in four steps a row. Where the terminal has only ASCII,
 * a chart is a row of marks.
 */

const BLANK = 0x2800;
/** The dots of the left and the right column, from the bottom up. */
const LEFT = [0x40, 0x04, 0x02, 0x01];
const RIGHT = [0x80, 0x20, 0x10, 0x08];
const STEPS = LEFT.length;

/** The values that a character holds. */
export const VALUES_A_CHARACTER = 2;

/**
 * Draws values as filled columns, from the top row to the bottom one. The highest column is as high as all rows where its
 * value is `highest`. NaN is left empty; a value above 0 has one dot at least.
 */
export function brailleRows(values: ArrayLike<number>, rows: number, highest: number): string[] {
  const characters = Math.ceil(values.length / VALUES_A_CHARACTER);
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * STEPS;
    let line = "";
    for (let at = 0; at < characters; at++) {
      const left = dots(stepsOf(values[2 * at], rows, highest) - below, LEFT);
      const right = dots(stepsOf(values[2 * at + 1], rows, highest) - below, RIGHT);
      line += String.fromCodePoint(BLANK + left + right);
    }
    return line;
  });
}

function stepsOf(value: number | undefined, rows: number, highest: number): number {
  if (value === undefined || !(value > 0) || !(highest > 0)) return 0;
  return Math.min(rows * STEPS, Math.max(1, Math.round((value / highest) * rows * STEPS)));
}

function dots(steps: number, column: readonly number[]): number {
  let sum = 0;
  for (let step = 0; step < Math.min(steps, STEPS); step++) sum += column[step]!;
  return sum;
}

const MARKS = " .:-=+*#";

/** Draws the same values as one row of ASCII, the higher of each two. */
export function asciiRow(values: ArrayLike<number>, highest: number): string {
  let line = "";
  for (let at = 0; at < values.length; at += VALUES_A_CHARACTER) {
    const [a = Number.NaN, b = Number.NaN] = [values[at], values[at + 1]];
    const value = b > a || Number.isNaN(a) ? b : a;
    const step = value > 0 && highest > 0 ? Math.max(1, Math.round((value / highest) * (MARKS.length - 1))) : 0;
    line += MARKS[Math.min(step, MARKS.length - 1)];
  }
  return line;
}
