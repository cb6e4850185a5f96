import { expect, test } from "bun:test";
import { RUN, series } from "../../src/catalog/index.ts";
import { writeTrace } from "../../src/export/trace-file.ts";
import type { ProcessLine } from "../../src/load/process-lines.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";
import { readTrace } from "./trace-reader.ts";

const START = START_MS / 1000;

/** A run of so many seconds. */
const runOf = (seconds: number) =>
  recordingOf({
    parts: [
      {
        columns: [series(RUN.commandStatus)],
        rows: [
          [START_MS, 1],
          [START_MS + seconds * 1000, 2],
        ],
      },
    ],
  });

const process = (id: number, start: number, end: number, pid = 100 + id): ProcessLine => ({
  ...{ type: "process", pid, parent: 1, name: `p${id}`, id, start: START + start, end: START + end, cpu_seconds: 1 },
});

type Amounts = Readonly<Record<number, number>>;

function sample(since: number, time: number, used: Amounts, held: Amounts, left: readonly number[] = []): ProcessLine {
  return {
    ...{ type: "sample", time: START + time, since: START + since, whole: since === 0, left_id: left },
    ...{ used_id: Object.keys(used).map(Number), used_cpu_seconds: Object.values(used) },
    ...{ held_id: Object.keys(held).map(Number), held_bytes: Object.values(held) },
    ...{ rest_processes: 0, rest_cpu_seconds: 0, rest_resident_bytes: 0 },
  };
}

async function traced(seconds: number, processes: readonly ProcessLine[]) {
  const pieces: Uint8Array[] = [];
  await writeTrace({ recordings: [runOf(seconds)], processes }, (bytes) => pieces.push(bytes.slice()));
  return Buffer.concat(pieces);
}

test("processes have their CPU and memory as counters, of which both end with them", async () => {
  const lines = [
    process(1, 0, 3.5),
    // Its number is used again.
    process(2, 0, 1.5, 55),
    process(3, 2, 4, 55),
    sample(0, 1, { 1: 0.5, 2: 1 }, { 1: 4096, 2: 8192 }),
    sample(1, 2, { 2: 0.25 }, {}, [2]),
    sample(2, 4, { 3: 1 }, { 3: 4096 }, [1]),
  ];
  const { counters } = await readTrace((await traced(4, lines)).toString());
  expect(counters["p1: CPU cores"]).toEqual([
    [0, 0.5],
    [1e6, 0],
    [3.5e6, 0],
  ]);
  expect(counters["p1: resident memory bytes"]).toEqual([
    [1e6, 4096],
    [3.5e6, 0],
  ]);
  expect(counters["p2: CPU cores"]).toEqual([
    [0, 1],
    [1e6, 0.25],
    [1.5e6, 0],
  ]);
  expect(counters["p3: CPU cores"]).toEqual([
    [2e6, 0.5],
    [4e6, 0],
  ]);
});

test("of a build of 10,000 processes the trace is at most 5 MB compressed, and the largest have counters", async () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => process(i + 1, i * 0.06, i * 0.06 + 12));
  for (let i = 0; i < 600; i++) {
    // Those that live then, 200 at a time, all busy.
    const ids = Array.from({ length: 200 }, (_, k) => 16 * i + k + 1).filter((id) => id <= 10_000);
    const used = Object.fromEntries(
      ids.map((id) => [id, ((id * 7919 + i * 104_729) % 100) / 100 + (id === 777 ? 5 : 0)]),
    );
    const held = Object.fromEntries(ids.map((id) => [id, 4096 * ((id * 31 + i * 17) % 50_000)]));
    lines.push(sample(i, i + 1, used, held, i > 0 ? Array.from({ length: 16 }, (_, k) => 16 * (i - 1) + k + 1) : []));
  }
  const bytes = await traced(620, lines);
  expect(Bun.gzipSync(bytes).length).toBeLessThan(5e6);
  const { traceEvents } = JSON.parse(bytes.toString()) as { traceEvents: { ph: string; pid: number; name: string }[] };
  const withCounters = new Set(traceEvents.flatMap(({ ph, pid, name }) => (ph === "C" && name === "CPU" ? [pid] : [])));
  expect(withCounters.size).toBeWithin(100, 201);
  expect(withCounters.has(100 + 777)).toBe(true);
});
