import { ParseError } from "../errors.ts";
import { idOfText, type RememberedRun } from "./remembered-run.ts";

/*
 * The lines of an export, read again. What is stored must be what the rest of the history relies on, so that each key is
 * checked; keys that only a newer statexec knows are kept as they are.
 */

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number";
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** The first and the last millisecond that a date can be. */
const MOST_MS = 8.64e15;

const CHECKS: Readonly<Record<Exclude<keyof RememberedRun, "id">, readonly [check: Check, expected: string]>> = {
  startedMs: [
    (value) => Number.isInteger(value) && Math.abs(value as number) <= MOST_MS,
    "whole milliseconds since the epoch",
  ],
  project: [text, "text"],
  command: [text, "text"],
  exitStatus: [orNull(number), "a number or null"],
  exitSignal: [orNull(number), "a number or null"],
  file: [text, "text"],
  commit: [orNull(text), "text or null"],
  branch: [orNull(text), "text or null"],
  isDirty: [orNull((value) => typeof value === "boolean"), "true, false or null"],
  host: [text, "text"],
  machine: [text, "text"],
  cpuModel: [orNull(text), "text or null"],
  cpus: [orNull(number), "a number or null"],
  memoryBytes: [number, "a number"],
  intervalSeconds: [(value) => value === undefined || orNull(number)(value), "a number or null"],
  figures: [(value) => isRecord(value) && Object.values(value).every(isFigure), "figures with value, highest, source"],
};

/**
 * Reads the runs of an export; empty lines are none. They become runs of this project: elsewhere it lies in another folder.
 * @throws ParseError with file and line
 */
export function readImport(content: string, path: string, project: string): RememberedRun[] {
  const runs: RememberedRun[] = [];
  for (const [i, line] of content.split("\n").entries())
    if (line.trim() !== "") runs.push({ ...runOfLine(line, `${path}:${i + 1}`), project });
  return runs;
}

function runOfLine(line: string, where: string): RememberedRun {
  const run = objectOf(line, where);
  for (const [key, [check, expected]] of Object.entries(CHECKS))
    if (!check(run[key])) throw new ParseError(`${where}: ${key}`, expected, JSON.stringify(run[key]) ?? "nothing");
  const { id = idOfText(line.trim()) } = run;
  if (typeof id !== "string" || id === "") throw new ParseError(`${where}: id`, "text", JSON.stringify(id));
  return { ...run, id } as unknown as RememberedRun;
}

function objectOf(line: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!isRecord(value)) throw new ParseError(where, "a JSON object", line);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFigure(value: unknown): boolean {
  return isRecord(value) && number(value.value) && orNull(number)(value.highest) && orNull(text)(value.source);
}
