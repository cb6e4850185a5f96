import { ALL_CPUS, KERNEL, MACHINE, type Metric, RUN, type SeriesKey, SUMMARY, series } from "../catalog/index.ts";
import { meanOverTime } from "./means.ts";
import { growthWithin, type Span, sumSeen } from "./rates.ts";
import type { Block, Fact, RecordedSeries, Recording } from "./recording.ts";

/** A mean or a rate over less than so many times its source's resolution says more of the source than of the command. */
const MIN_RESOLUTIONS = 20;

/** The kernel shows CPU time in ticks of USER_HZ, 100 a second wherever programs can see them. */
const CPU_RESOLUTION_MS = 10;

/** All else is exact when it is read; how long it took is known from stamps of whole milliseconds. */
const STAMP_RESOLUTION_MS = 1;

const MEMORY_MEANS = [
  [SUMMARY.memoryUsed, MACHINE.memoryUsed],
  [SUMMARY.memoryFree, MACHINE.memoryFree],
  [SUMMARY.memoryBuffers, MACHINE.memoryBuffers],
  [SUMMARY.memoryCached, MACHINE.memoryCached],
  [SUMMARY.memoryTotal, MACHINE.memoryTotal],
] as const;

/** Each with the fact that names what is summed: the rest is counted there once already. */
const TRANSFER_RATES = [
  [SUMMARY.networkSent, MACHINE.networkSent, "summed_interface"],
  [SUMMARY.networkReceived, MACHINE.networkReceived, "summed_interface"],
  [SUMMARY.diskRead, MACHINE.diskRead, "summed_disk"],
  [SUMMARY.diskWrite, MACHINE.diskWrite, "summed_disk"],
] as const;

const SUMMED_FACTS: ReadonlySet<string> = new Set(TRANSFER_RATES.map(([, , fact]) => fact));
const SUMMARY_NAMES: ReadonlySet<string> = new Set(Object.values(SUMMARY).map(({ name }) => name));

/** One value of the summary; NaN where nothing can be said. */
type Figure = readonly [key: SeriesKey, value: number];

/** The parts of a recording that a summary is made of. */
type Summarised = Pick<Recording, "facts" | "series">;

type SeriesOf = (metric: Metric) => readonly RecordedSeries[];

/**
 * The figures of the catalogue's SUMMARY, over the time from the sample at the command's start to the one at its end,
 * a point each at the latter. None where the command never ran or was not seen to end.
 */
export function summarise(recording: Summarised): RecordedSeries[] {
  const seriesOf = byMetric(recording.series());
  const [status] = seriesOf(RUN.commandStatus);
  const span = status && commandSpan(status.blocks());
  if (!span) return [];
  const figures = [
    ...cpuFigures(seriesOf, span),
    ...memoryFigures(seriesOf, status, span),
    ...transferFigures(seriesOf, recording.facts, span),
  ];
  const times = Float64Array.of(span.toMs);
  return figures
    .filter(([, value]) => !Number.isNaN(value))
    .map(([key, value]) => ({ ...key, blocks: () => [{ length: 1, times, values: Float64Array.of(value) }] }));
}

/** The recording with its summary, made anew where it has one. */
export function withSummary(recording: Recording): Recording {
  const { identity, startMs, facts, events } = recording;
  const measured: RecordedSeries[] = [];
  for (const one of recording.series()) if (!SUMMARY_NAMES.has(one.metric.name)) measured.push(one);
  const all = [...measured, ...summarise({ facts, series: () => measured })];
  return { identity, startMs, facts, events, series: () => all };
}

/** From the first sample with status 1 to the first with status 2 behind it; undefined if there are not both. */
export function commandSpan(status: Iterable<Block>): Span | undefined {
  let fromMs = Number.NaN;
  for (const { length, times, values } of status) {
    for (let row = 0; row < length; row++) {
      const atMs = times[row] as number;
      if (Number.isNaN(fromMs) && values[row] === 1) fromMs = atMs;
      if (!Number.isNaN(fromMs) && values[row] === 2) return { fromMs, toMs: atMs };
    }
  }
  return undefined;
}

