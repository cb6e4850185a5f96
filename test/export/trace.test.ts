import { describe, expect, test } from "bun:test";
import { COMMAND, KERNEL, RUN, series } from "../../src/catalog/index.ts";
import { writeTrace } from "../../src/export/trace-file.ts";
import type { ProcessLine } from "../../src/load/process-lines.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";
import { readTrace } from "./trace-reader.ts";

const START = START_MS / 1000;

const RECORDING = recordingOf({
  facts: [
    ["command", "make"],
    ["version", "9"],
  ],
  events: [
    { atMs: START_MS + 500, event: "phase", text: "link" },
    { atMs: START_MS + 750, event: "budget_exceeded", text: 'over "2"\u001b' },
  ],
  parts: [
    {
      columns: [
        series(RUN.commandStatus),
        series(COMMAND.cpuSeconds, { mode: "user" }),
        series(COMMAND.memoryResident),
        series(KERNEL.load1),
        series(COMMAND.memoryPeakBound),
      ],
      rows: [
        [START_MS, 1, 0, undefined, 2, undefined],
        [START_MS + 1000, 1, 0.5, 4096, 2, undefined],
        [START_MS + 2000, 1, 0.4, 8192, undefined, undefined],
        [START_MS + 4000, 2, 1.4, undefined, 3, 77],
      ],
    },
  ],
});

const LINES: readonly ProcessLine[] = [
  line({ pid: 11, parent: 10, name: "cc1", start: 0.25, end: 1, cpu_seconds: 0.5, arguments: ["-O2", "a\nb"] }),
  line({ pid: 11, parent: 10, name: "ld", start: 2, end: null, resident_bytes: 99 }),
  line({ pid: 10, parent: 1, name: "make", names: ["sh", "make"], start: 0, end: 4, cpu_seconds: null }),
  line({ pid: 12, parent: 1, name: "?", start: null, end: 4 }),
  { type: "end", processes: 4 },
];

function line({ start, end, ...others }: Record<string, unknown>): ProcessLine {
  const at = (seconds: unknown) => (typeof seconds === "number" ? START + seconds : null);
  return { type: "process", start: at(start), end: at(end), ...others };
}

async function traced(recordings: readonly Recording[], processes: readonly ProcessLine[] = []) {
  const pieces: Uint8Array[] = [];
  const content = await writeTrace({ recordings, processes }, (bytes) => pieces.push(bytes.slice()));
  return { content, trace: await readTrace(Buffer.concat(pieces).toString()) };
}

