import { USER_HZ } from "../../proc/units.ts";
import {
  LargestProcesses,
  type ListedProcess,
  NOT_LISTED,
  type SampleSink,
  type TreeFigures,
} from "../processes/largest-processes.ts";
import type { PerfRecord } from "./perf-records.ts";
import { type ProgramUse, ProgramUses } from "./program-uses.ts";

/** More names of one process are left out. */
const MOST_NAMES = 16;

/** A record may get into its ring by so much later than its time. */
const MARGIN_NS = 1e6;

const NS_PER_SECOND = 1e9;

const decoder = new TextDecoder();

/** A process of the command, until it has ended. Times are in nanoseconds by CLOCK_MONOTONIC; NaN: not known. */
export interface LoggedProcess extends ListedProcess {
  readonly pid: number;
  readonly parent: number;
  /** Ticks from boot to its start, by the first sample that saw it; NaN: none has. */
  startTicks: number;
  /** Each once after the other, the last one last. */
  readonly names: string[];
  readonly startNs: number;
  endNs: number;
  /** Programs that it executed. */
  execs: number;
  cpuNs: number;
  /** So many records told of that: each thread has as many as there are CPUs. */
  times: number;
  /** More may be its own than records told. */
  lacksTime: boolean;
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
  /** The last reading of the tree that saw it alive. */
  seenIn: number;
}

/** How a process ended: by an exit with a status, or by a signal. */
export type ProcessExit = { readonly status: number } | { readonly signal: number };

/** What a reading of the process tree knows of a process. */
export interface SampledProcess {
  pid: number;
  parent: number;
  /** Ticks from boot to its start: with the pid, what it is identified by. */
  startTicks: number;
  name: string;
  /** Its parent has not waited for it yet. */
  ended: boolean;
  cpuSeconds: number;
  /** So much of it since the last sample, in microseconds. */
  newMicros: number;
  threads: number;
  residentBytes: number;
  /** As of the last time that its files were read; NaN: they were not. */
  readBytes: number;
  writtenBytes: number;
  runDelaySeconds: number;
}

/** What a log asks others for; what is left out is not wanted. */
export interface LogParts {
  /** Nanoseconds by CLOCK_MONOTONIC, and by how much CLOCK_BOOTTIME is ahead of it. */
  readonly now: () => number;
  readonly bootAheadNs: () => number;
  /** Reads the arguments of a process that lives; undefined: they cannot be read. */
  readonly argumentsOf?: ((pid: number) => readonly string[] | undefined) | undefined;
  /** Reads how a process ended that has so many threads; undefined: it cannot be read. */
  readonly exitOf?: (pid: number, threads: number) => ProcessExit | undefined;
  /** The end of a thread has so many records of its CPU time. */
  readonly timesOfThread: number;
  /** Takes the largest processes of each sample. */
  readonly samples: SampleSink;
}

/**
 * The life of every process, by records of perf events, or else as far as samples see it. A process is told when it has
 * ended, and nothing more can come of it.
 */
export class ProcessLog {
  private readonly living = new Map<number, LoggedProcess>();
  private readonly ended = new ProgramUses();
  /** The last one that was told without all of its CPU time, and how many these were. */
  private lacking: LoggedProcess | undefined;
  private lackingCount = 0;
  /** They ended by the records of the last reading: those of other rings may tell more of them. */
  private ending: LoggedProcess[] = [];
  private records: PerfRecord[] = [];
  private untilNs = Number.POSITIVE_INFINITY;
  private readonly largest: LargestProcesses<LoggedProcess>;
  /** The number of the last reading of the tree, whether it is a sample, and when it began. */
  private reading = 0;
  private isSample = false;
  private readingNs = 0;
  private bootAheadNs: number;

  /** `root`: the command, started by `self`. `told` gets each process that has ended. */
  constructor(
    private readonly root: number,
    private readonly self: number,
    private readonly hasRecords: boolean,
    private readonly told: (process: LoggedProcess) => void,
    private readonly parts: LogParts,
  ) {
    this.bootAheadNs = parts.bootAheadNs();
    this.largest = new LargestProcesses<LoggedProcess>(parts.samples, noteAgain);
  }

