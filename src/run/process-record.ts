import { type ProcessChoice, TOP_PROCESSES } from "../catalog/choices.ts";
import { type LoggedProcess, type ProcessExit, ProcessLog } from "../collect/perf/process-log.ts";
import type { TaskClock } from "../collect/perf/task-clock.ts";
import type { ProcessLines, UnsavedSamples } from "../journal/journal-records.ts";
import type { UnsavedProcesses } from "../journal/journal-writer.ts";
import { sampleLines } from "../journal/process-sample-lines.ts";
import { SampleStore } from "../journal/sample-store.ts";
import { bootAheadNs, monotonicNs } from "../os/perf-events.ts";
import type { RecordedPeak } from "../recording/oom.ts";
import type { Ending } from "./child.ts";
import { processArguments } from "./process-arguments.ts";
import { zombieExit } from "./zombie-exit.ts";

/** So many processes of whose CPU time a record is missing are kept for the end. */
const MOST_LACKING = 64;

/** Lines are compressed in pieces of this length. */
const PIECE_CHARACTERS = 1 << 18;

const NS_PER_SECOND = 1e9;

/** The record of the command's processes, in JSON lines, compressed in memory until it is written. */
export class ProcessRecord implements UnsavedProcesses {
  readonly log: ProcessLog;
  private readonly samples = new SampleStore(true);
  private readonly startedMs = Date.now();
  /** Added to a time by CLOCK_MONOTONIC, it is one by the wall clock. */
  private readonly shiftNs = this.startedMs * 1e6 - monotonicNs();
  /** Of the file's axis and the wall clock. */
  private axisNs = 0;
  private readonly pieces: Uint8Array[] = [];
  /** CPU time that records tell of processes of which others were lost. */
  private partlyToldNs = 0;
  private text = "";
  /** Lines that the journal does not have yet, and the first of them in pieces. */
  private unsaved = "";
  private unsavedPieces: ProcessLines[] = [];
  private kept: LoggedProcess[] = [];
  private processes = 0;

  /** The command's own, which waits for its exit status. */
  private rootProcess: LoggedProcess | undefined;
  /** Processes of whose CPU time a record is missing. */
  private readonly lacking: LoggedProcess[] = [];

  /**
   * `root` was just started. Without the kernel's clock of tasks there is only what samples see. `hasArguments`: whether those of
   * each process are recorded.
   */
  constructor(
    private readonly choice: ProcessChoice,
    private readonly root: number,
    private readonly taskClock: TaskClock | undefined,
    hasArguments: boolean,
  ) {
    const { pid } = process;
    this.log = new ProcessLog(root, pid, taskClock !== undefined, this.told, {
      now: monotonicNs,
      bootAheadNs,
      argumentsOf: hasArguments ? processArguments : undefined,
      exitOf: zombieExit,
      timesOfThread: taskClock?.timesOfThread ?? 0,
      samples: this.samples,
    });
    taskClock?.logTo(this.log);
  }

  /** The file's axis differs from the wall clock by so many milliseconds. */
  moveAxis(ms: number): void {
    this.axisNs = ms * 1e6;
    this.samples.startMs = Math.floor(this.startedMs + ms);
  }

  /** Takes how the command ended once that is known. Who started it hears of a failure. */
  waitFor(pid: number, ended: Promise<Ending>): void {
    const take = (ending: Ending) => {
      if (ending.kind === "exited") this.exited(pid, { status: ending.code });
      else if (ending.kind === "signaled") this.exited(pid, { signal: ending.signal });
    };
    ended.then(take, () => undefined);
  }

  /** A child of ours was waited for: the command, or an orphan. */
  exited(pid: number, exit: ProcessExit): void {
    this.log.exited(pid, exit);
    if (this.rootProcess?.pid === pid) this.rootProcess.exit = exit;
  }

  /** Returns what the journal lacks: those that have ended, and those that live, without their end. */
  takeUnsaved(): readonly ProcessLines[] {
    this.log.noteLiving(this.note);
    this.packUnsaved();
    const pieces = this.unsavedPieces;
    if (pieces.length > 0) this.unsavedPieces = [];
    return pieces;
  }

  /** Returns the samples that the journal lacks. */
  takeUnsavedSamples(): readonly UnsavedSamples[] {
    return this.samples.takeUnsaved();
  }

