import { safeLine, safePaintedText, safeText } from "../safe-text.ts";
import { SystemError, writeAll } from "./files.ts";

/*
 * Everything that is printed is written here, so that nothing is printed that a terminal obeys. Writes are synchronous: the
 * runtime's own streams would make a pipe non-blocking that the command and other processes share.
 */

const FILES = { 1: "/dev/stdout", 2: "/dev/stderr" } as const;

type Output = keyof typeof FILES;

/** Prints text of one or several lines. Throws SystemError. */
export function print(output: Output, text: string): void {
  writeText(output, safeText(text));
}

/** Prints text with the colours that `painted` gave it. Throws SystemError. */
export function printPainted(output: Output, text: string): void {
  writeText(output, safePaintedText(text));
}

/** Prints rows in place of those that were printed last, `above` of them, as on a screen. Throws SystemError. */
export function repaint(output: Output, rows: readonly string[], above: number): void {
  const back = above > 0 ? `\u001b[${above}A\r\u001b[J` : "";
  writeText(output, `${back}${safePaintedText(rows.join("\n"))}\n`);
}

/** Prints a message as one line on stderr. */
export function warn(message: string): void {
  unlessClosed(() => writeText(2, `statexec: ${safeLine(message)}\n`));
}

/** Does what prints on stderr. A failure is ignored: there is no other place for a message. */
export function unlessClosed(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

function writeText(output: Output, text: string): void {
  writeAll(output, new TextEncoder().encode(text), FILES[output]);
}
