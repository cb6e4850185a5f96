import { RECORDER, RUN, type SeriesKey, series } from "../catalog/index.ts";
import type { Collector } from "../collect/collector.ts";

/** What the sampler knows of the run and of itself, as series beside the others: it is sampled last. */
export class RecorderCollector implements Collector {
  readonly name = "recorder";
  status: 0 | 1 | 2 = 0;
  sinceStartSeconds = 0;
  durationSeconds = 0;
  ticksMissed = 0;
  readonly #failures: { readonly key: SeriesKey; count: number }[] = [];
  #described = 0;

  describe(): readonly SeriesKey[] {
    this.#described = this.#failures.length;
    return [
      series(RUN.commandStatus),
      series(RUN.timeSinceStart),
      series(RECORDER.sampleDuration),
      series(RECORDER.ticksMissed),
      ...this.#failures.map((failure) => failure.key),
    ];
  }

  sample(row: Float64Array): boolean {
    if (this.#described !== this.#failures.length) return false;
    row[0] = this.status;
    row[1] = this.sinceStartSeconds;
    row[2] = this.durationSeconds;
    row[3] = this.ticksMissed;
    for (let i = 0; i < this.#failures.length; i++) row[4 + i] = this.#failures[i]!.count;
    return true;
  }

  /** Counts one more failure of a collector; true for the first of its kind. */
  countFailure(source: string, kind: "forbidden" | "malformed"): boolean {
    const known = this.#failures.find(({ key }) => key.labels[0] === source && key.labels[1] === kind);
    if (known) {
      known.count++;
      return false;
    }
    this.#failures.push({ key: series(RECORDER.collectorFailures, { source, value: kind }), count: 1 });
    return true;
  }
}
