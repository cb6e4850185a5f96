/** The most bytes that `writeNumber` writes: `String` gives at most 25 characters, as in `-0.0000012345678901234567`. */
export const NUMBER_BYTES = 25;

/** The most bytes that `writeStamp` writes: space, sign, 13 digits of seconds, point, milliseconds and line feed. */
export const STAMP_BYTES = 24;

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

/**
 * Writes a value other than NaN so that it is read back as the same double. Returns the offset after it. Whole numbers are
 * written as by `String`; a negative zero is `-0.0`, since readers that distinguish integers and floats lose the sign of
 * `-0`.
 */
export function writeNumber(into: Uint8Array, start: number, value: number): number {
  const magnitude = Math.abs(value);
  const thousandths = Math.round(magnitude * 1000);
  // The quotient of two exact doubles is the double nearest to the decimal, and so the one that a reader gets.
  if (thousandths > Number.MAX_SAFE_INTEGER || thousandths / 1000 !== magnitude) return writeOther(into, start, value);
  if (magnitude === 0) return Object.is(value, -0) ? writeText(into, start, "-0.0") : writeWhole(into, start, 0);
  let at = start;
  if (value < 0) into[at++] = MINUS;
  const whole = Math.floor(magnitude);
  at = writeWhole(into, at, whole);
  const rest = thousandths - whole * 1000;
  return rest === 0 ? at : writeDecimals(into, at, rest);
}

/** The same as a string. */
export function numberText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

/** Writes ` 1700000000.123` and a line feed, the end of a sample's line. Returns the offset after it. */
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

/** Writes whole numbers above a thousandth of the largest safe integer, long decimals, exponents and infinities. */
function writeOther(into: Uint8Array, at: number, value: number): number {
  if (Number.isSafeInteger(value)) {
    if (value < 0) into[at] = MINUS;
    return writeWhole(into, value < 0 ? at + 1 : at, Math.abs(value));
  }
  if (value === Number.POSITIVE_INFINITY) return writeText(into, at, "+Inf");
  if (value === Number.NEGATIVE_INFINITY) return writeText(into, at, "-Inf");
  return writeText(into, at, String(value));
}

/** Writes a whole number from 0 to the largest safe integer, in two parts so that digits are split in 32-bit arithmetic. */
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

/** Writes exactly `width` digits, with leading zeros. */
function writeFixed(into: Uint8Array, at: number, value: number, width: number): void {
  let left = value | 0;
  for (let digit = at + width - 1; digit >= at; digit--) {
    const tenth = (left / 10) | 0;
    into[digit] = ZERO + (left - tenth * 10);
    left = tenth;
  }
}

/** Writes a point and thousandths, 1 to 999, without trailing zeros. */
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
