const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LINE_FEED = 0x0a;

/** A mantissa of at most this many digits is always an exact double. */
const EXACT_DIGITS = 15;

/** A double needs at most this many digits to differ from all others, so no more are written. */
const MOST_DIGITS = 17;

/** A mantissa of this many digits is exact, and stays exact times 10^4, since 10^13 * 5^4 is less than 2^53. */
const HIGH_DIGITS = 13;

/** Powers of ten that are exact doubles. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Splits a double into two halves whose products are exact. */
const SPLIT = 2 ** 27 + 1;

/** Far more than the relative error of the correction in `quotient`, and less than the distance of most decimals to a midpoint. */
const DOUBT = 2 ** -40;

/** Where the number ends that was read last; -1: it is not of the plain kind. Shared, since it is set for every number. */
export const lastNumber = { end: -1 };

/**
 * Reads a decimal without an exponent as the nearest double, and sets `lastNumber.end`. The end is -1 where the number
 * must be read by other means: it is no such decimal, has more digits than doubles need, or is too close to the midpoint
 * of two doubles.
 */
export function plainDecimal(bytes: Uint8Array, from: number): number {
  const isNegative = bytes[from] === MINUS;
  const start = isNegative ? from + 1 : from;
  let at = start;
  let mantissa = 0;
  let digit = bytes[at]! - ZERO;
  while (digit >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit;
    digit = bytes[++at]! - ZERO;
  }
  const pointAt = at;
  if (bytes[at] === POINT) {
    digit = bytes[++at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
  }
  const decimals = at === pointAt ? 0 : at - pointAt - 1;
  const digits = pointAt - start + decimals;
  lastNumber.end = digits === 0 ? -1 : at;
  let magnitude = mantissa;
  if (digits > EXACT_DIGITS) magnitude = longDecimal(bytes, start, at);
  // The quotient of two exact doubles is the double nearest to the decimal.
  else if (decimals > 0) magnitude = mantissa / POWERS[decimals]!;
  return isNegative ? -magnitude : magnitude;
}

/** The same for 16 and 17 significant digits, which are the sum of two exact doubles. */
function longDecimal(bytes: Uint8Array, start: number, end: number): number {
  let digits = 0;
  let decimals = -1;
  let high = 0;
  let low = 0;
  let lowDigits = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (decimals >= 0) decimals++;
    if (bytes[at] === POINT) decimals = 0;
    else if (digits < HIGH_DIGITS) {
      high = high * 10 + digit;
      if (high > 0) digits++;
    } else {
      low = low * 10 + digit;
      lowDigits++;
    }
  }
  if (digits + lowDigits > MOST_DIGITS || decimals >= POWERS.length) return refuse();
  return quotient(high * POWERS[lowDigits]!, low, POWERS[Math.max(0, decimals)]!);
}

/** `(high + low) / divisor`, rounded once: the quotient of the doubles, plus a correction for its error. */
function quotient(high: number, low: number, divisor: number): number {
  const sum = high + low;
  const sumError = low - (sum - high);
  const rough = sum / divisor;
  const product = rough * divisor;
  const missing = sum - product - productError(rough, divisor, product) + sumError;
  const correction = missing / divisor;
  const least = rough + correction * (1 - DOUBT);
  return least === rough + correction * (1 + DOUBT) ? least : refuse();
}

/** The exact difference between the product of two doubles and its double, by Dekker's method. */
function productError(a: number, b: number, product: number): number {
  const aBig = SPLIT * a - (SPLIT * a - a);
  const bBig = SPLIT * b - (SPLIT * b - b);
  const aSmall = a - aBig;
  const bSmall = b - bBig;
  return aSmall * bSmall - (product - aBig * bBig - aSmall * bBig - aBig * bSmall);
}

function refuse(): number {
  lastNumber.end = -1;
  return Number.NaN;
}

const REAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INFINITY = /^[+-]?inf(?:inity)?$/i;
const NOT_A_NUMBER = /^[+-]?nan$/i;

const decoder = new TextDecoder("latin1");

