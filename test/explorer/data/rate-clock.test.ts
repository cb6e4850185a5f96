import { expect, test } from "bun:test";
import fc from "fast-check";
import { linePoints } from "../../../explorer/data/lines.ts";
import type { SeriesInfo } from "../../../explorer/data/model.ts";
import { type Run, runOf } from "../../../explorer/data/run-columns.ts";
import { DEVICES, KERNEL, MACHINE, type Metric, RECORDER, RUN, series } from "../../../src/catalog/index.ts";
import { lateRecording } from "../../helpers/late-reads.ts";
import { recordingOf, START_MS } from "../../helpers/recording.ts";

const NAME = { id: "1", name: "run.prom", live: false };
const BUSY = ["user", "nice", "system", "irq", "softirq", "steal"];

/** The rates of the sum of a metric's series, at all times. */
function rates({ info, columns }: Run, metric: Metric, isMeant: (one: SeriesInfo) => boolean = () => true): number[] {
  const indexes = info.series.flatMap((one, at) => (one.name === metric.name && isMeant(one) ? [at] : []));
  const request = { lines: [{ series: indexes, as: "rate" as const }], fromMs: 0, toMs: START_MS * 2, pixels: 1e6 };
  return [...linePoints(columns, request)[0]!.values].filter((value) => !Number.isNaN(value));
}

/** Only the last digits of a double may be over. */
const ROUNDING = 1 + 1e-9;

test("no resource is shown as busier than it can be, however late its files were read", () => {
  fc.assert(
    fc.property(lateRecording, (recording) => {
      const run = runOf(recording, NAME);
      for (const cpu of ["cpu0", "cpu1"]) {
        const busy = rates(run, MACHINE.cpuSeconds, ({ labels }) => labels.cpu === cpu && BUSY.includes(labels.mode!));
        expect(Math.max(0, ...busy)).toBeLessThanOrEqual(ROUNDING);
      }
      for (const resource of ["cpu", "memory", "io"]) {
        const waited = rates(run, KERNEL.pressure, ({ labels }) => labels.resource === resource);
        expect(Math.max(0, ...waited)).toBeLessThanOrEqual(ROUNDING);
      }
      expect(Math.max(0, ...rates(run, DEVICES.diskBusySeconds))).toBeLessThanOrEqual(ROUNDING);
    }),
  );
});

test("a rate is that of the time between its own readings", () => {
  const [status, disk] = [series(RUN.commandStatus), series(DEVICES.diskBusySeconds, { disk: "sda" })];
  const took = (source: string) => series(RECORDER.collectorSeconds, { source });
  // The disk was busy for half the time. The second sample stood still for 9 s before it read the disk's file.
  const rows = [
    [START_MS, 1, 0, 0, 0],
    [START_MS + 1000, 1, 9, 0, 5],
    [START_MS + 11_000, 1, 9, 0, 5.5],
    [START_MS + 12_000, 2, 9, 0, 6],
  ] as const;
  const columns = [status, took("cpu"), took("disk"), disk];
  const run = runOf(recordingOf({ parts: [{ columns, rows: rows.map((row) => [...row]) }] }), NAME);
  expect(rates(run, DEVICES.diskBusySeconds)).toEqual([0.5, 0.5, 0.5]);
});

test("a CPU's own times are its clock, but not where they leave idle time out", () => {
  const cpu = (mode: string) => series(MACHINE.cpuSeconds, { cpu: "cpu0", mode });
  const runWith = (...idle: readonly number[]) => {
    const rows = idle.map((seconds, at) => [START_MS + at * 1000, 1, at * 0.6, seconds] as const);
    const columns = [series(RUN.commandStatus), cpu("user"), cpu("idle")];
    return runOf(recordingOf({ parts: [{ columns, rows }] }), NAME);
  };
  const user = (run: Run) => rates(run, MACHINE.cpuSeconds, ({ labels }) => labels.mode === "user");
  expect(user(runWith(0, 0.4, 0.8))).toEqual([0.6, 0.6]);
  // Read 0.2 s late, which is not in the stamps.
  expect(user(runWith(0, 0.6, 1))[0]).toBeCloseTo(0.5, 9);
  expect(user(runWith(0, 0, 0))).toEqual([0.6, 0.6]);
});