/** CPU time a second by mode, over all CPUs, and how many of them were online at the end. */
function cpuFigures(seriesOf: SeriesOf, span: Span): Figure[] {
  const all = seriesOf(MACHINE.cpuSeconds);
  const cores: Figure = [series(SUMMARY.cpuCores), coresAtEnd(seriesOf, span)];
  if (isTooShort(span, CPU_RESOLUTION_MS)) return [cores];
  const means = [...Map.groupBy(all, (one) => labelOf(one, "mode"))].map(
    ([mode, cpus]): Figure => [series(SUMMARY.cpuMean, { mode }), growthPerSecond(cpus, span)],
  );
  return [...means, cores];
}

/** The CPUs that have a point at the end; where only their sum was recorded, what was counted then. */
function coresAtEnd(seriesOf: SeriesOf, span: Span): number {
  const atEnd = (one: RecordedSeries) => growthWithin(one.blocks(), span).end;
  const all = seriesOf(MACHINE.cpuSeconds);
  if (all.some((one) => labelOf(one, "cpu") === ALL_CPUS))
    return seriesOf(KERNEL.cpusOnline).map(atEnd)[0] ?? Number.NaN;
  const ofOneMode = all.filter((one) => labelOf(one, "mode") === labelOf(all[0]!, "mode"));
  return ofOneMode.filter((one) => !Number.isNaN(atEnd(one))).length || Number.NaN;
}

function memoryFigures(seriesOf: SeriesOf, status: RecordedSeries, span: Span): Figure[] {
  if (isTooShort(span, STAMP_RESOLUTION_MS)) return [];
  return MEMORY_MEANS.flatMap(([summary, source]) =>
    seriesOf(source).map((one): Figure => {
      const { mean, coveredMs } = meanOverTime(one.blocks(), status.blocks(), span);
      return [series(summary), coveredMs < MIN_RESOLUTIONS * STAMP_RESOLUTION_MS ? Number.NaN : mean];
    }),
  );
}

/** What was seen of each series counts, so that one that appears or goes counts for as long as it was there. */
function transferFigures(seriesOf: SeriesOf, facts: readonly Fact[], span: Span): Figure[] {
  if (isTooShort(span, STAMP_RESOLUTION_MS)) return [];
  return TRANSFER_RATES.map(([summary, source, fact]): Figure => {
    const summed = seriesOf(source).filter((one) => isSummed(one, facts, fact));
    return [series(summary), growthPerSecond(summed, span)];
  });
}

/** Whether a series is one of those that the facts name; all are where no fact names any, as in files of others. */
export function isSummed(one: RecordedSeries, facts: readonly Fact[], fact: string): boolean {
  if (!facts.some(([name]) => SUMMED_FACTS.has(name))) return true;
  return facts.some(([name, value]) => name === fact && value === one.labels[0]);
}

/** Whether a span is too short for a mean or a rate of a source. */
function isTooShort({ fromMs, toMs }: Span, resolutionMs: number): boolean {
  return toMs - fromMs < MIN_RESOLUTIONS * resolutionMs;
}

/** How much all series together were seen to grow, over the length of the span. */
function growthPerSecond(all: readonly RecordedSeries[], span: Span): number {
  const grown = sumSeen(all.map((one) => growthWithin(one.blocks(), span).growth));
  return grown / ((span.toMs - span.fromMs) / 1000);
}

function labelOf({ metric, labels }: SeriesKey, label: string): string {
  return labels[metric.labels.indexOf(label)] ?? "";
}

function byMetric(series: Iterable<RecordedSeries>): SeriesOf {
  const all = new Map<string, RecordedSeries[]>();
  for (const one of series) {
    const known = all.get(one.metric.name);
    if (known) known.push(one);
    else all.set(one.metric.name, [one]);
  }
  return (metric) => all.get(metric.name) ?? [];
}
