import { type Fact, familyName, type SeriesKey } from "../../src/catalog/index.ts";
import { render } from "../../src/openmetrics/render.ts";
import type { Block, Identity, RecordedSeries, Recording, RunEvent } from "../../src/recording/recording.ts";
import { parseStrictly } from "./strict-reader.ts";

/** Rows of one layout: one column a series, `undefined` where there is no value. */
export interface Rows {
  readonly columns: readonly SeriesKey[];
  readonly rows: readonly (readonly [atMs: number, ...values: (number | undefined)[]])[];
}

export interface RecordingParts {
  readonly identity?: Partial<Identity>;
  readonly startMs?: number;
  readonly facts?: readonly Fact[];
  readonly events?: readonly RunEvent[];
  /** One block each, in order of time. */
  readonly parts?: readonly Rows[];
}

export const START_MS = 1_700_000_000_000;

/** A recording from a literal. */
export function recordingOf({ identity, startMs = START_MS, facts = [], events = [], parts = [] }: RecordingParts) {
  const blocks = new Map<string, { key: SeriesKey; blocks: Block[] }>();
  for (const { columns, rows } of parts) {
    const times = Float64Array.from(rows, ([atMs]) => atMs);
    for (const [column, key] of columns.entries()) {
      const values = Float64Array.from(rows, (row) => row[column + 1] ?? Number.NaN);
      const id = JSON.stringify([key.metric.name, key.labels]);
      const series = blocks.get(id) ?? { key, blocks: [] };
      blocks.set(id, series);
      series.blocks.push({ length: times.length, times, values });
    }
  }
  const all = [...blocks.values()].map(({ key, blocks }): RecordedSeries => ({ ...key, blocks: () => blocks }));
  const recording: Recording = {
    identity: { instance: "make", role: "standalone", labels: new Map(), ...identity },
    startMs,
    facts,
    events,
    series: () => all,
  };
  return recording;
}

/** The metrics file of a recording. */
export function renderBytes(recording: Recording): Uint8Array {
  const chunks: Uint8Array[] = [];
  render(recording, (bytes) => chunks.push(bytes.slice()));
  return Buffer.concat(chunks);
}

export function renderText(recording: Recording): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(renderBytes(recording));
}

export function parseText(text: string, name = "run.prom"): Recording {
  return parseStrictly(new TextEncoder().encode(text), name);
}

/** The points of a series without absent ones. */
export function pointsOf(series: RecordedSeries): (readonly [atMs: number, value: number])[] {
  const points: (readonly [number, number])[] = [];
  for (const { length, times, values } of series.blocks()) {
    for (let row = 0; row < length; row++) {
      if (!Number.isNaN(values[row])) points.push([times[row]!, values[row]!]);
    }
  }
  return points;
}

/**
 * The content of a recording, for comparison: sorted where order does not matter, without series that have no point, and
 * without labels that have no value, since a file does not have those.
 */
export function contentOf(recording: Recording) {
  const { identity, startMs, facts, events } = recording;
  const series = [...recording.series()]
    .map((one) => ({
      family: familyName(one.metric),
      type: one.metric.type,
      unit: one.metric.unit,
      help: one.metric.help,
      labels: one.metric.labels.map((label, i) => [label, one.labels[i]] as const).filter(([, value]) => value !== ""),
      points: pointsOf(one),
    }))
    .filter(({ points }) => points.length > 0);
  return {
    instance: identity.instance,
    role: identity.role,
    labels: [...identity.labels].filter(([, value]) => value !== "").sort(byText),
    startMs,
    facts: [...facts].sort(byText),
    events: [...events].sort((a, b) => a.atMs - b.atMs || byText([a.event, a.text], [b.event, b.text])),
    series: series.sort((a, b) => byText([a.family, ...a.labels.flat()], [b.family, ...b.labels.flat()])),
  };
}

function byText(a: readonly unknown[], b: readonly unknown[]): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
