import type { ProcessLine } from "../load/process-lines.ts";
import { type ProcessNumbers, type TraceEvent, trackNames } from "./trace-tracks.ts";

/** Keys of a line that a slice has elsewhere. All others become arguments of the slice, those of later versions, too. */
const PLACED: ReadonlySet<string> = new Set(["type", "pid", "name", "start", "end"]);

/** Processes stand below the tracks of the run. */
const FIRST_PLACE = 100;

/** Where the slices of processes are on the trace's axis. */
interface ProcessAxis {
  /** Returns microseconds since the start of the trace. */
  readonly microseconds: (atMs: number) => number;
  /** The end of the run: that of a process whose end is not known. */
  readonly untilMs: number;
}

/**
 * Returns the events of a process: a track with its name, and on it a slice from its start to its end, with all else that
 * the record says as arguments. None for a process whose start is not known, since it has no place in time.
 */
export function processEvents(line: ProcessLine, numbers: ProcessNumbers, axis: ProcessAxis): TraceEvent[] {
  const { pid, name, start, end } = line;
  if (typeof start !== "number") return [];
  const number = numbers.of(typeof pid === "number" ? pid : 0);
  const ts = axis.microseconds(start * 1000);
  const dur = Math.max(0, axis.microseconds(typeof end === "number" ? end * 1000 : axis.untilMs) - ts);
  const title = typeof name === "string" ? name : "?";
  return [
    ...trackNames(number, title, FIRST_PLACE + Math.floor(ts / 1000)),
    { ph: "X", cat: "process", name: title, pid: number, tid: number, ts, dur, args: argumentsOf(line, number) },
  ];
}

function argumentsOf(line: ProcessLine, number: number): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  // Where its track has another number, or the run's end stands for its own.
  if (line.pid !== number) args.pid = line.pid;
  if (typeof line.end !== "number") args.end = "not known";
  for (const [key, value] of Object.entries(line)) {
    if (PLACED.has(key) || value === null) continue;
    if (key === "names" && Array.isArray(value) && value.length < 2) continue;
    args[key] = value;
  }
  return args;
}
