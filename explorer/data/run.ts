import { RUN } from "../../src/catalog/index.ts";
import type { Block, RecordedSeries, Recording } from "../../src/recording/recording.ts";
import type { Column, Columns } from "./lines.ts";
import type { RunInfo, SeriesInfo } from "./model.ts";
import { leastRateMs } from "./resolution.ts";

/** A run as a page has it: what it is told, and the points that it can ask for. */
export interface Run {
  readonly info: RunInfo;
  readonly columns: Columns;
}

/** What a recording does not know of itself. */
export type RunName = Pick<RunInfo, "id" | "name" | "live">;

/** Takes over a recording, its points too: the recording need not live on. */
export function runOf(recording: Recording, name: RunName): Run {
  const times = new SharedTimes();
  const all: Column[] = [];
  const series: SeriesInfo[] = [];
  let samples: Float64Array = new Float64Array(0);
  for (const one of recording.series()) {
    const column = columnOf(one, times);
    const points = countPoints(column.values);
    if (points === 0) continue;
    all.push(column);
    series.push(seriesInfo(one, points));
    // The status has a point at each sample; where there is none, the series with the most points says when they were.
    const isStatus = one.metric.name === RUN.commandStatus.name;
    if (isStatus || (column.times.length > samples.length && !series.some(isStatusInfo))) samples = column.times;
  }
  const { identity, facts } = recording;
  const [startMs, endMs] = spanOf(recording.startMs, all);
  const info = {
    ...name,
    ...{
      instance: identity.instance,
      role: identity.role,
      labels: [...identity.labels],
      facts,
      startMs,
      endMs,
      series,
    },
    events: recording.events.map(({ atMs, event, text }) => ({ atMs, event, text })),
    command: commandTimes(all[series.findIndex(isStatusInfo)], endMs),
  };
  return { info, columns: { series: (index) => columnAt(all, index), samples } };
}

function columnAt(all: readonly Column[], index: number): Column {
  const column = all[index];
  if (column === undefined) throw new RangeError(`series ${index}: there are ${all.length}`);
  return column;
}

function isStatusInfo({ name }: SeriesInfo): boolean {
  return name === RUN.commandStatus.name;
}

function seriesInfo({ metric, labels }: RecordedSeries, points: number): SeriesInfo {
  const { name, type, unit = "" } = metric;
  const own = metric.labels.map((label, i): [string, string] => [label, labels[i] ?? ""]);
  return { name, type, unit, labels: Object.fromEntries(own.filter(([, value]) => value !== "")), points };
}

/** From the first sample with status 1 to the first with 2 behind it, or to the end where none is. */
function commandTimes(status: Column | undefined, endMs: number): RunInfo["command"] {
  if (!status) return null;
  const from = status.values.indexOf(1);
  const to = status.values.indexOf(2, from);
  if (from < 0) return null;
  return { fromMs: status.times[from] as number, toMs: to < 0 ? endMs : (status.times[to] as number) };
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

/** All points of a series in one. Blocks that come as a list are all valid at once, and one that is alone is not copied. */
function columnOf(one: RecordedSeries, shared: SharedTimes): Column {
  const least = leastRateMs(one.metric.name);
  const blocks = one.blocks();
  if (Array.isArray(blocks) && blocks.length === 1) {
    const [block] = blocks as [Block];
    return { times: shared.of(block), values: block.values.subarray(0, block.length), leastRateMs: least };
  }
  const times: Float64Array[] = [];
  const values: Float64Array[] = [];
  for (const block of blocks) {
    times.push(shared.of(block));
    values.push(block.values.slice(0, block.length));
  }
  return { times: shared.joined(times), values: joined(values), leastRateMs: least };
}

/** Series that were sampled together go on to share their times where several blocks become one. */
class SharedTimes {
  private readonly cut = new Map<Float64Array, Float64Array>();
  private readonly _joined = new Map<
    Float64Array,
    { readonly parts: readonly Float64Array[]; readonly all: Float64Array }[]
  >();

  /** The times of a block, the same array for the same block. */
  of({ times, length }: Block): Float64Array {
    if (times.length === length) return times;
    const known = this.cut.get(times);
    if (known?.length === length) return known;
    const cut = times.slice(0, length);
    this.cut.set(times, cut);
    return cut;
  }

  joined(parts: readonly Float64Array[]): Float64Array {
    const [first] = parts;
    if (!first) return new Float64Array(0);
    if (parts.length === 1) return first;
    const known = this._joined.get(first) ?? [];
    const same = known.find(
      (one) => one.parts.length === parts.length && one.parts.every((part, i) => part === parts[i]),
    );
    if (same) return same.all;
    const all = joined(parts);
    this._joined.set(first, [...known, { parts, all }]);
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
