import { writable } from "../catalog/label-value.ts";

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };
const UNESCAPES: Readonly<Record<string, string>> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };

/** Escapes a label value or a help text. OpenMetrics 1.0 escapes both alike. What would end a line is replaced. */
export function escapeText(unsafe: string): string {
  return escapeWritable(writable(unsafe));
}

/** The same for a text that `isWritable`. */
export function escapeWritable(text: string): string {
  if (!text.includes('"') && !text.includes("\\") && !text.includes("\n")) return text;
  return text.replace(/[\\"\n]/g, (character) => ESCAPES[character]!);
}

/**
 * The inverse of `escapeText`. A backslash before another character is a backslash, as the specification's part on
 * escaping has it; undefined where the text ends in half an escape.
 */
export function unescapeText(escaped: string): string | undefined {
  if (!escaped.includes("\\")) return escaped;
  let isCut = false;
  const text = escaped.replace(/\\.?/gs, (pair) => {
    isCut ||= pair === "\\";
    return UNESCAPES[pair] ?? pair;
  });
  return isCut ? undefined : text;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lossyDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes UTF-8; undefined where the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Decodes any bytes, for a message or where they are known to be ASCII. */
export function quoteText(bytes: Uint8Array): string {
  return lossyDecoder.decode(bytes);
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const CLOSING_BRACE = 0x7d;

/** The offset after a label's name; `from` where no name begins. */
export function skipName(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isNameByte(bytes[at] ?? 0, at > from)) at++;
  return at;
}

/** The same for a metric's name, which may have colons. */
export function skipMetricName(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === COLON || isNameByte(bytes[at] ?? 0, at > from)) at++;
  return at;
}

function isNameByte(byte: number, inside: boolean): boolean {
  if (byte === 0x5f || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a)) return true;
  return inside && byte >= 0x30 && byte <= 0x39;
}

/** The labels of a series and the offset where they end, or what the grammar expects where something else is. */
export type LabelScan =
  | { readonly labels: ReadonlyMap<string, string>; readonly end: number }
  | { readonly expected: string };

/**
 * Reads `a="1",b="2"}` from the offset after the opening brace. The end is after the closing brace.
 * @param anyName whether a quoted name may be any text, as where the labels are left out afterwards
 */
export function readLabels(bytes: Uint8Array, from: number, anyName = false): LabelScan {
  const labels = new Map<string, string>();
  if (bytes[from] === CLOSING_BRACE) return { labels, end: from + 1 };
  let at = from;
  for (;;) {
    const key = readLabelName(bytes, at, anyName);
    if ("expected" in key) return key;
    const { name, valueStart } = key;
    if (labels.has(name)) return { expected: `the label ${name} once` };
    const valueEnd = skipQuoted(bytes, valueStart);
    if (bytes[valueEnd] !== QUOTE) return { expected: "the closing quote of a label value" };
    const raw = decodeText(bytes.subarray(valueStart, valueEnd));
    if (raw === undefined) return { expected: "UTF-8" };
    // No escape is cut: a backslash before the quote escapes it.
    labels.set(name, unescapeText(raw) ?? raw);
    at = valueEnd + 2;
    if (bytes[valueEnd + 1] === CLOSING_BRACE) return { labels, end: at };
    if (bytes[valueEnd + 1] !== COMMA) return { expected: "`,` or `}` behind a label value" };
  }
}

/** Reads `a="`, or `"a"="` as OpenMetrics 2.0 lets any name be quoted. */
function readLabelName(
  bytes: Uint8Array,
  from: number,
  anyName: boolean,
): { readonly name: string; readonly valueStart: number } | { readonly expected: string } {
  const isQuoted = bytes[from] === QUOTE;
  const nameStart = isQuoted ? from + 1 : from;
  const nameEnd = isQuoted && anyName ? skipQuoted(bytes, nameStart) : skipName(bytes, nameStart);
  if (nameEnd === nameStart) return { expected: "a label name" };
  const equalsAt = isQuoted ? nameEnd + 1 : nameEnd;
  if ((isQuoted && bytes[nameEnd] !== QUOTE) || bytes[equalsAt] !== EQUALS || bytes[equalsAt + 1] !== QUOTE)
    return { expected: '`="` behind a label name' };
  return { name: quoteText(bytes.subarray(nameStart, nameEnd)), valueStart: equalsAt + 2 };
}

/** The offset of the quote that ends a label value, or of the end of its line. */
function skipQuoted(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE && bytes[at] !== 0x0a) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, bytes.length);
}