  /**
   * Ends the record. Returns its text piece by piece, for a file. `machineStarted`: processes and threads that the machine
   * started meanwhile; undefined: not known. `memoryPeak`: likewise.
   */
  *lines(machineStarted: number | undefined, memoryPeak: RecordedPeak | undefined): Generator<Uint8Array> {
    this.log.end();
    if (this.rootProcess) this.keepTold(this.rootProcess, this.lineOf(this.rootProcess));
    for (const process of this.lacking) this.keepTold(process, this.lineOf(process));
    const top = this.choice === "top" ? this.cut(TOP_PROCESSES) : [];
    for (const process of top) this.write(this.lineOf(process));
    for (const piece of this.pieces) yield Bun.zstdDecompressSync(piece as Uint8Array<ArrayBuffer>);
    yield new TextEncoder().encode(this.text);
    const kept = new Set(top.map(({ sampleId }) => sampleId));
    yield* sampleLines(this.samples.samples(), this.choice === "top" ? (id) => kept.has(id) : undefined);
    const last = {
      type: "end",
      source: this.source,
      processes: this.processes,
      complete: this.taskClock?.hasAllRecords ?? false,
      lost_records: known(this.taskClock?.lost),
      cpu_seconds: known(this.taskClock?.seconds),
      cpu_untold_seconds: known((this.taskClock?.untoldSeconds ?? Number.NaN) + this.partlyToldNs / NS_PER_SECOND),
      machine_started: machineStarted ?? null,
      memory_peak: memoryPeak,
      samples_taken: this.samples.taken,
    };
    yield new TextEncoder().encode(`${JSON.stringify(last)}\n`);
  }

  private get source(): string {
    return this.taskClock ? "perf" : "samples";
  }

  private readonly told = (process: LoggedProcess): void => {
    this.processes++;
    const line = this.lineOf(process);
    this.save(line);
    // Its end may be told before the kernel lets us wait for it.
    if (process.pid === this.root && !this.rootProcess) this.rootProcess = process;
    // The end may settle whose the rest of the CPU time is.
    else if (process.lacksTime && this.lacking.length < MOST_LACKING) this.lacking.push(process);
    else this.keepTold(process, line);
  };

  private keepTold(process: LoggedProcess, line: string): void {
    if (process.lacksTime) this.partlyToldNs += process.cpuNs;
    this.keep(process, line);
  }

  private keep(process: LoggedProcess, line: string): void {
    if (this.choice === "all") {
      this.write(line);
      return;
    }
    this.kept.push(process);
    if (this.kept.length > 2 * TOP_PROCESSES) this.kept = this.cut(TOP_PROCESSES);
  }

  private cut(count: number): LoggedProcess[] {
    return this.kept.sort((a, b) => b.cpuNs - a.cpuNs).slice(0, count);
  }

  private readonly note = (process: LoggedProcess): void => this.save(this.lineOf(process));

  private save(line: string): void {
    this.unsaved += line;
    if (this.unsaved.length >= PIECE_CHARACTERS) this.packUnsaved();
  }

  /** Quickly, since it is done while the command runs, and read only where this process is killed. */
  private packUnsaved(): void {
    if (this.unsaved === "") return;
    const packed = Bun.gzipSync(new TextEncoder().encode(this.unsaved), { level: 1 });
    this.unsavedPieces.push({ choice: this.choice, packed });
    this.unsaved = "";
  }

  private write(line: string): void {
    this.text += line;
    if (this.text.length < PIECE_CHARACTERS) return;
    this.pieces.push(Bun.zstdCompressSync(new TextEncoder().encode(this.text), { level: 1 }));
    this.text = "";
    // What the lines were made of is collected too late by the runtime: its memory would grow by some MiB.
    Bun.gc(false);
  }

  private lineOf(process: LoggedProcess): string {
    const { pid, parent, names, startNs, endNs, execs, threads, residentBytes, args, exit } = process;
    const { readBytes, writtenBytes, runDelaySeconds } = process;
    const line = {
      type: "process",
      ...{ pid, parent, name: names.at(-1) ?? null, names },
      id: process.sampleId > 0 ? process.sampleId : undefined,
      start: this.seconds(startNs),
      end: this.seconds(endNs),
      // What is in no line is in the last one, all together.
      cpu_seconds: process.lacksTime ? null : process.cpuNs / NS_PER_SECOND,
      execs: this.taskClock ? execs : null,
      threads,
      resident_bytes: Number.isNaN(residentBytes) ? null : residentBytes,
      source: this.source,
      // What is not known is left out: it is so of most that live shortly.
      args,
      exit_status: exit && "status" in exit ? exit.status : undefined,
      exit_signal: exit && "signal" in exit ? exit.signal : undefined,
      io_read_bytes: orNone(readBytes),
      io_write_bytes: orNone(writtenBytes),
      run_delay_seconds: orNone(runDelaySeconds),
    };
    return `${JSON.stringify(line)}\n`;
  }

  /** Returns a time on the file's axis, in seconds since the epoch to the microsecond; null: not known. */
  private seconds(ns: number): number | null {
    if (Number.isNaN(ns)) return null;
    return Math.round((ns + this.shiftNs + this.axisNs) / 1000) / 1e6;
  }
}

function orNone(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

/** Returns a number of seconds; null: not known. */
function known(seconds = Number.NaN): number | null {
  return Number.isNaN(seconds) ? null : Math.round(seconds * 1e9) / 1e9;
}
