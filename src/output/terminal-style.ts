import { isTerminal, terminalWidth } from "../os/process.ts";
import type { TextStyle } from "./summary/summary-text.ts";

/* What is shown where: by the terminal, and by what the user says of it. */

const USUAL_WIDTH = 80;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether a descriptor's terminal shows colours, and the user wants them: NO_COLOR and TERM say so. A terminal without a
 * TERM, as some services have, is taken to show none.
 */
export function hasColours(fd: number, { NO_COLOR, TERM }: Environment): boolean {
  return isScreen(fd, { TERM }) && !NO_COLOR;
}

/** Whether a descriptor's terminal can go back to a row above, to paint over it. */
export function isScreen(fd: number, { TERM }: Environment): boolean {
  return isTerminal(fd) && TERM !== undefined && TERM !== "dumb";
}

/** Whether the locale's character set has more than ASCII. */
function hasUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");
}

/** Returns what a descriptor's terminal can show. Where it is none, its width is that of COLUMNS, or 80. */
export function terminalStyle(fd: number, env: Environment): TextStyle & { readonly unicode: boolean } {
  const columns = terminalWidth(fd) ?? Number(env.COLUMNS);
  const width = columns > 0 ? columns : USUAL_WIDTH;
  return { colour: hasColours(fd, env), unicode: hasUnicode(env), width };
}
