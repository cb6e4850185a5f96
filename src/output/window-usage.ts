import { type ProcessLine, processLines } from "../load/process-lines.ts";
import { type ProcessesThen, ProcessSamples } from "../load/process-samples.ts";

/** A time of a run, in seconds from the command's start; infinite: to its end. */
export interface TimeWindow {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** What a process, or all of one name, used in a window. */
export interface WindowUse {
  readonly name: string;
  /** What the record says of it; undefined: of all of one name, or of the rest. */
  readonly line: ProcessLine | undefined;
  /** How many there are: of the rest, at one time. */
  processes: number;
  cpuSeconds: number;
  /** The most that was held at one sample; NaN: none of them has it. */
  residentBytes: number;
}

/** What the samples of a window say. */
export interface WindowUsage {
  /** The time of those samples: they begin no later than the window, and end no sooner. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly samples: number;
  /** Of the whole tree. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly programs: readonly WindowUse[];
  readonly processes: readonly WindowUse[];
  /** All that no sample lists. */
  readonly rest: WindowUse;
  readonly sort: "cpu" | "memory";
}

/** Why a record cannot say what was used in a window. */
export type NoWindow = "no samples" | { readonly lastSeconds: number };

/**
 * Reads what processes used in a time of their run, by the samples of its record.
 * @throws SystemError; ParseError where it is no record, or damaged
 */
export async function readWindow(
  path: string,
  window: TimeWindow,
  sort: WindowUsage["sort"],
): Promise<WindowUsage | NoWindow> {
  const [reader, samples] = [new WindowReader(window, sort), new ProcessSamples()];
  for await (const line of processLines(path)) {
    if (line.type === "process" && typeof line.id === "number") reader.lines.set(line.id, line);
    const sample = samples.add(line);
    if (sample) reader.add(sample);
  }
  return reader.usage();
}

class WindowReader {
  readonly lines = new Map<number, ProcessLine>();
  private readonly processes = new Map<number, WindowUse>();
  private readonly programs = new Map<string, WindowUse>();
  private readonly rest: WindowUse = used("(rest)");
  private readonly whole = used("");
  private originMs = Number.NaN;
  private fromMs = Number.NaN;
  private toMs = Number.NaN;
  private lastMs = Number.NaN;
  private samples = 0;

  constructor(
    private readonly window: TimeWindow,
    private readonly sort: WindowUsage["sort"],
  ) {}

  add(sample: ProcessesThen): void {
    if (Number.isNaN(this.originMs)) this.originMs = sample.fromMs;
    this.lastMs = sample.atMs;
    const [from, to] = [this.secondsOf(sample.fromMs), this.secondsOf(sample.atMs)];
    const { fromSeconds, toSeconds } = this.window;
    // A window has all samples that share some time with it; a moment has the first one that ends at it or after it.
    const isWanted =
      fromSeconds === toSeconds ? to >= fromSeconds && this.samples === 0 : to > fromSeconds && from < toSeconds;
    if (!isWanted) return;
    if (this.samples++ === 0) this.fromMs = sample.fromMs;
    this.toMs = sample.atMs;
    this.addUse(sample);
  }

  private addUse({ cpu, resident, rest }: ProcessesThen): void {
    const { whole } = this;
    const byName = new Map<string, number>();
    let bytes = rest.residentBytes;
    for (const [id, seconds] of cpu) {
      this.of(id).cpuSeconds += seconds;
      whole.cpuSeconds += seconds;
    }
    for (const [id, held] of resident) {
      const process = this.of(id);
      process.residentBytes = most(process.residentBytes, held);
      byName.set(process.name, (byName.get(process.name) ?? 0) + held);
      bytes += held;
    }
    for (const [name, held] of byName) {
      const program = this.program(name);
      program.residentBytes = most(program.residentBytes, held);
    }
    this.rest.cpuSeconds += rest.cpuSeconds;
    this.rest.processes = Math.max(this.rest.processes, rest.processes);
    this.rest.residentBytes = most(this.rest.residentBytes, rest.residentBytes);
    whole.cpuSeconds += rest.cpuSeconds;
    whole.residentBytes = most(whole.residentBytes, bytes);
  }

  usage(): WindowUsage | NoWindow {
    if (Number.isNaN(this.lastMs)) return "no samples";
    if (this.samples === 0) return { lastSeconds: this.secondsOf(this.lastMs) };
    for (const { name, cpuSeconds } of this.processes.values()) {
      const program = this.program(name);
      program.processes++;
      program.cpuSeconds += cpuSeconds;
    }
    const { rest, whole, sort, samples } = this;
    const [fromSeconds, toSeconds] = [this.secondsOf(this.fromMs), this.secondsOf(this.toMs)];
    const [programs, processes] = [this.ordered(this.programs), this.ordered(this.processes)];
    const { cpuSeconds, residentBytes } = whole;
    return { fromSeconds, toSeconds, samples, cpuSeconds, residentBytes, programs, processes, rest, sort };
  }

  private ordered(all: ReadonlyMap<unknown, WindowUse>): WindowUse[] {
    const byCpu = (a: WindowUse, b: WindowUse) => b.cpuSeconds - a.cpuSeconds;
    const byMemory = (a: WindowUse, b: WindowUse) => (b.residentBytes || 0) - (a.residentBytes || 0);
    const [first, second] = this.sort === "cpu" ? [byCpu, byMemory] : [byMemory, byCpu];
    return [...all.values()].sort((a, b) => first(a, b) || second(a, b));
  }

  private secondsOf(atMs: number): number {
    return (atMs - this.originMs) / 1000;
  }

  private of(id: number): WindowUse {
    const known = this.processes.get(id);
    if (known) return known;
    const line = this.lines.get(id);
    const made = used(typeof line?.name === "string" ? line.name : "?", line);
    this.processes.set(id, made);
    return made;
  }

  private program(name: string): WindowUse {
    const known = this.programs.get(name);
    if (known) return known;
    const made = used(name);
    this.programs.set(name, made);
    return made;
  }
}

function used(name: string, line?: ProcessLine): WindowUse {
  return { name, line, processes: 0, cpuSeconds: 0, residentBytes: Number.NaN };
}

/** The larger of two; NaN: not known. */
function most(a: number, b: number): number {
  return b > a || Number.isNaN(a) ? b : a;
}