  /** The rings are about to be read, one after the other: what is written meanwhile may be in some of them only. */
  opening(): void {
    this.untilNs = this.parts.now() - MARGIN_NS;
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

  /** A reading of the tree begins: `saw` gets each process of it. `isSample`: it is not one between two samples. */
  startReading(isSample: boolean): void {
    this.reading++;
    this.isSample = isSample;
    this.readingNs = this.parts.now();
    this.largest.begin();
  }

  /** Takes a process of the tree; the object may be used again for the next one. */
  saw(one: SampledProcess): void {
    const process = this.identified(one);
    if (one.ended) {
      this.readExit(one.pid);
      if (process && this.isSample && one.newMicros > 0) this.largest.add(process, one.newMicros, Number.NaN);
      return;
    }
    const known = process ?? (this.hasRecords ? undefined : this.firstSeen(one));
    if (!known) return;
    known.seenIn = this.reading;
    known.residentBytes = Math.max(known.residentBytes || 0, one.residentBytes);
    known.readBytes = most(known.readBytes, one.readBytes);
    known.writtenBytes = most(known.writtenBytes, one.writtenBytes);
    known.runDelaySeconds = most(known.runDelaySeconds, one.runDelaySeconds);
    if (!this.hasRecords) named(known, one.name);
    this.readArguments(known);
    if (this.isSample) this.largest.add(known, one.newMicros, one.residentBytes);
    if (this.hasRecords) return;
    known.cpuNs = Math.max(known.cpuNs, one.cpuSeconds * 1e9);
    known.threads = Math.max(known.threads, one.threads);
  }

  /** All were given. Without records a process that the tree lacks has ended. */
  endReading(): void {
    if (this.hasRecords) return;
    for (const process of this.living.values())
      if (process.seenIn !== this.reading) this.left(process, this.readingNs, this.ending);
    this.settle();
  }

  /** The reading was a sample, and this is what it says of the whole tree. */
  sampled(atMs: number, tree: TreeFigures): void {
    if (this.isSample) this.largest.end(atMs, tree);
  }

  /** Returns the process with its number that lives, if it is the same one: the number may have gone to another. */
  private identified(one: SampledProcess): LoggedProcess | undefined {
    const known = this.living.get(one.pid);
    if (!known || known.startTicks === one.startTicks) return known;
    if (!Number.isNaN(known.startTicks) || !this.mayBe(known, one.startTicks)) return undefined;
    known.startTicks = one.startTicks;
    return known;
  }

  /** Whether a process of the records may have started so many ticks after boot. */
  private mayBe({ pid, startNs }: LoggedProcess, startTicks: number): boolean {
    // The command's own start is that of its exec.
    if (pid === this.root) return true;
    if (isNear(startNs + this.bootAheadNs, startTicks)) return true;
    // The machine may have slept meanwhile.
    this.bootAheadNs = this.parts.bootAheadNs();
    return isNear(startNs + this.bootAheadNs, startTicks);
  }

  private firstSeen({ pid, parent, startTicks }: SampledProcess): LoggedProcess {
    const other = this.living.get(pid);
    if (other) this.left(other, this.readingNs, this.ending);
    const process = this.begun(pid, parent, this.readingNs);
    process.startTicks = startTicks;
    return process;
  }

  /** A process that lives or has just ended was waited for. */
  exited(pid: number, exit: ProcessExit): void {
    const process = this.living.get(pid) ?? latest(this.ending, pid);
    if (process) process.exit = exit;
  }

  /** Of one that has ended, while its parent has not waited for it. */
  private readExit(pid: number): void {
    const process = this.living.get(pid) ?? latest(this.ending, pid);
    if (process) process.exit ??= this.parts.exitOf?.(pid, process.threads);
  }

  /** Once for each program that it executes, which may have been a while ago. */
  private readArguments(process: LoggedProcess): void {
    const version = process.execs + process.names.length;
    if (process.argsVersion === version) return;
    process.argsVersion = version;
    process.args = this.parts.argumentsOf?.(process.pid) ?? process.args;
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
    return this.ended.with(this.living.values());
  }

  /**
   * So much CPU time is told of no process, and no record of a process was lost. Where a single one lacks some, it is its own, and
   * is returned: what it is told as from now on has it. Otherwise 0.
   */
  settleTimes(untoldNs: number): number {
    const { lacking } = this;
    if (!lacking || this.lackingCount > 1 || this.living.size > 0) return 0;
    lacking.cpuNs += untoldNs;
    lacking.lacksTime = false;
    this.ended.addTime(lacking, untoldNs);
    return untoldNs;
  }

  private tell(process: LoggedProcess): void {
    process.lacksTime = this.hasRecords && !this.isTimeTold(process);
    if (process.lacksTime) {
      this.lacking = process;
      this.lackingCount++;
    }
    this.ended.add(process);
    this.told(process);
  }

  /** None uses nothing, and the kernel tells of the end of each thread once for each CPU, unless a record was lost. */
  private isTimeTold({ cpuNs, times, threads, endNs }: LoggedProcess): boolean {
    return cpuNs > 0 && !Number.isNaN(endNs) && times >= threads * this.parts.timesOfThread;
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
    if (kind === "cpu") {
      process.cpuNs += record.amount;
      process.times++;
    } else if (kind === "exec") {
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
      times: 0,
      lacksTime: this.hasRecords,
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
      startTicks: Number.NaN,
      seenIn: 0,
      sampleId: 0,
      listedKib: NOT_LISTED,
      chosenIn: 0,
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

/** What the journal says of a process that lives lacks its number in samples. */
function noteAgain(process: LoggedProcess): void {
  process.noted = 0;
}

const NS_PER_TICK = NS_PER_SECOND / USER_HZ;

/** The kernel tells of a fork a moment after it has noted the start, which it rounds down to a tick. */
const NEAR_NS = 200e6;

function isNear(startNs: number, startTicks: number): boolean {
  return Math.abs(startNs - startTicks * NS_PER_TICK) <= NEAR_NS;
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
