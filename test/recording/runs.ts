import { expect } from "bun:test";
import { type Fact, MACHINE, RUN, type SeriesKey, sampleName, series } from "../../src/catalog/index.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { summarise } from "../../src/recording/summary-series.ts";
import { pointsOf, type Rows, recordingOf, START_MS } from "../helpers/recording.ts";

const STATUS = series(RUN.commandStatus);
export const cpu = (name: string, mode: string) => series(MACHINE.cpuSeconds, { cpu: name, mode });
export const received = (name: string) => series(MACHINE.networkReceived, { interface: name });
export const read = (name: string) => series(MACHINE.diskRead, { disk: name });

/** A run with the status and other columns. Times are milliseconds since the start. */
export function run(columns: readonly SeriesKey[], rows: Rows["rows"], facts: readonly Fact[] = []): Recording {
  const shifted = rows.map(([atMs, ...values]) => [START_MS + atMs, ...values] as const);
  return recordingOf({ facts, parts: [{ columns: [STATUS, ...columns], rows: shifted }] });
}

/** The values of the summary by name and label. */
export function figures(made: Recording): Record<string, number> {
  const named = summarise(made).map((one) => {
    const points = pointsOf(one);
    expect(points).toHaveLength(1);
    return [[sampleName(one.metric).slice("statexec_summary_".length), ...one.labels].join(" "), points[0]![1]];
  });
  return Object.fromEntries(named);
}
