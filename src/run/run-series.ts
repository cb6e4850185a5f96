import { COMMAND, RECORDER, RUN, type SeriesKey, series } from "../catalog/index.ts";
import { ABSENT, type Collector } from "../collect/collector.ts";
import { type Column, column, fillColumns, keysOf } from "../collect/columns.ts";
import type { Ending } from "./child.ts";

const END: readonly Column<CommandEndCollector>[] = [
  column(COMMAND.duration, (end) => end.seconds),
  column(COMMAND.exitStatus, (end) => end.status),
  column(COMMAND.exitSignal, (end) => end.signal),
];

/** How the command ended and how long it took: from its end sample on. */
export class CommandEndCollector implements Collector {
  readonly name = "command";
  seconds = ABSENT;
  status = ABSENT;
  signal = ABSENT;

  /** The command ended so, `seconds` after its start. */
  ended(ending: Ending, seconds: number): void {
    this.seconds = seconds;
    if (ending.kind === "exited") this.status = ending.code;
    if (ending.kind === "signaled") this.signal = ending.signal;
  }

  describe(): readonly SeriesKey[] {
    return keysOf(END);
  }

  sample(row: Float64Array): true {
    fillColumns(row, 0, END, this);
    return true;
  }
}

/** A collector and the time that all its samples took. */
export interface TimedCollector {
  readonly collector: Collector;
  seconds: number;
}

const PHASE_AND_COST: readonly Column<RecorderCollector>[] = [
  column(RUN.commandStatus, (recorder) => recorder.status),
  column(RUN.timeSinceStart, (recorder) => recorder.sinceStartSeconds),
  column(RECORDER.sampleDuration, (recorder) => recorder.durationSeconds),
  column(RECORDER.ticksMissed, (recorder) => recorder.ticksMissed),
  column(RECORDER.journalBytes, (recorder) => recorder.journalBytes),
];

/** The run's phase, and what sampling itself costs and misses. It is sampled last, since it has the others' figures. */
export class RecorderCollector implements Collector {
  readonly name = "recorder";
  /** The command's phase: 0 before it, 1 while it runs, 2 after it. */
  status: 0 | 1 | 2 = 0;
  sinceStartSeconds = 0;
  durationSeconds = 0;
  ticksMissed = 0;
  /** Bytes of the journal's file. */
  journalBytes = 0;
  private readonly timed: readonly TimedCollector[];
  private readonly failures: { readonly key: SeriesKey; count: number }[] = [];
  private described = 0;
  private columns: readonly Column<RecorderCollector>[] = PHASE_AND_COST;

  /** `timed`: the other collectors. */
  constructor(timed: readonly TimedCollector[]) {
    this.timed = timed;
  }

  describe(): readonly SeriesKey[] {
    this.described = this.failures.length;
    this.columns = [
      ...PHASE_AND_COST,
      ...this.timed.map((one) => column(RECORDER.collectorSeconds, { source: one.collector.name }, () => one.seconds)),
      ...this.failures.map((failure) => ({ key: failure.key, value: () => failure.count })),
    ];
    return keysOf(this.columns);
  }

  sample(row: Float64Array): boolean {
    if (this.described !== this.failures.length) return false;
    fillColumns(row, 0, this.columns, this);
    return true;
  }

  /** Counts a failure of a collector. Returns whether it is the first of its kind. */
  countFailure(source: string, kind: "forbidden" | "malformed"): boolean {
    const known = this.failures.find(({ key }) => key.labels[0] === source && key.labels[1] === kind);
    if (known) {
      known.count++;
      return false;
    }
    this.failures.push({ key: series(RECORDER.collectorFailures, { source, value: kind }), count: 1 });
    return true;
  }
}
