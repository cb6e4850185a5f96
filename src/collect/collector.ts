import type { Fact, SeriesKey } from "../catalog/index.ts";
import type { Clock } from "../clock.ts";
import type { ProcFs } from "../proc/procfs.ts";

/** A value that a source does not have: no point is written. */
export const ABSENT = Number.NaN;

/** Measures one subject. It fails alone: what it throws costs only the points of its own series. */
export interface Collector {
  /** One word, as `collector_failures` and messages name it. */
  readonly name: string;
  /** Returns the series of its part of the row, in order. Reads what it must to know them. */
  describe(): readonly SeriesKey[];
  /** Returns what is known of the subject beside its series. Called after `describe()`. */
  facts?(): readonly Fact[];
  /**
   * Fills its part of the row, `ABSENT` where there is no value; allocates nothing. The first call after `describe()` may
   * use what was read there: they are one sample.
   * False, with its part of the row void, when the set of series has changed: `describe()` returns the new one.
   * Throws ForbiddenError or ParseError; the values filled in before that count.
   */
  sample(row: Float64Array): boolean;
  /** The next sample is that of the command's start, which has used nothing yet, although it may run by now. */
  commandStarting?(): void;
  /** The command has been started; the next sample is the first one with it. `stamp` returns that of the sample being taken. */
  commandStarted?(pid: number, stamp: () => number): void;
  /** Takes what is worth knowing between two samples, for which there is no row: peaks, and processes that soon end. */
  peek?(atMs: number): void;
  /** The command itself has ended; the next sample is the last one of its time. */
  commandEnded?(): void;
}

/** What a collector is made from. */
export interface CollectorContext {
  /** As `--collectors` names it. */
  readonly name: string;
  readonly proc: ProcFs;
  readonly clock: Clock;
  /** Whether `--collectors name=way` asks for its other way. */
  readonly otherWay: boolean;
}

export type MakeCollector = (context: CollectorContext) => Collector;
