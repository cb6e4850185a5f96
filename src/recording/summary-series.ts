import {
  ALL_CPUS,
  type Fact,
  KERNEL,
  MACHINE,
  type Metric,
  RUN,
  type SeriesKey,
  SUMMARY,
  series,
} from "../catalog/index.ts";
import { growthPerSecond } from "./read-times.ts";
import type { Block, RecordedSeries, Recording } from "./recording.ts";
import { growthWithin, meanOverTime, type SeriesByName, type Span, seriesByName } from "./span.ts";
import { Steps } from "./steps.ts";

/** Over a span shorter than so many times its source's resolution, a mean or a rate is mostly the source's error. */
const MIN_RESOLUTIONS = 20;

/** The kernel shows CPU time in ticks of USER_HZ, 100 a second in all that programs can read. */
const CPU_RESOLUTION_MS = 10;

/** All other values are exact when they are read; the span between them is known in whole milliseconds. */
const STAMP_RESOLUTION_MS = 1;

const MEMORY_MEANS = [
  [SUMMARY.memoryUsed, MACHINE.memoryUsed],
  [SUMMARY.memoryFree, MACHINE.memoryFree],
  [SUMMARY.memoryBuffers, MACHINE.memoryBuffers],
  [SUMMARY.memoryCached, MACHINE.memoryCached],
  [SUMMARY.memoryTotal, MACHINE.memoryTotal],
] as const;

/** Each with the fact that names the devices to sum: the others are counted in one of these already. */
const TRANSFER_RATES = [
  [SUMMARY.networkSent, MACHINE.networkSent, "summed_interface"],
  [SUMMARY.networkReceived, MACHINE.networkReceived, "summed_interface"],
  [SUMMARY.diskRead, MACHINE.diskRead, "summed_disk"],
  [SUMMARY.diskWrite, MACHINE.diskWrite, "summed_disk"],
] as const;

const SUMMED_FACTS: ReadonlySet<string> = new Set(TRANSFER_RATES.map(([, , fact]) => fact));
const SUMMARY_NAMES: ReadonlySet<string> = new Set(Object.values(SUMMARY).map(({ name }) => name));

/** One value of the summary; NaN: it is not known. */
type SummaryValue = readonly [key: SeriesKey, value: number];

/** The parts of a recording from which a summary is made. */
type Summarised = Pick<Recording, "facts" | "series">;

/**
 * The series of the catalogue's SUMMARY, over the time from the sample at the command's start to the one at its end, with
 * one point each at its end. There are none where the recording does not show both the start and the end.
 */
export function summarise(recording: Summarised): RecordedSeries[] {
  const all = seriesByName(recording.series());
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const span = status && commandSpan(status.blocks());
  if (!span) return [];
  let made: Steps | undefined;
  // A short run has no means and no rates.
  const run = () => {
    made ??= new Steps(all, span, 1);
    return made;
  };
  const summary = [
    ...cpuValues(all, span, run),
    ...memoryValues(all, status, span),
    ...transferValues(run, recording.facts, span),
  ];
  const times = Float64Array.of(span.toMs);
  return summary
    .filter(([, value]) => !Number.isNaN(value))
    .map(([key, value]) => ({ ...key, blocks: () => [{ length: 1, times, values: Float64Array.of(value) }] }));
}

/** The recording with its summary. A summary that it has already is replaced. */
export function withSummary(recording: Recording): Recording {
  const { identity, startMs, facts, events } = recording;
  const measured: RecordedSeries[] = [];
  for (const one of recording.series()) if (!SUMMARY_NAMES.has(one.metric.name)) measured.push(one);
  const all = [...measured, ...summarise({ facts, series: () => measured })];
  return { identity, startMs, facts, events, series: () => all };
}

/** From the first sample with status 1 to the next one with status 2; undefined if there are not both. */
export function commandSpan(status: Iterable<Block>): Span | undefined {
  let fromMs = Number.NaN;
  for (const { length, times, values } of status) {
    for (let row = 0; row < length; row++) {
      const atMs = times[row]!;
      if (Number.isNaN(fromMs) && values[row] === 1) fromMs = atMs;
      if (!Number.isNaN(fromMs) && values[row] === 2) return { fromMs, toMs: atMs };
    }
  }
  return undefined;
}

/** Whether the facts name this series as one to sum. Where no fact names any, as in files of other programs, all are. */
export function isSummed(one: RecordedSeries, facts: readonly Fact[], fact: string): boolean {
  if (!facts.some(([name]) => SUMMED_FACTS.has(name))) return true;
  return facts.some(([name, value]) => name === fact && value === one.labels[0]);
}

/** CPU time a second by mode, over all CPUs, and the number of CPUs online at the end. */
function cpuValues(all: SeriesByName, span: Span, run: () => Steps): SummaryValue[] {
  const cores: SummaryValue = [series(SUMMARY.cpuCores), coresAtEnd(all, span)];
  if (isTooShort(span, CPU_RESOLUTION_MS)) return [cores];
  const modes = new Set(seriesOf(all, MACHINE.cpuSeconds).map((one) => labelOf(one, "mode")));
  const means = [...modes].map((mode): SummaryValue => [series(SUMMARY.cpuMean, { mode }), run().coresIn([mode])[0]!]);
  return [...means, cores];
}

/** The number of CPUs with a point at the end; where only the sum of all was recorded, the kernel's count then. */
function coresAtEnd(all: SeriesByName, span: Span): number {
  const atEnd = (one: RecordedSeries) => growthWithin(one.blocks(), span).end;
  const cpus = seriesOf(all, MACHINE.cpuSeconds);
  if (cpus.some((one) => labelOf(one, "cpu") === ALL_CPUS))
    return seriesOf(all, KERNEL.cpusOnline).map(atEnd)[0] ?? Number.NaN;
  const ofOneMode = cpus.filter((one) => labelOf(one, "mode") === labelOf(cpus[0]!, "mode"));
  return ofOneMode.filter((one) => !Number.isNaN(atEnd(one))).length || Number.NaN;
}

function memoryValues(all: SeriesByName, status: RecordedSeries, span: Span): SummaryValue[] {
  if (isTooShort(span, STAMP_RESOLUTION_MS)) return [];
  return MEMORY_MEANS.flatMap(([summary, source]) =>
    seriesOf(all, source).map((one): SummaryValue => {
      const { mean, coveredMs } = meanOverTime(one.blocks(), status.blocks(), span);
      return [series(summary), coveredMs < MIN_RESOLUTIONS * STAMP_RESOLUTION_MS ? Number.NaN : mean];
    }),
  );
}

/** Sums the growth that each series shows, so that a device that appears or goes counts for as long as it was there. */
function transferValues(run: () => Steps, facts: readonly Fact[], span: Span): SummaryValue[] {
  if (isTooShort(span, STAMP_RESOLUTION_MS)) return [];
  return TRANSFER_RATES.map(([summary, source, fact]): SummaryValue => {
    const [grown = Number.NaN] = run().growth(source, (one) => isSummed(one, facts, fact));
    return [series(summary), growthPerSecond(grown, run().apart(source, 0))];
  });
}

/** Whether a span is too short for a mean or a rate from a source of this resolution. */
function isTooShort({ fromMs, toMs }: Span, resolutionMs: number): boolean {
  return toMs - fromMs < MIN_RESOLUTIONS * resolutionMs;
}

function seriesOf(all: SeriesByName, metric: Metric): readonly RecordedSeries[] {
  return all.get(metric.name) ?? [];
}

function labelOf({ metric, labels }: SeriesKey, label: string): string {
  return labels[metric.labels.indexOf(label)] ?? "";
}
