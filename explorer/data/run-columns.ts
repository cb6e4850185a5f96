import { RUN } from "../../src/catalog/index.ts";
import type { Block, RecordedSeries, Recording } from "../../src/recording/recording.ts";
import { pausesOf } from "./gaps.ts";
import { knownOf } from "./known-info.ts";
import { hasSameTimes } from "./line-points.ts";
import { type Column, type Columns, leastRateMs } from "./lines.ts";
import type { RunInfo, SeriesInfo } from "./model.ts";
import { movedBy } from "./movement.ts";
import { RateCache } from "./rate-cache.ts";
import { columnsOf, intervalMs } from "./rate-clock.ts";

/** A run for a page: its description, and the points that the page can request. */
export interface Run {
  readonly info: RunInfo;
  readonly columns: Columns;
}

/** What a recording does not know of itself. */
export type RunName = Pick<RunInfo, "id" | "name" | "live">;

/** Turns a recording into a run. The run keeps the points: the recording may be closed afterwards. */
export function runOf(recording: Recording, name: RunName): Run {
  const times = new SharedTimes();
  const all: Column[] = [];
  const series: SeriesInfo[] = [];
  const recorded: RecordedSeries[] = [];
  for (const one of recording.series()) {
    const column = columnOf(one, times);
    const points = countPoints(column.values);
    if (points === 0) continue;
    all.push(column);
    series.push({ ...seriesInfo(one, points), moved: movedBy(column, one.metric.type) });
    const { length } = column.times;
    recorded.push({ ...one, blocks: () => [{ ...column, length }] });
  }
  const status = all[series.findIndex(({ name }) => name === RUN.commandStatus.name)];
  const samples = (status ?? longest(all))?.times ?? new Float64Array(0);
  const { identity, facts, events } = recording;
  const [startMs, endMs] = spanOf(recording.startMs, all);
  const command = commandTimes(status, endMs);
  const known = { identity, startMs: recording.startMs, facts, events, series: () => recorded };
  const info = {
    ...name,
    instance: identity.instance,
    role: identity.role,
    labels: [...identity.labels],
    facts,
    startMs,
    endMs,
    series,
    events: events.map(({ atMs, event, text }) => ({ atMs, event, text })),
    command,
    known: knownOf(known, command?.fromMs ?? startMs),
    pauses: pausesOf({ samples, intervalMs: intervalMs(facts) }),
  };
  return { info, columns: { ...columnsOf(info, all, samples), rates: new RateCache() } };
}

/** Returns the column with the most points: without a status, which has a point at each sample, it tells the samples. */
function longest(all: readonly Column[]): Column | undefined {
  return all.reduce<Column | undefined>((a, b) => (a && a.times.length >= b.times.length ? a : b), undefined);
}

function seriesInfo({ metric, labels }: RecordedSeries, points: number): Omit<SeriesInfo, "moved"> {
  const { name, type, unit = "" } = metric;
  const own = metric.labels.map((label, i): [string, string] => [label, labels[i] ?? ""]);
  return { name, type, unit, labels: Object.fromEntries(own.filter(([, value]) => value !== "")), points };
}

/** Returns the time from the first sample with status 1 to the first status 2 after it, or to the end. */
function commandTimes(status: Column | undefined, endMs: number): RunInfo["command"] {
  if (!status) return null;
  const from = status.values.indexOf(1);
  const to = status.values.indexOf(2, from);
  if (from < 0) return null;
  return { fromMs: status.times[from]!, toMs: to < 0 ? endMs : status.times[to]! };
}

function spanOf(startMs: number, all: readonly Column[]): [startMs: number, endMs: number] {
  let [from, to] = [startMs, startMs];
  for (const { times } of all) {
    from = Math.min(from, times[0] ?? from);
    to = Math.max(to, times.at(-1) ?? to);
  }
  return [from, to];
}

function countPoints(values: Float64Array): number {
  let points = 0;
  for (let at = 0; at < values.length; at++) if (!Number.isNaN(values[at])) points++;
  return points;
}

/** Joins the blocks of a series. Blocks in an array stay valid together, so a single one is not copied. */
function columnOf(one: RecordedSeries, shared: SharedTimes): Column {
  const least = leastRateMs(one.metric.name);
  const blocks = one.blocks();
  const only: Block | undefined = Array.isArray(blocks) && blocks.length === 1 ? blocks[0] : undefined;
  if (only) return { times: shared.of(only), values: only.values.subarray(0, only.length), leastRateMs: least };
  const times: Float64Array[] = [];
  const values: Float64Array[] = [];
  for (const block of blocks) {
    times.push(shared.of(block));
    values.push(block.values.slice(0, block.length));
  }
  return { times: shared.joined(times), values: joined(values), leastRateMs: least };
}

/** Other arrays of times than these are compared with no more: a run has a few collectors that skip samples. */
const MOST_DISTINCT = 8;

/**
 * Lets series that were sampled together share their times after their blocks are joined, too, and where they come from a
 * file, which has the times of each: they take less memory then, and it is known that they have a point at each sample.
 */
class SharedTimes {
  private readonly distinct: Float64Array[] = [];
  private readonly cut = new Map<Float64Array, Float64Array>();
  private readonly joins = new Map<
    Float64Array,
    { readonly parts: readonly Float64Array[]; readonly all: Float64Array }[]
  >();

  /** Returns the times of a block: the same array for the same times. */
  of({ times, length }: Block): Float64Array {
    if (times.length === length) return this.unified(times);
    const known = this.cut.get(times);
    if (known?.length === length) return known;
    const cut = this.unified(times.slice(0, length));
    this.cut.set(times, cut);
    return cut;
  }

  private unified(times: Float64Array): Float64Array {
    const known = this.distinct.find((one) => hasSameTimes(one, times));
    if (known) return known;
    if (this.distinct.length < MOST_DISTINCT) this.distinct.push(times);
    return times;
  }

  /** Joins times: the same array for the same parts. */
  joined(parts: readonly Float64Array[]): Float64Array {
    const [first] = parts;
    if (!first) return new Float64Array(0);
    if (parts.length === 1) return first;
    const known = this.joins.get(first) ?? [];
    const same = known.find(
      (one) => one.parts.length === parts.length && one.parts.every((part, i) => part === parts[i]),
    );
    if (same) return same.all;
    const all = joined(parts);
    this.joins.set(first, [...known, { parts, all }]);
    return all;
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
