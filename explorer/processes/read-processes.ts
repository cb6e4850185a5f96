import { ParseError } from "../../src/errors.ts";
import { type ProcessLine, processFileOf, processLines } from "../../src/load/process-lines.ts";
import { ProcessSamples } from "../../src/load/process-samples.ts";
import { fileStatus, SystemError } from "../../src/os/files.ts";
import { missedProcesses, missedText } from "../../src/recording/missed-processes.ts";
import { criticalPath } from "./critical-path.ts";
import type { ProcessBar, ProcessList } from "./process-list.ts";
import { UseOfProcesses } from "./process-use.ts";

/** More bars than these are no use to a reader, and too many for a report. */
const MOST_BARS = 2000;

/** More processes are not kept while the record is read: those that used and lived least are left out. */
const MOST_KEPT = 200_000;

/** Keys that are fields of a bar, or say nothing to a reader. */
const OWN_KEYS = new Set([
  "type",
  "pid",
  "parent",
  "name",
  "start",
  "end",
  "cpu_seconds",
  "resident_bytes",
  "source",
  "id",
]);

/** A process of the record, before the choice. */
interface Read {
  readonly line: ProcessLine;
  readonly startMs: number;
  readonly endMs: number;
  readonly cpuSeconds: number;
  up: number;
  pathMs: number;
}

/**
 * Returns the processes of a metrics file; null: it has no record of them. `untilMs`: the end of the run; `mostKept`: so many
 * processes are in memory while it is read, or twice as many.
 */
export async function processListOf(
  metricsFile: string,
  untilMs: number,
  mostKept = MOST_KEPT,
): Promise<ProcessList | null> {
  const path = processFileOf(metricsFile);
  if (!fileStatus(path)) return null;
  const record = new Record(untilMs, mostKept);
  try {
    for await (const line of processLines(path)) record.add(line);
  } catch (error) {
    if (!(error instanceof ParseError || error instanceof SystemError)) throw error;
    record.problem = error.message;
  }
  return record.list();
}

class Record {
  problem: string | null = null;
  private all: Read[] = [];
  private total = 0;
  private last: ProcessLine | undefined;
  private readonly samples = new ProcessSamples();
  private readonly use: UseOfProcesses;
  /** Start and end of those with a number in samples. */
  private readonly lives = new Map<unknown, readonly [startMs: number, endMs: number]>();

  constructor(
    private readonly untilMs: number,
    private readonly mostKept: number,
  ) {
    this.use = new UseOfProcesses(untilMs, (id) => this.lives.get(id) ?? [Number.NEGATIVE_INFINITY, untilMs]);
  }

  add(line: ProcessLine): void {
    if (line.type === "end") this.last = line;
    const sample = this.samples.add(line);
    if (sample) this.use.add(sample);
    if (line.type !== "process") return;
    this.total++;
    const startMs = Number(line.start ?? Number.NaN) * 1000;
    // Without a start it has no place on the time axis.
    if (Number.isNaN(startMs)) return;
    const endMs = typeof line.end === "number" ? line.end * 1000 : this.untilMs;
    const cpuSeconds = typeof line.cpu_seconds === "number" ? line.cpu_seconds : 0;
    if (line.id !== undefined) this.lives.set(line.id, [startMs, endMs]);
    this.all.push({ line, startMs, endMs: Math.max(startMs, endMs), cpuSeconds, up: -1, pathMs: 0 });
    if (this.all.length > 2 * this.mostKept) this.cut();
  }

  private cut(): void {
    // What lived long may have the others as its children, above all the command's own process.
    const weight = ({ cpuSeconds, startMs, endMs }: Read) => Math.max(cpuSeconds, (endMs - startMs) / 10_000);
    this.all = this.all.sort((a, b) => weight(b) - weight(a)).slice(0, this.mostKept);
  }

