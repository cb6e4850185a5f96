/** The processes of a run, as the page draws them. It is JSON on its way there. */
export interface ProcessList {
  /** In order of their starts: those that matter most. */
  readonly bars: readonly ProcessBar[];
  /** How many processes the record has, and how many of them are not in `bars`. */
  readonly total: number;
  readonly left: number;
  /** How the record knows them: `perf`, `samples`; null: it does not say. */
  readonly source: string | null;
  /** Whether no process is missing in the record; null: it does not say. */
  readonly complete: boolean | null;
  /** What is known of the processes that are missing, as a clause; null: none is, or the record has no end. */
  readonly missed: string | null;
  /** What is wrong with the record; null: nothing. */
  readonly problem: string | null;
  /** The critical path, from the start to the end: the process that the command waited for, and when. */
  readonly path: readonly PathPart[];
  /** What all processes together used in the course of the run; null: the record has no samples. */
  readonly use: ProcessUse | null;
}

/** CPU time and resident memory in the course of a run. */
export interface ProcessUse {
  /** The start of the first time, and the end of each. */
  readonly fromMs: number;
  readonly timesMs: readonly number[];
  /** The mean of each time in thousandths of a core, and what was held at its end. */
  readonly milliCores: readonly number[];
  readonly kib: readonly number[];
}

/** A time in which the command waited for one process itself, not for a child of it. */
interface PathPart {
  /** In `ProcessList.bars`. */
  readonly bar: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** One process. Times are milliseconds since the epoch, on the file's time axis. */
export interface ProcessBar {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly startMs: number;
  /** Null: it lived on, or its end is not known. */
  readonly endMs: number | null;
  /** Null: not known. */
  readonly cpuSeconds: number | null;
  readonly residentBytes: number | null;
  /** The index of its nearest ancestor in `bars`; -1: it has none there. */
  readonly up: number;
  /** Of the critical path, the part that is this process' own, in seconds; 0: it is not on it. */
  readonly pathSeconds: number;
  /**
   * What samples say of it: three numbers for each time that differs from the one before: its place in `ProcessUse.timesMs`,
   * thousandths of a core, and KiB; -1: it was not among the largest, or was not there. Null: no sample lists it.
   */
  readonly use: readonly number[] | null;
  /** What else the record tells of it, by the record's keys. */
  readonly others: Readonly<Record<string, string | number>>;
}

/** Provides the processes of a run; null: there is no record of them. */
export interface ProcessSource {
  processes(run: string): Promise<ProcessList | null>;
}
