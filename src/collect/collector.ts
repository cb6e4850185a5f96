import type { SeriesKey } from "../catalog/index.ts";
import type { ProcFs } from "../proc/procfs.ts";

/** A value that a source does not have: no point is written. */
export const ABSENT = Number.NaN;

/** Measures one subject. It fails alone: what it throws costs its own series one point. */
export interface Collector {
  /** One word, as `collector_failures` and messages name it. */
  readonly name: string;
  /** The series of its slice of the row, in order. Reads what it must to know them. */
  describe(): readonly SeriesKey[];
  /** What is known of the subject beside its series, after `describe()`: pairs for `statexec_run_info`. */
  facts?(): readonly (readonly [fact: string, value: string])[];
  /**
   * Fills its slice of the row, `ABSENT` where there is no value; allocates nothing. The first call after `describe()`
   * may give what was read there: they are one sample.
   * False, with the slice void, when the set of series has changed: `describe()` has the new one.
   * Throws ForbiddenError or ParseError; what it has filled until then counts.
   */
  sample(row: Float64Array): boolean;
  /** The next sample is of the moment before the command's start, of which it has used nothing yet; it may run by now. */
  commandStarting?(): void;
  /** The command has been started; the next sample is the first one with it. `stamp`: that of the sample being taken. */
  commandStarted?(pid: number, stamp: () => number): void;
  /** The command itself has ended; the next sample is the last one of its time. */
  commandEnded?(): void;
}

/** A collector before it is made: what a person must know to want it or not. */
export interface CollectorKind {
  /** As `--collectors` names it; the collector's own name. */
  readonly name: string;
  /** What it records, in a few words. */
  readonly what: string;
  /** The files that it reads, for a person. */
  readonly reads: readonly string[];
  /** The one other way in which it can work, as `--collectors name=way`; undefined: there is none. */
  readonly way?: { readonly name: string; readonly what: string };
  /** `otherWay`: in the way that it has beside the usual one. */
  make(proc: ProcFs, otherWay: boolean): Collector;
}