  list(): ProcessList {
    const all = this.all.sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
    linkParents(all);
    const root = rootOf(all);
    const path = criticalPath(all, root);
    for (const { index, fromMs, toMs } of path) all[index]!.pathMs += toMs - fromMs;
    const places = chosen(all, root);
    const total = typeof this.last?.processes === "number" ? Math.max(this.last.processes, this.total) : this.total;
    const { source, complete, machine_started: started } = this.last ?? {};
    const known = complete === true ? "perf" : source === "perf" ? "perf_lower_bound" : undefined;
    const missed = missedProcesses(total, known, { forks: typeof started === "number" ? started : Number.NaN });
    const use = this.use.times();
    return {
      bars: [...places.keys()].map((index) => this.barOf(all[index]!, placeOf(all, places, all[index]!.up))),
      use,
      total,
      left: total - places.size,
      source: typeof source === "string" ? source : null,
      missed: this.last && missed ? missedText(missed) : null,
      complete: typeof complete === "boolean" ? complete : null,
      problem: this.problem ?? (this.last ? null : "the record has no end: its last lines are missing"),
      path: path.flatMap(({ index, fromMs, toMs }) => {
        const bar = places.get(index);
        return bar === undefined ? [] : [{ bar, fromMs, toMs }];
      }),
    };
  }

  private barOf({ line, startMs, pathMs }: Read, up: number): ProcessBar {
    const number = (key: string) => (typeof line[key] === "number" ? line[key] : null);
    const [end, id] = [number("end"), number("id")];
    return {
      pid: number("pid") ?? 0,
      parent: number("parent") ?? 0,
      name: typeof line.name === "string" ? line.name : "?",
      startMs: rounded(startMs),
      endMs: end === null ? null : rounded(end * 1000),
      cpuSeconds: number("cpu_seconds"),
      residentBytes: number("resident_bytes"),
      up,
      pathSeconds: rounded(pathMs) / 1000,
      use: (id !== null && this.use.of(id)) || null,
      others: othersOf(line),
    };
  }
}

/** Finds each process' parent: of those that had its number, the last one that had started by then. */
function linkParents(all: readonly Read[]): void {
  const latest = new Map<unknown, number>();
  for (const [index, one] of all.entries()) {
    const up = latest.get(one.line.parent);
    // A number is used again: a parent that had ended before is another process.
    if (up !== undefined && all[up]!.endMs >= one.startMs) one.up = up;
    latest.set(one.line.pid, index);
  }
}

/** Returns the index of the command's own process: the first one without a parent in the record. */
function rootOf(all: readonly Read[]): number {
  return all.findIndex(({ up }) => up < 0);
}

/**
 * Returns the processes that matter most, by CPU time, by what the run waited for them and by how long they lived; in order of
 * their starts, with their places among the chosen ones.
 */
function chosen(all: readonly Read[], root: number): Map<number, number> {
  const weight = (one: Read) => {
    // The command's own process is the one that all others are below.
    if (one === all[root]) return Number.POSITIVE_INFINITY;
    const { cpuSeconds, pathMs, startMs, endMs } = one;
    return Math.max(cpuSeconds, pathMs / 1000) + (endMs - startMs) / 100_000;
  };
  const indexes = Array.from(all, (_, index) => index);
  const most =
    all.length > MOST_BARS
      ? indexes
          .sort((a, b) => weight(all[b]!) - weight(all[a]!))
          .slice(0, MOST_BARS)
          .sort((a, b) => a - b)
      : indexes;
  return new Map(most.map((index, place) => [index, place]));
}

function placeOf(all: readonly Read[], places: ReadonlyMap<number, number>, from: number): number {
  let up = from;
  while (up >= 0 && !places.has(up)) up = all[up]!.up;
  return places.get(up) ?? -1;
}

/** What else a line says: numbers, texts, and lists of texts. */
function othersOf(line: ProcessLine): ProcessBar["others"] {
  const pairs = Object.entries(line).flatMap(([key, value]): [string, string | number][] => {
    if (OWN_KEYS.has(key)) return [];
    if (Array.isArray(value)) return key === "names" && value.length < 2 ? [] : [[key, value.join(" ")]];
    return typeof value === "number" || typeof value === "string" ? [[key, value]] : [];
  });
  return Object.fromEntries(pairs);
}

/** To a microsecond, which is what the record has. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
