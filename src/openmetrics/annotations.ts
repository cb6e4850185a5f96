import { RUN, type SeriesKey, series } from "../catalog/index.ts";
import type { Block, Fact, RecordedSeries, RunEvent } from "../recording/recording.ts";

/** Facts as series: one point of 1 each, at the start. A fact that is there twice is one series. */
export function factSeries(facts: readonly Fact[], startMs: number): RecordedSeries[] {
  const keys = facts.map(([fact, value]) => series(RUN.info, { fact, value }));
  const block = { length: 1, times: Float64Array.of(startMs), values: Float64Array.of(1) };
  return grouped(keys, (key) => key).map(([key]) => withBlock(key, block));
}

/**
 * Events as series: a point at the time of each, which is its value too, in seconds. The same event twice in one
 * millisecond has its second point a millisecond later, since a series has one point a time; the value stays true.
 */
export function eventSeries(events: readonly RunEvent[]): RecordedSeries[] {
  const all: RecordedSeries[] = [];
  for (const [key, alike] of grouped(events, ({ event, text }) => series(RUN.event, { event, text }))) {
    const values = Float64Array.from(alike, ({ atMs }) => Math.round(atMs)).sort();
    const times = values.slice();
    for (let i = 1; i < times.length; i++) times[i] = Math.max(times[i] as number, (times[i - 1] as number) + 1);
    all.push(withBlock(key, { length: times.length, times, values: values.map((atMs) => atMs / 1000) }));
  }
  return all;
}

/** The fact that a series of `statexec_run_info` is. */
export function factOf(key: SeriesKey): Fact {
  const [fact = "", value = ""] = key.labels;
  return [fact, value];
}

/** The events that a series of `statexec_event_timestamp_seconds` is; undefined if a value of it is no time. */
export function eventsOf(key: SeriesKey, { length, values }: Block): RunEvent[] | undefined {
  const [event = "", text = ""] = key.labels;
  const times = Array.from(values.subarray(0, length), (seconds) => Math.round(seconds * 1000));
  return times.every(Number.isFinite) ? times.map((atMs) => ({ atMs, event, text })) : undefined;
}

/** Items by the series that they belong to, in the order of their first. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => SeriesKey): (readonly [key: SeriesKey, items: T[]])[] {
  const groups = new Map<string, readonly [SeriesKey, T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const id = JSON.stringify(key.labels);
    const group = groups.get(id);
    if (group) group[1].push(item);
    else groups.set(id, [key, [item]]);
  }
  return [...groups.values()];
}

function withBlock(key: SeriesKey, block: Block): RecordedSeries {
  return { ...key, blocks: () => [block] };
}
