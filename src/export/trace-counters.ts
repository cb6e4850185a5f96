import { PREFIX, RUN, SUMMARY } from "../catalog/index.ts";
import type { RecordedSeries } from "../recording/recording.ts";
import { growth } from "../recording/span.ts";
import { type TraceEvent, type Track, trackNumber, trackOf } from "./trace-tracks.ts";
import { seriesName } from "./wide-table.ts";

/** Programs that show traces hold all of a trace in memory: more values of all counter tracks together are thinned out. */
const MOST_VALUES = 500_000;

/** What the trace shows otherwise, or what has one value a run. */
const SHOWN_OTHERWISE = new Set([
  ...[RUN.commandStatus, RUN.timeSinceStart, RUN.phase, RUN.event].map(({ name }) => name),
  ...Object.values(SUMMARY).map(({ name }) => name),
]);

/** The counter tracks of a run. */
export class TraceCounters {
  private readonly series: readonly RecordedSeries[];
  /** So many samples are one value of a track: more than 1 where there are too many. */
  readonly samplesPerValue: number;

  constructor(
    all: readonly RecordedSeries[],
    private readonly run: number,
    /** Microseconds since the start of the trace. */
    private readonly microseconds: (atMs: number) => number,
  ) {
    const lengths = new Map(all.map((one) => [one, lengthOf(one)]));
    this.series = all.filter((one) => isShown(one) && lengths.get(one)! > 1);
    const values = this.series.reduce((sum, one) => sum + lengths.get(one)!, 0);
    this.samplesPerValue = Math.max(1, Math.ceil(values / MOST_VALUES));
  }

  /** The tracks that they are on. */
  get tracks(): ReadonlySet<Track> {
    return new Set(this.series.map(trackOf));
  }

  /** The values of each track. A value that is that of the one before is left out: a track holds its last one. */
  *events(): Generator<Iterable<TraceEvent>> {
    for (const one of this.series) yield this.eventsOf(one);
  }

  private *eventsOf(one: RecordedSeries): Generator<TraceEvent> {
    const isRate = one.metric.type === "counter";
    const name = seriesName({ ...one, metric: { ...one.metric, type: "gauge" } }).slice(PREFIX.length);
    const pid = trackNumber(trackOf(one), this.run);
    // Perfetto's name of the track is both.
    const key = isRate ? "per second" : "value";
    let last = Number.NaN;
    for (const [atMs, value] of isRate ? this.rates(one) : this.highest(one)) {
      if (value === last) continue;
      last = value;
      if (Number.isFinite(value)) yield { ph: "C", ts: this.microseconds(atMs), pid, name, args: { [key]: value } };
    }
  }

  /** The growth a second of a counter, from each step's start on; nothing where it was reset. */
  private *rates(one: RecordedSeries): Generator<readonly [number, number]> {
    let [fromMs, from] = [Number.NaN, Number.NaN];
    let [lastMs, last] = [Number.NaN, Number.NaN];
    let samples = 0;
    for (const [atMs, value] of points(one)) {
      [lastMs, last] = [atMs, value];
      if (Number.isNaN(fromMs)) [fromMs, from] = [atMs, value];
      else if (++samples === this.samplesPerValue) {
        yield [fromMs, ratePerSecond(from, value, atMs - fromMs)];
        [fromMs, from, samples] = [atMs, value, 0];
      }
    }
    if (samples > 0) yield [fromMs, ratePerSecond(from, last, lastMs - fromMs)];
  }

  /** The highest value of each step, from its start on. */
  private *highest(one: RecordedSeries): Generator<readonly [number, number]> {
    let [fromMs, most] = [Number.NaN, Number.NaN];
    let samples = 0;
    for (const [atMs, value] of points(one)) {
      if (samples === 0) [fromMs, most] = [atMs, value];
      else most = Math.max(most, value);
      if (++samples < this.samplesPerValue) continue;
      yield [fromMs, most];
      samples = 0;
    }
    if (samples > 0) yield [fromMs, most];
  }
}

/** More digits of a rate are those of the times at which its counter was read. */
const RATE_DIGITS = 6;

/** NaN where the counter fell between the two. */
function ratePerSecond(from: number, to: number, elapsedMs: number): number {
  return Number(((growth(from, to) * 1000) / elapsedMs).toPrecision(RATE_DIGITS));
}

function isShown({ metric }: RecordedSeries): boolean {
  return metric.type !== "info" && !SHOWN_OTHERWISE.has(metric.name);
}

function lengthOf(one: RecordedSeries): number {
  let length = 0;
  for (const _ of points(one)) length++;
  return length;
}

function* points({ blocks }: RecordedSeries): Generator<readonly [atMs: number, value: number]> {
  for (const { length, times, values } of blocks())
    for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) yield [times[row]!, values[row]!];
}
