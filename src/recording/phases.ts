import { PHASE_EVENT, type PhaseFigure } from "../catalog/choices.ts";
import { COMMAND, type Metric } from "../catalog/index.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { indexOfTime, pointsWithin, type Span, seriesByName } from "./span.ts";

/** How far a figure of a phase is known. */
export interface Between {
  /** What is shown. */
  readonly value: number;
  /** The true figure is between these two; infinite: not known. */
  readonly lowest: number;
  readonly highest: number;
}

/** What one phase used, of all times that it went on; a figure that was not recorded is absent. */
export interface PhaseFigures extends Partial<Readonly<Record<PhaseFigure, Between>>> {
  readonly phase: string;
  /** The number of times that it began. */
  readonly times: number;
  readonly wall: Between;
}

/** One time that a phase went on. */
interface PhaseSpan extends Span {
  readonly phase: string;
}

/** Returns when each phase went on, in order; the last one ends with the command. */
export function phaseSpans({ events }: Pick<Recording, "events">, { fromMs, toMs }: Span): PhaseSpan[] {
  const marks = events.filter(({ event }) => event === PHASE_EVENT).toSorted((a, b) => a.atMs - b.atMs);
  const spans = marks.map(({ atMs, text }, at) => {
    const end = marks[at + 1]?.atMs ?? toMs;
    return { phase: text, fromMs: Math.max(fromMs, Math.min(atMs, toMs)), toMs: Math.min(end, toMs) };
  });
  return spans.filter((span) => span.toMs > span.fromMs);
}

/** Counters that a phase used so much of. */
const COUNTED = [
  ["cpu", [COMMAND.cpuSeconds]],
  ["read", [COMMAND.diskRead]],
  ["written", [COMMAND.diskWrite]],
] as const;

/** The memory of which the peak is told. */
const HELD: readonly Metric[] = [COMMAND.memoryAnonymous, COMMAND.memoryShared, COMMAND.memoryKernel];

/** Returns the figures of all phases of a command that ran in this span, in the order in which they began. */
export function phasesOf(recording: Recording, span: Span): PhaseFigures[] {
  const spans = phaseSpans(recording, span);
  if (spans.length === 0) return [];
  const all = seriesByName(recording.series());
  const of = (metrics: readonly Metric[]) => metrics.flatMap((metric) => all.get(metric.name) ?? []);
  const curves = COUNTED.map(([figure, metrics]) => [figure, curveOf(of(metrics), span)] as const);
  const held = curveOf(of(HELD), span);
  return [...Map.groupBy(spans, ({ phase }) => phase)].map(([phase, times]) => {
    const wallSeconds = times.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1000, 0);
    const counted = curves.map(([figure, curve]) => [figure, sumOf(times.map((one) => growthIn(curve, one)))] as const);
    const memory = highestIn(held, times);
    return {
      ...{ phase, times: times.length, wall: { value: wallSeconds, lowest: wallSeconds, highest: wallSeconds } },
      ...Object.fromEntries([...counted, ["memory", memory] as const].filter(([, between]) => between)),
    };
  });
}

/** The sum of some series at each time at which one has a point. */
interface Curve {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** Returns the sum of series that are sampled together; a point is there where the first of them has one. */
function curveOf(series: readonly RecordedSeries[], span: Span): Curve {
  const [first, ...others] = series;
  const sums = new Map<number, number>(first ? pointsWithin(first, span) : []);
  for (const one of others)
    for (const [atMs, value] of pointsWithin(one, span)) {
      const sum = sums.get(atMs);
      if (sum !== undefined) sums.set(atMs, sum + value);
    }
  return { times: [...sums.keys()], values: [...sums.values()] };
}

/** The growth of a counter in a span: evenly between two samples, of which one may be outside. */
function growthIn({ times, values }: Curve, { fromMs, toMs }: Span): Between | undefined {
  if (times.length < 2) return undefined;
  const before = (atMs: number) => Math.max(0, indexOfTime(times, atMs + 1) - 1);
  const after = (atMs: number) => Math.min(times.length - 1, indexOfTime(times, atMs));
  const [b0, a0, b1, a1] = [before(fromMs), after(fromMs), before(toMs), after(toMs)];
  const at = (low: number, high: number, atMs: number) => {
    const [from, to] = [times[low]!, times[high]!];
    const share = to > from ? Math.min(1, Math.max(0, (atMs - from) / (to - from))) : 0;
    return values[low]! + (values[high]! - values[low]!) * share;
  };
  const value = Math.max(0, at(b1, a1, toMs) - at(b0, a0, fromMs));
  return {
    value,
    lowest: Math.min(value, Math.max(0, values[b1]! - values[a0]!)),
    highest: Math.max(value, values[a1]! - values[b0]!),
  };
}

function sumOf(parts: readonly (Between | undefined)[]): Between | undefined {
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  const sum = (pick: (part: Between) => number) => known.reduce((all, part) => all + pick(part), 0);
  return {
    value: sum(({ value }) => value),
    lowest: sum(({ lowest }) => lowest),
    highest: sum(({ highest }) => highest),
  };
}

/** The highest value of a gauge at the samples within some spans: between two samples it may have been more. */
function highestIn({ times, values }: Curve, spans: readonly Span[]): Between | undefined {
  let highest = Number.NaN;
  for (const { fromMs, toMs } of spans)
    for (let at = indexOfTime(times, fromMs); at < times.length && times[at]! <= toMs; at++)
      if (!(values[at]! <= highest)) highest = values[at]!;
  if (Number.isNaN(highest)) return undefined;
  return { value: highest, lowest: highest, highest: Number.POSITIVE_INFINITY };
}
