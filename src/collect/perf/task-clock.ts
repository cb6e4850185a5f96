import { type PerfRecord, PerfRecords, type RecordSource } from "./perf-records.ts";
import type { ProcessLog } from "./process-log.ts";

/** An event of one CPU. */
export interface TaskSource extends RecordSource {
  close(): void;
}

/** One that counts. */
export interface ClockSource extends TaskSource {
  /** CPU time that was counted there until now, in nanoseconds. Throws SystemError. */
  nanoseconds(): number;
}

/**
 * So much of the CPU time of a process, and of each event that it has, is counted by wait4(2) only: what the kernel does
 * before the event begins and after it has ended. Measured: 70 µs with two CPUs.
 */
const OUTSIDE_SECONDS = 100e-6;
const OUTSIDE_SECONDS_PER_CPU = 20e-6;

/** The sum of what ended and the counter agree, but for so much. */
const ROUNDING_SECONDS = 0.001;
const ROUNDING_SHARE = 0.001;

/** Another source may have more: the command's own start until its exec, and the time of each switch between processes. */
const OTHERS_SECONDS = 0.005;
const OTHERS_SHARE = 0.005;

/** An end so soon after an exec is none: the kernel takes the event from one that runs with rights of another user. */
const TAKEN_NS = 10_000;

/** So many processes that have ended are remembered by their pid. */
const LAST_ENDED = 256;

const NS = 1e-9;

/** CPU time by the kernel's own clock of tasks: of every process that the command started, waited for or not. */
export class TaskClock {
  private toldLost = 0;
  /** Threads and processes that have ended. */
  ended = 0;
  private readonly lastEnded = new Float64Array(LAST_ENDED);
  private readonly records = new PerfRecords();
  /** Of the second events' rings: what is missing there is the time of some process, and no process. */
  private readonly timeRecords = new PerfRecords();
  private endedNs = 0;
  /** Who takes each record, and works them off at the end of a reading. */
  private log: ProcessLog | undefined;
  private counterSeconds = Number.NaN;
  /** Some process was told from its event: what it and its descendants do is not counted. */
  private hasLeft = false;
  /** When the threads that just executed a program did so. */
  private readonly executedAtNs = new Map<number, number>();

  /** The command's own exec was seen, which enables its event, and so those of all that it starts. */
  private hasBegun = false;

  /** `tasks` have the records of processes, `times` those of CPU time: one of each for each CPU. `root`: the command. */
  constructor(
    private readonly tasks: readonly TaskSource[],
    private readonly times: readonly ClockSource[],
    private readonly root: number,
  ) {}

  /** The end of each thread has so many records of its CPU time. */
  get timesOfThread(): number {
    return this.times.length;
  }

  /** From now on a log of processes gets all records. */
  logTo(log: ProcessLog): void {
    this.log = log;
  }

  /** Takes what the rings hold. Returns how full the fullest was, 0 to 1. */
  drain(): number {
    this.log?.opening();
    const fullest = Math.max(this.read(this.tasks, this.records), this.read(this.times, this.timeRecords));
    this.log?.settle();
    return fullest;
  }

  private read(sources: readonly RecordSource[], records: PerfRecords): number {
    let fullest = 0;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      const { waiting } = source;
      if (waiting === 0) continue;
      fullest = Math.max(fullest, waiting / source.data.length);
      records.read(source, records === this.records ? this.take : this.takeTime);
    }
    return fullest;
  }

  /** The command has ended: takes all of its time. Throws SystemError. */
  finish(): void {
    this.drain();
    let sum = 0;
    for (const source of this.times) sum += source.nanoseconds();
    this.counterSeconds = sum * NS;
    // What ended between the two.
    this.drain();
    this.log?.settleAll();
    if (this.log && this.hasAllRecords) this.endedNs += this.log.settleTimes(Math.round(this.untoldSeconds / NS));
  }

  /** Seconds; NaN until the end. */
  get seconds(): number {
    return this.counterSeconds;
  }

  /**
   * So much of it is told of no process: that of those which live on, and of one that had the first events by an exchange, if
   * others lack some, too. NaN until the end.
   */
  get untoldSeconds(): number {
    return Math.max(0, this.counterSeconds - this.endedNs * NS);
  }

  /** So much may have been used outside of what the kernel counts. */
  get outsideSeconds(): number {
    return this.ended * (OUTSIDE_SECONDS + OUTSIDE_SECONDS_PER_CPU * this.times.length);
  }

  /**
   * Whether every process is in it: no record was lost, each is legal, none left, and what ended is no more than the
   * counter. `otherSeconds`: what another source has seen at least.
   */
  isWhole(otherSeconds: number): boolean {
    const { seconds } = this;
    if (Number.isNaN(seconds) || !this.hasAllRecords) return false;
    if (this.endedNs * NS > seconds * (1 + ROUNDING_SHARE) + ROUNDING_SECONDS) return false;
    return otherSeconds <= seconds + this.outsideSeconds + OTHERS_SECONDS + OTHERS_SHARE * seconds;
  }

  /** Records that the kernel had no room for; NaN: there may be more than it has told. */
  get lost(): number {
    return this.records.mayLack ? Number.NaN : this.toldLost;
  }

  /** Whether no process is missing in a log, as far as the records tell. */
  get hasAllRecords(): boolean {
    return this.hasBegun && this.lost === 0 && !this.records.isDamaged && !this.hasLeft;
  }

  /** Whether a process is one of the last that have ended. */
  hasEnded(pid: number): boolean {
    return this.lastEnded.includes(pid);
  }

  close(): void {
    for (const source of this.tasks) source.close();
    for (const source of this.times) source.close();
  }

  /** What was lost there is seen by the number of records that a process has. */
  private readonly takeTime = (record: PerfRecord): void => {
    if (record.kind !== "lost") this.take(record);
  };

  private readonly take = (record: PerfRecord): void => {
    const { kind, thread, atNs } = record;
    this.log?.take(record);
    if (kind === "lost") this.toldLost += record.amount;
    else if (kind === "cpu") this.endedNs += record.amount;
    else if (kind === "exec") {
      this.executedAtNs.set(thread, atNs);
      if (record.pid === this.root) this.hasBegun = true;
    } else if (kind === "exit") {
      this.lastEnded[this.ended % LAST_ENDED] = record.pid;
      this.ended++;
      // Both records are of one CPU, and so in one ring, in order.
      const executedAtNs = this.executedAtNs.get(thread);
      if (executedAtNs !== undefined && atNs - executedAtNs < TAKEN_NS) this.hasLeft = true;
      this.executedAtNs.delete(thread);
    }
  };
}
