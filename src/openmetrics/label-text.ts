const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };
const UNESCAPES: Readonly<Record<string, string>> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };

/** Escapes a label value or a help text. OpenMetrics 1.0 escapes both alike. */
export function escapeText(text: string): string {
  if (!text.includes('"') && !text.includes("\\") && !text.includes("\n")) return text;
  return text.replace(/[\\"\n]/g, (character) => ESCAPES[character]!);
}

/** The inverse of `escapeText`; undefined where a backslash begins none of the three escapes. */
export function unescapeText(escaped: string): string | undefined {
  if (!escaped.includes("\\")) return escaped;
  let bad = false;
  const text = escaped.replace(/\\.?/gs, (pair) => {
    const character = UNESCAPES[pair];
    bad ||= character === undefined;
    return character ?? pair;
  });
  return bad ? undefined : text;
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
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const CLOSING_BRACE = 0x7d;

/** The offset after a metric's or a label's name; `from` where no name begins. */
export function skipName(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isNameByte(bytes[at] ?? 0, at > from)) at++;
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

/** Reads `a="1",b="2"}` from the offset after the opening brace. The end is after the closing brace. */
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
