import { scanned } from "./scanned.ts";

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** Digits that any mantissa may have and still be an exact double. */
const EXACT_DIGITS = 15;

/** Digits that a double needs at most to be told from all others, and so the most that are written. */
const MOST_DIGITS = 17;

/** A mantissa of so many digits is exact and stays so with four more behind it: 10^13 * 5^4 is less than 2^53. */
const HIGH_DIGITS = 13;

/** Powers of ten that are exact as doubles. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Splits a double into two halves, each of whose products are exact. */
const SPLIT = 2 ** 27 + 1;

/** More than the error of the correction below, by far; and less than what tells most decimals from a midpoint. */
const DOUBT = 2 ** -40;

/**
 * The double nearest to a decimal without exponent, at an offset; `scanned` says where it ends, or that it has to be
 * read otherwise: it is no such number, is longer than doubles need, or lies too near the middle of two.
 */
export function plainDecimal(bytes: Uint8Array, from: number): number {
  const isNegative = bytes[from] === MINUS;
  const start = isNegative ? from + 1 : from;
  let at = start;
  let mantissa = 0;
  let digit = (bytes[at] as number) - ZERO;
  while (digit >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit;
    digit = (bytes[++at] as number) - ZERO;
  }
  const pointAt = at;
  if (bytes[at] === POINT) {
    digit = (bytes[++at] as number) - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = (bytes[++at] as number) - ZERO;
    }
  }
  const decimals = at === pointAt ? 0 : at - pointAt - 1;
  const digits = pointAt - start + decimals;
  scanned.behind = digits === 0 ? -1 : at;
  let magnitude = mantissa;
  if (digits > EXACT_DIGITS) magnitude = longDecimal(bytes, start, at);
  // A quotient of two exact doubles is the double nearest to the decimal.
  else if (decimals > 0) magnitude = mantissa / (POWERS[decimals] as number);
  return isNegative ? -magnitude : magnitude;
}

/** The same for 16 and 17 digits behind any zeros, which make no exact double but a sum of two. */
function longDecimal(bytes: Uint8Array, start: number, end: number): number {
  let digits = 0;
  let decimals = -1;
  let high = 0;
  let low = 0;
  let lowDigits = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
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
  return quotient(high * (POWERS[lowDigits] as number), low, POWERS[Math.max(0, decimals)] as number);
}

/** `(high + low) / divisor`, rounded once: the quotient of the doubles, and what it lacks. */
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

/** What the product of two doubles is more than its double, exactly; by Dekker. */
function productError(a: number, b: number, product: number): number {
  const aBig = SPLIT * a - (SPLIT * a - a);
  const bBig = SPLIT * b - (SPLIT * b - b);
  const aSmall = a - aBig;
  const bSmall = b - bBig;
  return aSmall * bSmall - (product - aBig * bBig - aSmall * bBig - aBig * bSmall);
}

function refuse(): number {
  scanned.behind = -1;
  return Number.NaN;
}
