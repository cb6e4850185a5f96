import { RECORDER, RUN, type SeriesKey, series } from "../catalog/index.ts";
import type { Collector } from "../collect/collector.ts";

/** A collector and the time that all its samples took. */
export interface Timed {
  readonly collector: Collector;
  seconds: number;
}

/** What the sampler knows of the run and of itself, as series beside the others: it is sampled last. */
export class RecorderCollector implements Collector {
  readonly name = "recorder";
  status: 0 | 1 | 2 = 0;
  sinceStartSeconds = 0;
  durationSeconds = 0;
  ticksMissed = 0;
  /** Bytes of the journal's file. */
  journalBytes = 0;
  private readonly timed: readonly Timed[];
  private readonly failures: { readonly key: SeriesKey; count: number }[] = [];
  private described = 0;

  /** `timed`: the other collectors. */
  constructor(timed: readonly Timed[]) {
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

  /** Counts one more failure of a collector; true for the first of its kind. */
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