/**
 * The number between two offsets, by the grammar of OpenMetrics, and NaN with a sign, as printf(3) writes it; undefined
 * where there is none.
 */
export function readNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  let at = from;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let pointAt = -1;
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
    } else if (bytes[at] === POINT && pointAt < 0) pointAt = at;
    else return readAnyNumber(bytes, from, to);
  }
  if (digits === 0 || digits > EXACT_DIGITS) return readAnyNumber(bytes, from, to);
  const magnitude = pointAt < 0 ? mantissa : mantissa / POWERS[to - pointAt - 1]!;
  return sign === MINUS ? -magnitude : magnitude;
}

/** Reads numbers with an exponent or with more digits than an exact mantissa, infinities and NaN. */
function readAnyNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  const text = decoder.decode(bytes.subarray(from, to));
  if (REAL.test(text)) return Number(text);
  if (INFINITY.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return NOT_A_NUMBER.test(text) ? Number.NaN : undefined;
}

/** The time stamp between two offsets, in seconds, as whole milliseconds; undefined where there is none. */
export function readStampMs(bytes: Uint8Array, from: number, to: number): number | undefined {
  const sign = bytes[from];
  const start = sign === MINUS || sign === PLUS ? from + 1 : from;
  const point = skipDigits(bytes, start, to);
  let ms = 0;
  for (let at = start; at < point; at++) ms = ms * 10 + (bytes[at]! - ZERO);
  if (point === to && point > start) ms *= 1000;
  else if (bytes[point] !== POINT || to - start < 2 || skipDigits(bytes, point + 1, to) !== to)
    return anyStampMs(decoder.decode(bytes.subarray(from, to)));
  else {
    for (let at = point + 1; at <= point + 3; at++) ms = ms * 10 + (at < to ? bytes[at]! - ZERO : 0);
    if (point + 4 < to && bytes[point + 4]! - ZERO >= 5) ms++;
  }
  if (!Number.isSafeInteger(ms)) return undefined;
  return sign === MINUS ? -ms : ms;
}

/** The most digits of a safe integer. */
const SAFE_DIGITS = 16;

/** The same with an exponent, digit by digit: the product of two doubles could be in the next millisecond. */
function anyStampMs(text: string): number | undefined {
  if (!REAL.test(text)) return undefined;
  const [mantissa = "", exponent = "0"] = text.replace(/^[+-]/, "").split(/e/i);
  const [whole = "", decimals = ""] = mantissa.split(".");
  const digits = (whole + decimals).replace(/^0+/, "");
  // The digits before the point of the number of milliseconds.
  const count = digits.length - decimals.length + Number(exponent) + 3;
  if (digits === "" || count < 0) return 0;
  if (count > SAFE_DIGITS) return undefined;
  const magnitude = Number(digits.slice(0, count).padEnd(count, "0")) + (digits.charAt(count) >= "5" ? 1 : 0);
  if (!Number.isSafeInteger(magnitude)) return undefined;
  return text.startsWith("-") ? -magnitude : magnitude;
}

/** The offset of the first byte that is no digit. */
function skipDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at]! >= ZERO && bytes[at]! <= ZERO + 9) at++;
  return at;
}

/** Reads the whole milliseconds of `1700000000.123` before a line feed, and sets `lastNumber.end` to the line feed. */
export function plainStamp(bytes: Uint8Array, from: number): number {
  let at = from;
  let seconds = 0;
  let digit = bytes[at]! - ZERO;
  while (digit >= 0 && digit <= 9) {
    seconds = seconds * 10 + digit;
    digit = bytes[++at]! - ZERO;
  }
  lastNumber.end = -1;
  // More than 11 digits are no date.
  if (at === from || at - from > 11 || bytes[at] !== POINT || bytes[at + 4] !== LINE_FEED) return Number.NaN;
  const a = bytes[at + 1]! - ZERO;
  const b = bytes[at + 2]! - ZERO;
  const c = bytes[at + 3]! - ZERO;
  if (a < 0 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) return Number.NaN;
  lastNumber.end = at + 4;
  return seconds * 1000 + a * 100 + b * 10 + c;
}
