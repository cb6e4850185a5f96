/*
 * Which characters the value of a label may have. OpenMetrics allows all of Unicode, but a file is read line by line, and
 * readers in text mode end a line at more than a line feed: Python at those of str.splitlines(). So none of these is written
 * raw, and a line feed only as an escape. There is no escape for the others.
 *
 * The user's own labels are refused if they hold one (`-l`). What the command brings along is not to be refused: arguments,
 * names of programs, texts of events. There each is replaced.
 */

/** What stands for a character that cannot be written. */
export const REPLACEMENT = "\ufffd";

/** All control characters but tab and line feed, and the two separators of Unicode. */
const UNSAFE = /(?![\t\n])[\p{Cc}\u2028\u2029]/u;
const ALL_UNSAFE = new RegExp(UNSAFE, "gu");

/** Whether every reader accepts a text as a label's value: well-formed Unicode, in one line but for line feeds. */
export function isWritable(text: string): boolean {
  return !UNSAFE.test(text) && text.isWellFormed();
}

/** Returns the text with U+FFFD in place of each character that a label cannot hold. */
export function writable(text: string): string {
  return isWritable(text) ? text : text.toWellFormed().replace(ALL_UNSAFE, REPLACEMENT);
}
