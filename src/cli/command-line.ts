/*
 * A command line is split into words as a POSIX shell does, without a shell: quotes and backslashes work, and what only a
 * shell can do is refused rather than given to the command as it is. The libraries for this either put the variables of the
 * environment in, or pass on what they do not know.
 */

/** What is wrong with a command line, for a message. */
export class SplitFault {
  constructor(readonly clause: string) {}
}

/** Outside quotes a shell does more with these than to take them as they are. */
const SHELL_ONLY = new Set("|&;<>()$`*?[");
/** At the start of a word, so are these. */
const SHELL_ONLY_AT_START = new Set("~#");
/** In double quotes, a backslash before one of these makes it plain; before others it is itself. */
const ESCAPED_IN_QUOTES = '$`"\\\n';

/** Returns the words of a command line. */
export function splitCommandLine(line: string): readonly string[] | SplitFault {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length) {
    const char = line[at]!;
    if (/[ \t\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      if (char === "\n" && words.length > 0 && /\S/.test(line.slice(at))) return needsShell("line break");
      word = undefined;
      at++;
      continue;
    }
    // The line goes on.
    if (char === "\\" && line[at + 1] === "\n") {
      at += 2;
      continue;
    }
    const part = partAt(line, at, word === undefined);
    if (part instanceof SplitFault) return part;
    word = (word ?? "") + part.text;
    at = part.end;
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) return new SplitFault("has no command");
  return /^[A-Za-z_]\w*=/.test(line.trimStart())
    ? new SplitFault(`sets a variable, which needs a shell: add --shell, or put env before it`)
    : words;
}

interface Part {
  readonly text: string;
  /** Where the next one begins. */
  readonly end: number;
}

/** Returns what a quoted text, an escaped character or a plain one adds to its word. */
function partAt(line: string, at: number, isFirst: boolean): Part | SplitFault {
  const char = line[at]!;
  if (char === "'") {
    const end = line.indexOf("'", at + 1);
    return end < 0 ? unclosed(char) : { text: line.slice(at + 1, end), end: end + 1 };
  }
  if (char === '"') return doubleQuoted(line, at + 1);
  if (char === "\\") {
    const next = line[at + 1];
    if (next === undefined) return new SplitFault("ends with a backslash");
    return { text: next, end: at + 2 };
  }
  if (SHELL_ONLY.has(char) || (isFirst && SHELL_ONLY_AT_START.has(char))) return needsShell(char);
  return { text: char, end: at + 1 };
}

function doubleQuoted(line: string, start: number): Part | SplitFault {
  let text = "";
  for (let at = start; at < line.length; at++) {
    const char = line[at]!;
    if (char === '"') return { text, end: at + 1 };
    if (char === "$" || char === "`") return needsShell(char);
    const next = line[at + 1];
    if (char !== "\\" || next === undefined || !ESCAPED_IN_QUOTES.includes(next)) {
      text += char;
      continue;
    }
    if (next !== "\n") text += next;
    at++;
  }
  return unclosed('"');
}

function unclosed(quote: string): SplitFault {
  return new SplitFault(`has a ${quote} without an end`);
}

function needsShell(char: string): SplitFault {
  return new SplitFault(`has a ${char}, which needs a shell: add --shell, or quote it`);
}
