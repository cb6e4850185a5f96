import type { SeriesKey } from "../catalog/index.ts";

export type Role = "standalone" | "client" | "server";

/** The labels that every series of a recording carries. */
export interface Identity {
  readonly instance: string;
  readonly role: Role;
  /** The user's labels, by name. */
  readonly labels: ReadonlyMap<string, string>;
}

/** Something known of the run. A fact may have several values (`summed_disk`), each a pair of its own. */
export type Fact = readonly [fact: string, value: string];

export interface RunEvent {
  /** Milliseconds since the epoch, on the recording's axis. */
  readonly atMs: number;
  /** What happened, one of a few words that a query can name: `command_started`. */
  readonly event: string;
  /** The same for a person: `Command started`. */
  readonly text: string;
}

/** Some points of one series, in order of time. Both arrays may be longer than `length`. */
export interface Block {
  readonly length: number;
  /** Milliseconds since the epoch, whole, ascending. Blocks of one row store share it: the same array, the same rows. */
  readonly times: Float64Array;
  /** NaN is absent: there is no point at this time. */
  readonly values: Float64Array;
}

export interface RecordedSeries extends SeriesKey {
  /** The points, some at a time, so that nobody holds all of them; a block is valid until the next one is asked for. */
  blocks(): Iterable<Block>;
}

/** A run as it was recorded: from memory, from a journal or from a metrics file. */
export interface Recording {
  readonly identity: Identity;
  /** Time of the first sample, milliseconds since the epoch, on the recording's axis. */
  readonly startMs: number;
  readonly facts: readonly Fact[];
  /** In order of time. */
  readonly events: readonly RunEvent[];
  /** Every series but facts and events, each once, in no order that counts. */
  series(): Iterable<RecordedSeries>;
}

/** What a run writes its samples to: memory, or a journal. */
export interface RowSink {
  /** The series of the rows that follow, one a column. */
  layout(columns: readonly SeriesKey[]): void;
  /** One sample; the row is copied. */
  row(atMs: number, values: Float64Array): void;
  event(event: RunEvent): void;
  fact(fact: Fact): void;
  /** Bytes of it that are in a file by now; undefined: it keeps none. */
  readonly writtenBytes?: number | undefined;
}
