import type { PerfRecord } from "./perf-records.ts";

/** More names of one process are left out. */
const MOST_NAMES = 16;

/** A record may get into its ring by so much later than its time. */
const MARGIN_NS = 1e6;

const NS_PER_SECOND = 1e9;

const decoder = new TextDecoder();

/** A process of the command, until it has ended. Times are in nanoseconds by CLOCK_MONOTONIC; NaN: not known. */
export interface LoggedProcess {
  readonly pid: number;
  readonly parent: number;
  /** Each once after the other, the last one last. */
  readonly names: string[];
  readonly startNs: number;
  endNs: number;
  /** Programs that it executed. */
  execs: number;
  cpuNs: number;
  /** Threads that live, and that were started in all. */
  liveThreads: number;
  threads: number;
  /** The highest resident memory that a sample saw. */
  residentBytes: number;
  /** System calls read and wrote so much, and it waited so long for a CPU, until it was last looked at; NaN: not known. */
  readBytes: number;
  writtenBytes: number;
  runDelaySeconds: number;
  /** Its arguments, the program's name first, when they were last read; undefined: they were not. */
  args: readonly string[] | undefined;
  /** How many programs and names it had then; -1: they were not asked for. */
  argsVersion: number;
  /** Undefined: not known. */
  exit: ProcessExit | undefined;
  /** Programs and names that it had when it was last noted as living; 0: it was not. */
  noted: number;
}

/** What all processes of one name used, and how many there were. */
export interface ProgramUse {
  cpuSeconds: number;
  processes: number;
}

/** How a process ended: by an exit with a status, or by a signal. */
export type ProcessExit = { readonly status: number } | { readonly signal: number };

/** What a sample of the process tree knows of a process. */
export interface SampledProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Its parent has not waited for it yet. */
  readonly ended: boolean;
  readonly cpuSeconds: number;
  readonly threads: number;
  readonly residentBytes: number;
  /** As of the last time that its files were read; NaN: they were not. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly runDelaySeconds: number;
}

/**
 * The life of every process, by records of perf events, or else as far as samples see it. A process is told when it has
 * ended, and nothing more can come of it.
 */
export class ProcessLog {
  private readonly living = new Map<number, LoggedProcess>();
  /** What those that have ended used, by their last name. */
  private readonly ended = new Map<string, ProgramUse>();
  /** They ended by the records of the last reading: those of other rings may tell more of them. */
  private ending: LoggedProcess[] = [];
  private records: PerfRecord[] = [];
  private untilNs = Number.POSITIVE_INFINITY;
  private seen = new Set<LoggedProcess>();

  /** `root`: the command, started by `self`. `told` gets each process that has ended. */
  constructor(
    private readonly root: number,
    private readonly self: number,
    private readonly hasRecords: boolean,
    private readonly told: (process: LoggedProcess) => void,
    /** Nanoseconds by CLOCK_MONOTONIC. */
    private readonly now: () => number,
    /** Reads the arguments of a process that lives; undefined: they are not wanted, or cannot be read. */
    private readonly argumentsOf: (pid: number) => readonly string[] | undefined = () => undefined,
    /** Reads how a process ended that has so many threads; undefined: it cannot be read. */
    private readonly exitOf: (pid: number, threads: number) => ProcessExit | undefined = () => undefined,
  ) {}

  /** The rings are about to be read, one after the other: what is written meanwhile may be in some of them only. */
  opening(): void {
    this.untilNs = this.now() - MARGIN_NS;
  }

  /** Keeps a record until `settle`. */
  readonly take = (record: PerfRecord): void => {
    this.records.push(record);
  };

  /** Takes the records of all rings until they were opened, in the order of their times. */
  settle(): void {
    const { ending, records, untilNs } = this;
    if (records.length === 0 && ending.length === 0) return;
    this.ending = [];
    records.sort((a, b) => a.atNs - b.atNs);
    let next = 0;
    for (; next < records.length && records[next]!.atNs <= untilNs; next++) this.apply(records[next]!, ending);
    this.records = records.slice(next);
    for (const process of ending) this.tell(process);
  }

  /** Takes a sample of the tree. Without records a process that it lacks has ended. */
  sampled(processes: Iterable<SampledProcess>): void {
    const atNs = this.now();
    const seen = new Set<LoggedProcess>();
    for (const one of processes) {
      if (one.ended) {
        this.readExit(one.pid);
        continue;
      }
      const known = this.living.get(one.pid) ?? (this.hasRecords ? undefined : this.begun(one.pid, one.parent, atNs));
      if (!known) continue;
      seen.add(known);
      known.residentBytes = Math.max(known.residentBytes || 0, one.residentBytes);
      known.readBytes = most(known.readBytes, one.readBytes);
      known.writtenBytes = most(known.writtenBytes, one.writtenBytes);
      known.runDelaySeconds = most(known.runDelaySeconds, one.runDelaySeconds);
      if (!this.hasRecords) named(known, one.name);
      this.readArguments(known);
      if (this.hasRecords) continue;
      known.cpuNs = Math.max(known.cpuNs, one.cpuSeconds * 1e9);
      known.threads = Math.max(known.threads, one.threads);
    }
    if (this.hasRecords) return;
    for (const process of this.seen) if (!seen.has(process)) this.left(process, atNs, this.ending);
    this.seen = seen;
    this.settle();
  }

