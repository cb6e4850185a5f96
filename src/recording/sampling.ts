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
}

/** Returns how well the recorder of a recording kept to its interval. */
export function samplingOf(recording: Recording): Sampling {
  const all = seriesByName(recording.series());
  const first = ({ name }: { readonly name: string }) => all.get(name)?.[0]?.blocks() ?? [];
  let taken = 0;
  for (const { length, values } of first(RUN.commandStatus))
    for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) taken++;
  let slowestSeconds = Number.NaN;
  for (const { length, values } of first(RECORDER.sampleDuration))
    for (let row = 0; row < length; row++) if (!(values[row]! <= slowestSeconds)) slowestSeconds = values[row]!;
  return { taken, missed: lastValue(first(RECORDER.ticksMissed)) || 0, slowestSeconds };
}

/** Fewer missed samples than this share are no more than a busy moment. */
const MANY = 0.01;
/** Samples that took longer stand still: reading takes milliseconds. */
const SLOW_SECONDS = 1;

/** Returns what a reader must know of the samples: `1,239 of 2,640 missed: …`; undefined: nothing. */
export function samplingText({ taken, missed, slowestSeconds }: Sampling, isStarved: boolean): string | undefined {
  const due = taken + missed;
  const isSlow = slowestSeconds > SLOW_SECONDS;
  if (!(missed > 1 && missed >= MANY * due) && !isSlow) return undefined;
  const parts: string[] = [];
  if (missed > 0) parts.push(`${grouped(missed)} of ${grouped(due)} missed`);
  if (isSlow) parts.push(`the slowest took ${slowestSeconds.toFixed(1)} s`);
  return `${parts.join(", ")}${isStarved || isSlow ? ": the machine was too busy" : ": the interval is too short here"}`;
}

/** `12,345`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
