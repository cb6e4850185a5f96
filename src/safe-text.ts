/*
 * Text of others, such as process names, file names and answers of servers, may hold what a terminal obeys: it renames the
 * window, fills the clipboard, or shows a line in another order than it has. All that is printed passes one of these.
 */

/**
 * What a terminal or a reader of lines obeys: the controls of ASCII (C0 and DEL) and of Latin-1 (C1), Unicode's line breaks,
 * its marks that change the direction of text, and lone surrogates, which stand for bytes that are not UTF-8.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/** Returns text for a part of one line: each unsafe character is its escape, as in JSON: `\u001b`. */
export function safeLine(text: string): string {
  return text.replace(UNSAFE, escapeOf);
}

/** Returns text of several lines, or with tabs: those stay. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (char) => (char === "\n" || char === "\t" ? char : escapeOf(char)));
}

/** What `painted` puts around a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
const PAINT = /(\u001b\[(?:[012]|22|3[0-79])m)/;

/** Returns a text in a colour (SGR code 2, or 30 to 37). It must be safe already. */
export function painted(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

/** Returns text of several lines in which the codes of `painted` stay. */
export function safePaintedText(text: string): string {
  return text
    .split(PAINT)
    .map((part, i) => (i % 2 === 1 ? part : safeText(part)))
    .join("");
}

/** A byte that is not UTF-8 is a lone surrogate from U+DC80 on; see `rawText`. */
const RAW_BYTES = 0xdc00;

function escapeOf(char: string): string {
  const code = char.charCodeAt(0);
  if (code > RAW_BYTES + 0x7f && code <= RAW_BYTES + 0xff) return `\\x${(code - RAW_BYTES).toString(16)}`;
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Returns a word as a POSIX shell reads it. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns a cell of a line of CSV, by RFC 4180: in quotes where it has to be. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