  /** A process that lives or has just ended was waited for. */
  exited(pid: number, exit: ProcessExit): void {
    const process = this.living.get(pid) ?? latest(this.ending, pid);
    if (process) process.exit = exit;
  }

  /** Of one that has ended, while its parent has not waited for it. */
  private readExit(pid: number): void {
    const process = this.living.get(pid) ?? latest(this.ending, pid);
    if (process) process.exit ??= this.exitOf(pid, process.threads);
  }

  /** Once for each program that it executes, which may have been a while ago. */
  private readArguments(process: LoggedProcess): void {
    const version = process.execs + process.names.length;
    if (process.argsVersion === version) return;
    process.argsVersion = version;
    process.args = this.argumentsOf(process.pid) ?? process.args;
  }

  /** Gives `note` each process that lives, once, and again when it has another program or name. */
  noteLiving(note: (process: LoggedProcess) => void): void {
    for (const process of this.living.values()) {
      const version = process.execs + process.names.length;
      if (version === process.noted) continue;
      process.noted = version;
      note(process);
    }
  }

  /** The run is over: tells those that live, too. */
  end(): void {
    this.settleAll();
    for (const process of this.living.values()) this.tell(process);
    this.living.clear();
  }

  /** The rings were read after all that counts had ended: nothing more comes of it. */
  settleAll(): void {
    this.untilNs = Number.POSITIVE_INFINITY;
    this.settle();
    this.settle();
  }

  /** What processes of each last name used, those that live with what is known; undefined: only samples tell of them. */
  programs(): ReadonlyMap<string, ProgramUse> | undefined {
    if (!this.hasRecords) return undefined;
    const all = new Map<string, ProgramUse>();
    for (const [name, { cpuSeconds, processes }] of this.ended) all.set(name, { cpuSeconds, processes });
    for (const process of this.living.values()) addUse(all, process);
    return all;
  }

  private tell(process: LoggedProcess): void {
    addUse(this.ended, process);
    this.told(process);
  }

  private apply(record: PerfRecord, ending: LoggedProcess[]): void {
    const { kind, pid, thread, atNs } = record;
    if (kind === "fork") {
      const known = this.living.get(pid);
      if (pid !== thread) {
        if (!known) return;
        known.liveThreads++;
        known.threads++;
        return;
      }
      // Its end was lost.
      if (known) this.left(known, Number.NaN, this.ending);
      this.begun(pid, record.parent, atNs, this.living.get(record.parent)?.names.at(-1));
      return;
    }
    if (kind === "exec" && pid === this.root && !this.living.has(pid)) this.begun(pid, this.self, atNs);
    const process = this.living.get(pid) ?? latest(this.ending, pid) ?? latest(ending, pid);
    // One of ours: a helper, or a thread.
    if (!process) return;
    if (kind === "cpu") process.cpuNs += record.amount;
    else if (kind === "exec") {
      process.execs++;
      // What it was forked with is its parent's name.
      if (process.execs === 1) process.names.length = 0;
      named(process, decoder.decode(record.name));
    } else if (kind === "name" && pid === thread) named(process, decoder.decode(record.name));
    else if (kind === "exit" && --process.liveThreads === 0) this.left(process, atNs, this.ending);
  }

  private begun(pid: number, parent: number, startNs: number, name?: string): LoggedProcess {
    const process: LoggedProcess = {
      pid,
      parent,
      names: name === undefined ? [] : [name],
      startNs,
      endNs: Number.NaN,
      execs: 0,
      cpuNs: 0,
      liveThreads: 1,
      threads: 1,
      residentBytes: Number.NaN,
      readBytes: Number.NaN,
      writtenBytes: Number.NaN,
      runDelaySeconds: Number.NaN,
      args: undefined,
      argsVersion: -1,
      exit: undefined,
      noted: 0,
    };
    this.living.set(pid, process);
    return process;
  }

  private left(process: LoggedProcess, atNs: number, ending: LoggedProcess[]): void {
    process.endNs = atNs;
    ending.push(process);
    if (this.living.get(process.pid) === process) this.living.delete(process.pid);
  }
}

/** More names are not kept apart. */
const MOST_PROGRAMS = 2000;

function addUse(all: Map<string, ProgramUse>, { names, cpuNs }: LoggedProcess): void {
  const name = names.at(-1) ?? "";
  let use = all.get(name);
  if (!use) {
    if (all.size >= MOST_PROGRAMS) return;
    use = { cpuSeconds: 0, processes: 0 };
    all.set(name, use);
  }
  use.cpuSeconds += cpuNs / NS_PER_SECOND;
  use.processes++;
}

/** The larger of two; NaN: both are. */
function most(a: number, b: number): number {
  return b > a || Number.isNaN(a) ? b : a;
}

function named({ names }: LoggedProcess, name: string): void {
  if (names.at(-1) !== name && names.length < MOST_NAMES) names.push(name);
}

/** The last of a list that had a pid. */
function latest(list: readonly LoggedProcess[], pid: number): LoggedProcess | undefined {
  return list.findLast((process) => process.pid === pid);
}
