import type { ProcessSort } from "../catalog/choices.ts";
import { type ProcessLine, processLines } from "../load/process-lines.ts";

/** A process of a record; NaN: not known. */
export interface ProcessUsage {
  /** All that the record says of it. */
  readonly line: ProcessLine;
  readonly name: string;
  readonly startSeconds: number;
  /** From its start to its end. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** That it read and wrote by system calls, at least. */
  readonly ioBytes: number;
  /** That its threads waited for a CPU, at least. */
  readonly waitSeconds: number;
}

/** All processes of one name together. */
export interface ProgramUsage {
  readonly name: string;
  processes: number;
  /** How many of them have no known CPU time: that of the program is at least what it says. */
  cpuUnknown: number;
  startSeconds: number;
  /** The sum of their lives, as far as their ends are known; NaN: of none. */
  seconds: number;
  cpuSeconds: number;
  /** Of the largest of them; NaN: not known of any. */
  residentBytes: number;
  /** The sums of those that are known; NaN: of none. */
  ioBytes: number;
  waitSeconds: number;
}

/** What a record says of a run's processes. */
export interface RecordUsage {
  readonly programs: readonly ProgramUsage[];
  /** In the order that was asked for, as many as were asked for. */
  readonly processes: readonly ProcessUsage[];
  /** How many the record has in all. */
  readonly count: number;
  /** What that order is by. */
  readonly sort: ProcessSort;
  readonly cpuSeconds: number;
  /** Its last line; undefined: that is missing, and perhaps others. */
  readonly end: ProcessLine | undefined;
}

/** More processes are not kept: they take half a kilobyte each. */
const MOST_KEPT = 200_000;

const UNNAMED = "?";

/**
 * Reads a record of processes, `top` of them and all programs.
 * @throws SystemError; ParseError where it is no record, or damaged
 */
export async function readUsage(path: string, sort: ProcessSort, top = MOST_KEPT): Promise<RecordUsage> {
  const programs = new Map<string, ProgramUsage>();
  const most = Math.min(top, MOST_KEPT);
  let kept: ProcessUsage[] = [];
  let count = 0;
  let cpuSeconds = 0;
  let end: ProcessLine | undefined;
  for await (const line of processLines(path)) {
    if (line.type === "end") end = line;
    if (line.type !== "process") continue;
    const process = usageOf(line);
    count++;
    cpuSeconds += process.cpuSeconds || 0;
    addTo(programs, process);
    kept.push(process);
    if (kept.length >= 2 * most + 1000) kept = ordered(kept, sort).slice(0, most);
  }
  const all = ordered([...programs.values()], sort);
  return { programs: all, processes: ordered(kept, sort).slice(0, most), count, sort, cpuSeconds, end };
}

function usageOf(line: ProcessLine): ProcessUsage {
  const number = (key: string) => (typeof line[key] === "number" ? line[key] : Number.NaN);
  const startSeconds = number("start");
  return {
    ...{ line, startSeconds, name: typeof line.name === "string" ? line.name : UNNAMED },
    ...{ seconds: number("end") - startSeconds, cpuSeconds: number("cpu_seconds") },
    residentBytes: number("resident_bytes"),
    ioBytes: sumOfKnown(number("io_read_bytes"), number("io_write_bytes")),
    waitSeconds: number("run_delay_seconds"),
  };
}

function addTo(programs: Map<string, ProgramUsage>, process: ProcessUsage): void {
  const { name, startSeconds, seconds, cpuSeconds, residentBytes, ioBytes, waitSeconds } = process;
  const unknown = { seconds: Number.NaN, ioBytes: Number.NaN, waitSeconds: Number.NaN };
  const none = { ...unknown, processes: 0, cpuUnknown: 0, cpuSeconds: 0 };
  const program = programs.get(name) ?? { name, ...none, startSeconds, residentBytes };
  programs.set(name, program);
  program.processes++;
  program.seconds = sumOfKnown(program.seconds, seconds);
  program.ioBytes = sumOfKnown(program.ioBytes, ioBytes);
  program.waitSeconds = sumOfKnown(program.waitSeconds, waitSeconds);
  if (Number.isNaN(cpuSeconds)) program.cpuUnknown++;
  else program.cpuSeconds += cpuSeconds;
  program.startSeconds = Math.min(program.startSeconds, startSeconds);
  if (!(residentBytes <= program.residentBytes)) program.residentBytes = residentBytes || program.residentBytes;
}

/** NaN: neither is known. */
function sumOfKnown(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : a + b;
}

/** In their order: the most first; what is not known comes last. */
function ordered<T extends Ordered>(all: readonly T[], sort: ProcessSort): T[] {
  const key = KEYS[sort];
  return all.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    return sort === "start" ? left - right : right - left;
  });
}

type Ordered = Pick<
  ProcessUsage,
  "startSeconds" | "seconds" | "cpuSeconds" | "residentBytes" | "ioBytes" | "waitSeconds"
>;

const KEYS: Readonly<Record<ProcessSort, (one: Ordered) => number>> = {
  cpu: ({ cpuSeconds }) => cpuSeconds,
  memory: ({ residentBytes }) => residentBytes,
  io: ({ ioBytes }) => ioBytes,
  wait: ({ waitSeconds }) => waitSeconds,
  time: ({ seconds }) => seconds,
  start: ({ startSeconds }) => startSeconds,
};
