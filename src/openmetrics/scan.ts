import { unescapeText } from "./escape.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lossyDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const CLOSING_BRACE = 0x7d;

/** Powers of ten that are exact as doubles, as far as a mantissa of 15 digits can need them. */
const POWERS = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));

/** Digits that any mantissa may have and still be an exact double. */
const EXACT_DIGITS = 15;

const REAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["+Inf", Number.POSITIVE_INFINITY],
  ["-Inf", Number.NEGATIVE_INFINITY],
  ["NaN", Number.NaN],
]);

/** The text of some bytes; undefined where they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The text of some bytes for a message, whatever they are. */
export function quoteText(bytes: Uint8Array): string {
  return lossyDecoder.decode(bytes);
}

/** The value between two offsets, by the grammar of OpenMetrics 1.0; undefined where there is none. */
export function readNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  let at = from;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let pointAt = -1;
  for (; at < to; at++) {
    const digit = digitAt(bytes, at);
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
    } else if (bytes[at] === POINT && pointAt < 0) pointAt = at;
    else return readLongNumber(bytes, from, to);
  }
  if (digits === 0 || digits > EXACT_DIGITS) return readLongNumber(bytes, from, to);
  // A quotient of two exact doubles is the double nearest to the decimal, as `Number` would give it.
  const magnitude = pointAt < 0 ? mantissa : mantissa / (POWERS[to - pointAt - 1] as number);
  return sign === MINUS ? -magnitude : magnitude;
}

/** Whole milliseconds of a time stamp in seconds without exponent; undefined where there is none. */
export function readStampMs(bytes: Uint8Array, from: number, to: number): number | undefined {
  const start = bytes[from] === MINUS ? from + 1 : from;
  const point = skipDigits(bytes, start, to);
  if (point === start) return undefined;
  let ms = 0;
  for (let at = start; at < point; at++) ms = ms * 10 + digitAt(bytes, at);
  if (point === to) ms *= 1000;
  else if (bytes[point] !== POINT || point + 1 === to || skipDigits(bytes, point + 1, to) !== to) return undefined;
  else {
    for (let at = point + 1; at <= point + 3; at++) ms = ms * 10 + (at < to ? digitAt(bytes, at) : 0);
    if (point + 4 < to && digitAt(bytes, point + 4) >= 5) ms++;
  }
  if (!Number.isSafeInteger(ms)) return undefined;
  return start > from ? -ms : ms;
}

/** The offset behind a metric's or a label's name; `from` where none begins. */
export function skipName(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isNameByte(bytes[at] ?? 0, at > from)) at++;
  return at;
}

/** What a series' labels are and where they end, or what was expected instead. */
export type LabelScan =
  | { readonly labels: ReadonlyMap<string, string>; readonly end: number }
  | { readonly expected: string };

/** Reads `a="1",b="2"}`; `from` is behind the opening brace, the end is behind the closing one. */
export function readLabels(bytes: Uint8Array, from: number): LabelScan {
  const labels = new Map<string, string>();
  let at = from;
  for (;;) {
    const nameEnd = skipName(bytes, at);
    if (nameEnd === at) return { expected: "a label name" };
    if (bytes[nameEnd] !== EQUALS || bytes[nameEnd + 1] !== QUOTE) return { expected: '`="` behind a label name' };
    const name = quoteText(bytes.subarray(at, nameEnd));
    if (labels.has(name)) return { expected: `the label ${name} once` };
    const valueEnd = skipQuoted(bytes, nameEnd + 2);
    if (bytes[valueEnd] !== QUOTE) return { expected: "the closing quote of a label value" };
    const raw = decodeText(bytes.subarray(nameEnd + 2, valueEnd));
    if (raw === undefined) return { expected: "UTF-8" };
    const value = unescapeText(raw);
    if (value === undefined) return { expected: '`\\\\`, `\\"` or `\\n` where a label value has a backslash' };
    labels.set(name, value);
    at = valueEnd + 2;
    if (bytes[valueEnd + 1] === CLOSING_BRACE) return { labels, end: at };
    if (bytes[valueEnd + 1] !== COMMA) return { expected: "`,` or `}` behind a label value" };
  }
}

/** The offset of the quote that ends a label value, or of the end of its line. */
function skipQuoted(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE && bytes[at] !== 0x0a) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, bytes.length);
}

/** Values with an exponent, with more digits than fit an exact mantissa, and those that are no numbers. */
function readLongNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  const text = quoteText(bytes.subarray(from, to));
  return REAL.test(text) ? Number(text) : SPECIAL.get(text);
}

function digitAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) - 0x30;
}

/** The offset of the first byte that is no digit. */
function skipDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && digitAt(bytes, at) >= 0 && digitAt(bytes, at) <= 9) at++;
  return at;
}

function isNameByte(byte: number, inside: boolean): boolean {
  if (byte === 0x5f || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a)) return true;
  return inside && byte >= 0x30 && byte <= 0x39;
}
