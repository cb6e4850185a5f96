import type { Fact, SeriesKey } from "../catalog/index.ts";

export const ROLES = ["standalone", "client", "server"] as const;

/** The part of a host in a run: alone, or one of the two in a synchronised run. */
type Role = (typeof ROLES)[number];

/** The labels that every series of a recording carries. */
export interface Identity {
  readonly instance: string;
  readonly role: Role;
  /** The user's labels, by name. */
  readonly labels: ReadonlyMap<string, string>;
}

/** Something that happened during the run. */
export interface RunEvent {
  /** Milliseconds since the epoch, on the recording's axis. */
  readonly atMs: number;
  /** The kind of event, a word for queries: `command_started`. */
  readonly event: string;
  /** The same for a person: `Command started`. */
  readonly text: string;
}

/** Some points of one series, in order of time. Both arrays may be longer than `length`. */
export interface Block {
  readonly length: number;
  /** Whole milliseconds since the epoch, ascending. Series that were sampled together share the array. */
  readonly times: Float64Array;
  /** NaN: there is no point at this time. */
  readonly values: Float64Array;
}

export interface RecordedSeries extends SeriesKey {
  /** The points in blocks, so that never all are in memory. A block is valid until the next one is requested. */
  blocks(): Iterable<Block>;
}

/** A recorded run, from memory, from a journal or from a metrics file. */
export interface Recording {
  readonly identity: Identity;
  /** Time of the first sample, milliseconds since the epoch, on the recording's axis. */
  readonly startMs: number;
  readonly facts: readonly Fact[];
  /** In order of time. */
  readonly events: readonly RunEvent[];
  /** Every series but those of facts and events, each once, in any order. */
  series(): Iterable<RecordedSeries>;
}

/** A place for the samples of a run: memory, or a journal. */
export interface RowSink {
  /** Sets the series of the rows that follow, one a column. */
  layout(columns: readonly SeriesKey[]): void;
  /** Adds a sample. The values are copied. */
  row(atMs: number, values: Float64Array): void;
  event(event: RunEvent): void;
  fact(fact: Fact): void;
  /** Bytes written to its file; undefined: it has no file. */
  readonly writtenBytes?: number | undefined;
}
