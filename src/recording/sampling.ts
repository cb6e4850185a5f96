import { RECORDER, RUN } from "../catalog/index.ts";
import type { Recording } from "./recording.ts";
import { lastValue, seriesByName } from "./span.ts";

/** How well the recorder kept to its interval. */
export interface Sampling {
  readonly taken: number;
  /** Samples that came an interval or more too late and were left out. */
  readonly missed: number;
  /** The longest time that one sample took; NaN: not recorded. */
  readonly slowestSeconds: number;
  /** The mean of them, as a share of the interval; NaN: not recorded. */
  readonly shareOfInterval: number;
}

/** Returns how well the recorder of a recording kept to its interval. */
export function samplingOf(recording: Recording): Sampling {
  const all = seriesByName(recording.series());
  const first = ({ name }: { readonly name: string }) => all.get(name)?.[0]?.blocks() ?? [];
  let taken = 0;
  for (const { length, values } of first(RUN.commandStatus))
    for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) taken++;
  let slowestSeconds = Number.NaN;
  let sumSeconds = 0;
  for (const { length, values } of first(RECORDER.sampleDuration)) {
    for (let row = 0; row < length; row++) {
      if (!(values[row]! <= slowestSeconds)) slowestSeconds = values[row]!;
      sumSeconds += values[row]! || 0;
    }
  }
  const interval = Number(recording.facts.find(([fact]) => fact === "interval_seconds")?.[1] ?? Number.NaN);
  const missed = lastValue(first(RECORDER.ticksMissed)) || 0;
  return { taken, missed, slowestSeconds, shareOfInterval: sumSeconds / taken / interval };
}

/** Fewer missed samples than this share are no more than a busy moment. */
const MANY = 0.01;
/** Samples that took longer stand still: reading takes milliseconds. */
const SLOW_SECONDS = 1;

/** Samples that take so much of the interval cannot keep to it. */
const MUCH_OF_INTERVAL = 0.5;

/** Returns what a reader must know of the samples: `1,239 of 2,640 missed: the machine was too busy`; undefined: nothing. */
export function samplingText(sampling: Sampling, isStarved: boolean): string | undefined {
  const { taken, missed, slowestSeconds, shareOfInterval } = sampling;
  const due = taken + missed;
  const isSlow = slowestSeconds > SLOW_SECONDS;
  if (!(missed > 1 && missed >= MANY * due) && !isSlow) return undefined;
  const parts: string[] = [];
  if (missed > 0) parts.push(`${grouped(missed)} of ${grouped(due)} missed`);
  if (isSlow) parts.push(`the slowest took ${slowestSeconds.toFixed(1)} s`);
  const said = parts.join(", ");
  if (isStarved) return `${said}: the machine was too busy`;
  return shareOfInterval > MUCH_OF_INTERVAL ? `${said}: the interval is too short here` : said;
}

/** `12,345`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