describe("a trace, as Chrome's own code reads it", () => {
  test("has each process as a track with its name, from its start to its end, with all that is known of it", async () => {
    const { content, trace } = await traced([RECORDING], LINES);
    expect(content).toMatchObject({ processes: 3, samplesPerValue: 1 });
    const processes = trace.tracks.filter(({ pid }) => pid < 2 ** 22 || pid > 2 ** 22 + 3);
    const slices = processes.map(({ name, slices: [slice, ...others] }) => [name, slice, others.length]);
    expect(slices).toEqual([
      [
        "cc1",
        { name: "cc1", ts: 250_000, dur: 750_000, args: { parent: 10, cpu_seconds: 0.5, arguments: ["-O2", "a\nb"] } },
        0,
      ],
      [
        "ld",
        {
          name: "ld",
          ts: 2_000_000,
          dur: 2_000_000,
          args: { pid: 11, end: "not known", parent: 10, resident_bytes: 99 },
        },
        0,
      ],
      ["make", { name: "make", ts: 0, dur: 4_000_000, args: { parent: 1, names: ["sh", "make"] } }, 0],
    ]);
    // A number that was used again is another track.
    expect(processes.map(({ pid }) => pid)).toEqual([11, 2 ** 22 + 4, 10]);
  });

  test("has the command with its figures, its phases, and the events of the run", async () => {
    const { trace } = await traced([RECORDING]);
    const command = trace.tracks.find(({ name }) => name === "Command")!;
    expect(command.slices.map(({ name, ts, dur }) => [name, ts, dur])).toEqual([
      ["make", 0, 4_000_000],
      ["link", 500_000, 3_500_000],
    ]);
    expect(command.slices[0]!.args).toMatchObject({
      ...{ version: "9", "command_cpu_seconds user": 1.4, "command_memory_peak_bound_bytes (upper bound)": 77 },
    });
    expect(trace.instants).toEqual([{ name: 'over "2"\u001b', ts: 750_000 }]);
  });

  test("has gauges as they are, counters as what they grew a second, and nothing where a value is absent", async () => {
    const { trace } = await traced([RECORDING]);
    expect(trace.counters).toEqual({
      "Command: command_cpu_seconds{mode=user} per second": [
        [0, 0.5],
        [2_000_000, 0.5],
      ],
      "Command: command_memory_resident_bytes value": [
        [1_000_000, 4096],
        [2_000_000, 8192],
      ],
      // The same value again is not said again.
      "Machine: load1 value": [
        [0, 2],
        [4_000_000, 3],
      ],
    });
  });

  test("has several runs on one axis of time, each with tracks of its own", async () => {
    const later = recordingOf({
      ...{ identity: { instance: "client", role: "client" }, startMs: START_MS + 100 },
      parts: [
        {
          columns: [series(KERNEL.load1)],
          rows: [
            [START_MS + 100, 1],
            [START_MS + 200, 5],
          ],
        },
      ],
    });
    const { trace } = await traced([RECORDING, later]);
    expect(trace.counters["client client: Machine: load1 value"]).toEqual([
      [100_000, 1],
      [200_000, 5],
    ]);
    expect(new Set(trace.tracks.map(({ pid }) => pid)).size).toBe(trace.tracks.length);
  });
});

test("each event has its time before all text of others, and threads have numbers that no process has", async () => {
  const pieces: Uint8Array[] = [];
  await writeTrace({ recordings: [RECORDING, RECORDING], processes: LINES }, (bytes) => pieces.push(bytes.slice()));
  const text = Buffer.concat(pieces).toString();
  const lines = text.split("\n").slice(1, -2);
  for (const one of lines) expect(one).toMatch(/^\{"ph":"(?:[XiC]","ts":\d|M","pid":\d)/);
  const { traceEvents } = JSON.parse(text) as { traceEvents: { name: string; tid: number; args: object }[] };
  const threads = traceEvents.filter(({ name }) => name === "thread_name").map(({ tid }) => tid);
  expect(new Set(threads).size).toBe(6);
  expect(Math.min(...threads)).toBeGreaterThan(2 ** 23);
});

test("too many samples are thinned out: the highest of a gauge, the mean rate of a counter", async () => {
  const count = 300_000;
  const rows = Array.from({ length: count }, (_, i) => [START_MS + i * 1000, i % 2 === 0 ? 1 : i, i * 3] as const);
  const columns = [series(KERNEL.load1), series(COMMAND.runDelay)];
  const pieces: Uint8Array[] = [];
  const parts = { recordings: [recordingOf({ parts: [{ columns, rows }] })], processes: [] };
  const content = await writeTrace(parts, (bytes) => pieces.push(bytes.slice()));
  expect(content.samplesPerValue).toBe(2);
  // Too much for a program that draws a page's trace.
  const { traceEvents } = JSON.parse(Buffer.concat(pieces).toString());
  const of = (name: string) =>
    traceEvents
      .filter((event: { name: string }) => event.name === name)
      .map(({ ts, args }: { ts: number; args: object }) => [ts, Object.values(args)[0]]);
  const load = of("load1");
  expect(load.length).toBe(count / 2);
  expect(load.slice(0, 3)).toEqual([
    [0, 1],
    [2_000_000, 3],
    [4_000_000, 5],
  ]);
  expect(of("command_run_delay_seconds")).toEqual([[0, 3]]);
});
