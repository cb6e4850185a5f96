/** Room that `writeNumber` may need: `String` gives at most 25 characters, as in `-0.0000012345678901234567`. */
export const NUMBER_BYTES = 25;

/** Room that `writeStamp` may need: a sign, 13 digits of seconds, point, milliseconds, space and line feed. */
export const STAMP_BYTES = 24;

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

/**
 * Writes a value so that reading it gives the same double, and returns the offset behind it. Whole numbers come out
 * as `String` has them; a negative zero is `-0.0`, since readers that tell integers from floats lose the sign of `-0`.
 * NaN is not a value to write.
 */
export function writeNumber(into: Uint8Array, start: number, value: number): number {
  const magnitude = Math.abs(value);
  const thousandths = Math.round(magnitude * 1000);
  // Both sides of the division are exact doubles, so it gives the double nearest to that decimal: what a reader gets.
  if (thousandths > Number.MAX_SAFE_INTEGER || thousandths / 1000 !== magnitude) return writeOther(into, start, value);
  if (magnitude === 0) return Object.is(value, -0) ? writeText(into, start, "-0.0") : writeWhole(into, start, 0);
  let at = start;
  if (value < 0) into[at++] = MINUS;
  const whole = Math.floor(magnitude);
  at = writeWhole(into, at, whole);
  const rest = thousandths - whole * 1000;
  return rest === 0 ? at : writeDecimals(into, at, rest);
}

/** The same as a text. */
export function numberText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

/** Writes ` 1700000000.123` and a line feed, the end of a sample's line, and returns the offset behind it. */
export function writeStamp(into: Uint8Array, start: number, atMs: number): number {
  let at = start;
  into[at++] = SPACE;
  if (atMs < 0) into[at++] = MINUS;
  const ms = Math.abs(Math.round(atMs));
  const seconds = Math.floor(ms / 1000);
  at = writeWhole(into, at, seconds);
  into[at] = POINT;
  writeFixed(into, at + 1, ms - seconds * 1000, 3);
  into[at + 4] = LINE_FEED;
  return at + 5;
}

/** Whole numbers past a safe integer's thousandth, long decimals, exponents and the infinities. */
function writeOther(into: Uint8Array, at: number, value: number): number {
  if (Number.isSafeInteger(value)) {
    if (value < 0) into[at] = MINUS;
    return writeWhole(into, value < 0 ? at + 1 : at, Math.abs(value));
  }
  if (value === Number.POSITIVE_INFINITY) return writeText(into, at, "+Inf");
  if (value === Number.NEGATIVE_INFINITY) return writeText(into, at, "-Inf");
  return writeText(into, at, String(value));
}

/** A whole number from 0 to the largest safe integer. Halves keep the arithmetic on digits within 32 bits. */
function writeWhole(into: Uint8Array, at: number, value: number): number {
  if (value < 1e9) {
    const width = widthOf(value);
    writeFixed(into, at, value, width);
    return at + width;
  }
  const high = Math.floor(value / 1e9);
  const width = widthOf(high);
  writeFixed(into, at, high, width);
  writeFixed(into, at + width, value - high * 1e9, 9);
  return at + width + 9;
}

/** Exactly `width` digits, zeros in front. */
function writeFixed(into: Uint8Array, at: number, value: number, width: number): void {
  let left = value | 0;
  for (let digit = at + width - 1; digit >= at; digit--) {
    const tenth = (left / 10) | 0;
    into[digit] = ZERO + (left - tenth * 10);
    left = tenth;
  }
}

/** Thousandths, 1 to 999, behind a point and without zeros at the end. */
function writeDecimals(into: Uint8Array, at: number, thousandths: number): number {
  into[at] = POINT;
  writeFixed(into, at + 1, thousandths, 3);
  if (thousandths % 100 === 0) return at + 2;
  return thousandths % 10 === 0 ? at + 3 : at + 4;
}

function writeText(into: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
  return at + text.length;
}

function widthOf(value: number): number {
  let width = 1;
  for (let bound = 10; value >= bound; bound *= 10) width++;
  return width;
}
