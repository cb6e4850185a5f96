import { expect, test } from "bun:test";
import fc from "fast-check";
import { runOf } from "../../../explorer/data/run-columns.ts";
import { ACCOUNTING, COMMAND, MACHINE, RUN, series } from "../../../src/catalog/index.ts";
import * as arbitrary from "../../helpers/arbitrary.ts";
import { pointsOf, recordingOf, START_MS } from "../../helpers/recording.ts";

const NOTHING_KNOWN = { value: null, highest: null, seenHighest: null, source: null, contradiction: null };
const NAME = { id: "1", name: "run.prom", live: false };
const status = series(RUN.commandStatus);
const free = series(MACHINE.memoryFree);

test("a run has every point of its recording, and no series without points", () => {
  fc.assert(
    fc.property(arbitrary.recording, (recording) => {
      const { info, columns } = runOf(recording, NAME);
      const made = info.series.map(({ name, points }, i) => {
        const { times, values } = columns.series(i);
        const all = Array.from(times, (atMs, at) => [atMs, values[at]!] as const);
        const present = all.filter(([, value]) => !Number.isNaN(value));
        expect(present.length).toBe(points);
        return [name, present];
      });
      const given = [...recording.series()].map((one) => [one.metric.name, pointsOf(one)]);
      expect(made).toEqual(given.filter(([, points]) => points!.length > 0));
    }),
  );
});

test("series of several blocks that were sampled together share one row of times", () => {
  const rows = (from: number) => [0, 1, 2].map((i) => [START_MS + from + i, 1, i] as const);
  const recording = recordingOf({ parts: [0, 10].map((from) => ({ columns: [status, free], rows: rows(from) })) });
  const { columns } = runOf(recording, NAME);
  expect(columns.series(1).times).toBe(columns.series(0).times);
  expect(columns.samples).toBe(columns.series(0).times);
  expect([...columns.series(1).values]).toEqual([0, 1, 2, 0, 1, 2]);
  expect(columns.series(0).times[3]).toBe(START_MS + 10);
});

test.each<[string, readonly number[], { from: number; to: number } | null]>([
  ["ran and ended", [0, 1, 1, 2, 2], { from: 1, to: 3 }],
  ["still runs", [0, 1, 1], { from: 1, to: 2 }],
  ["never ran", [0, 0], null],
  ["has no recorded start", [2, 2], null],
])("the time of a command that %s", (_, statuses, expected) => {
  const rows = statuses.map((value, i) => [START_MS + i, value] as const);
  const { info } = runOf(recordingOf({ parts: [{ columns: [status], rows }] }), NAME);
  expect(info.command).toEqual(expected && { fromMs: START_MS + expected.from, toMs: START_MS + expected.to });
  expect([info.startMs, info.endMs]).toEqual([START_MS, START_MS + statuses.length - 1]);
});

test("the description of a run", () => {
  const recording = recordingOf({
    identity: { instance: "<script>", role: "client", labels: new Map([["env", "prod"]]) },
    facts: [["host", "a"]],
    events: [{ atMs: START_MS, event: "x", text: "X" }],
    parts: [{ columns: [series(MACHINE.diskRead, { disk: "sda" })], rows: [[START_MS, 4]] }],
  });
  expect(runOf(recording, { ...NAME, live: true }).info).toEqual({
    ...{ id: "1", name: "run.prom", live: true, instance: "<script>", role: "client", labels: [["env", "prod"]] },
    ...{
      facts: [["host", "a"]],
      events: [{ atMs: START_MS, event: "x", text: "X" }],
      startMs: START_MS,
      endMs: START_MS,
    },
    command: null,
    series: [{ name: "disk_read_bytes", type: "counter", unit: "bytes", labels: { disk: "sda" }, points: 1, moved: 0 }],
    known: {
      cpu: NOTHING_KNOWN,
      memory: NOTHING_KNOWN,
      usableCpus: null,
      limits: [],
      samples: null,
      sentence: null,
      wallTime: null,
      figures: expect.anything(),
    },
    pauses: [],
  });
});

test("the description of a run says how far its CPU time and peak memory are known", () => {
  const columns = [
    series(RUN.commandStatus),
    ...["user", "system"].map((mode) => series(COMMAND.cpuSeconds, { mode })),
    series(COMMAND.commCpuSeconds, { comm: "burn" }),
    ...[COMMAND.memoryPeak, COMMAND.memoryPeakBound].map((metric) => series(metric)),
    ...["cpu", "memory_peak"].map((resource) => series(ACCOUNTING.info, { resource, source: "cgroup2" })),
  ];
  const rows = [
    [START_MS, 1, 0, 0, undefined, undefined, undefined, undefined, undefined],
    [START_MS + 1000, 2, 0.001, 0, 1, 5, 3, 1, 1],
  ] as const;
  const { known } = runOf(recordingOf({ parts: [{ columns, rows }] }), NAME).info;
  expect(known.cpu).toEqual({
    ...{ value: 1, highest: null, seenHighest: null, source: "a lower bound" },
    contradiction: "its control group counted 1.00 ms, but its processes used 1.00 s",
  });
  expect(known.memory).toEqual({
    ...{ value: 5, highest: null, seenHighest: 5, source: "by its control group", contradiction: null },
  });
});
