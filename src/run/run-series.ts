import { COMMAND, RECORDER, RUN, type SeriesKey, series } from "../catalog/index.ts";
import { ABSENT, type Collector } from "../collect/collector.ts";
import type { Ending } from "./child.ts";

/** How the command ended and how long it took: from its end sample on. */
export class CommandEndCollector implements Collector {
  readonly name = "command";
  private seconds = ABSENT;
  private status = ABSENT;
  private signal = ABSENT;

  /** The command ended so, `seconds` after its start. */
  ended(ending: Ending, seconds: number): void {
    this.seconds = seconds;
    if (ending.kind === "exited") this.status = ending.code;
    if (ending.kind === "signaled") this.signal = ending.signal;
  }

  describe(): readonly SeriesKey[] {
    return [series(COMMAND.duration), series(COMMAND.exitStatus), series(COMMAND.exitSignal)];
  }

  sample(row: Float64Array): true {
    row[0] = this.seconds;
    row[1] = this.status;
    row[2] = this.signal;
    return true;
  }
}

/** A collector and the time that all its samples took. */
export interface TimedCollector {
  readonly collector: Collector;
  seconds: number;
}

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

  /** `timed`: the other collectors. */
  constructor(timed: readonly TimedCollector[]) {
    this.timed = timed;
  }

  describe(): readonly SeriesKey[] {
    this.described = this.failures.length;
    return [
      series(RUN.commandStatus),
      series(RUN.timeSinceStart),
      series(RECORDER.sampleDuration),
      series(RECORDER.ticksMissed),
      series(RECORDER.journalBytes),
      ...this.timed.map(({ collector }) => series(RECORDER.collectorSeconds, { source: collector.name })),
      ...this.failures.map((failure) => failure.key),
    ];
  }

  sample(row: Float64Array): boolean {
    if (this.described !== this.failures.length) return false;
    row[0] = this.status;
    row[1] = this.sinceStartSeconds;
    row[2] = this.durationSeconds;
    row[3] = this.ticksMissed;
    row[4] = this.journalBytes;
    const timed = this.timed;
    for (let i = 0; i < timed.length; i++) row[5 + i] = timed[i]!.seconds;
    const failures = this.failures;
    for (let i = 0; i < failures.length; i++) row[5 + timed.length + i] = failures[i]!.count;
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
