import { ParseError } from "../errors.ts";
import { openText } from "./open-text.ts";

/** Of the file that has a line for each process, beside the metrics file. */
const ENDING = ".processes.jsonl.gz";

/** Returns the path of the record of processes that belongs to a metrics file. */
export function processFileOf(metricsFile: string): string {
  return `${metricsFile.replace(/\.gz$|\.zst$/, "").replace(/\.prom$/, "")}${ENDING}`;
}

/** A line of the record, as it stands there; docs/processes.md describes its keys. */
export type ProcessLine = Readonly<Record<string, unknown>>;

const PIECE_BYTES = 1 << 18;

/** Ours are far shorter: all names of a process, and its arguments. */
const MOST_CHARACTERS = 1 << 20;

/**
 * Reads the lines of a record one after the other.
 * @throws SystemError; ParseError where a line is no JSON object, or too long, or the file is damaged
 */
export async function* processLines(path: string): AsyncGenerator<ProcessLine> {
  const reader = openText(path);
  try {
    const piece = new Uint8Array(PIECE_BYTES);
    const decoder = new TextDecoder();
    let rest = "";
    let line = 0;
    for (;;) {
      const count = await reader.read(piece);
      const lines = (rest + decoder.decode(piece.subarray(0, count), { stream: count > 0 })).split("\n");
      rest = count > 0 ? lines.pop()! : "";
      if (rest.length > MOST_CHARACTERS) throw new ParseError(`${path}:${line + 1}`, "a line of at most 1 MiB", rest);
      for (const text of lines) {
        line++;
        if (text !== "") yield parsed(text, path, line);
      }
      if (count === 0) return;
    }
  } finally {
    await reader.close();
  }
}

function parsed(text: string, path: string, line: number): ProcessLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ParseError(`${path}:${line}`, "a JSON object", text);
  return value as ProcessLine;
}
