import { afterAll, describe, expect, test } from "bun:test";
import { shadesOf } from "../../../explorer/page/process-shades.ts";
import { mostFacts, thenText } from "../../../explorer/page/process-use-text.ts";
import type { ProcessBar, ProcessList } from "../../../explorer/processes/process-list.ts";
import { processListOf } from "../../../explorer/processes/read-processes.ts";
import { START_MS } from "../../helpers/recording.ts";
import { tempFolder } from "../../helpers/statexec.ts";
import { type MadeProcess, type MadeSample, processRecord } from "../made-processes.ts";

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());
const MIB = 2 ** 20;

async function listOf(all: readonly MadeProcess[], samples: readonly MadeSample[]): Promise<ProcessList> {
  await Bun.write(folder.file("run.processes.jsonl.gz"), processRecord(all, {}, samples));
  return (await processListOf(folder.file("run.prom"), START_MS + 100_000))!;
}

const ALL: MadeProcess[] = [
  { pid: 1, parent: 0, name: "make", start: 0, end: 100, cpu: 1, more: { id: 1 } },
  // 2 s of its time are before the first sample that lists it, and 4 s after the last.
  { pid: 2, parent: 1, name: "cc", start: 8, end: 34, cpu: 13, resident: 50 * MIB, more: { id: 2 } },
  { pid: 3, parent: 1, name: "sh", start: 40, end: 41, cpu: 0.5 },
];
const SAMPLES: MadeSample[] = [
  { from: 0, at: 10, cpu: { 1: 0.5 }, resident: { 1: 4 * MIB }, rest: [1, 1, 6 * MIB] },
  { at: 20, cpu: { 1: 0.5, 2: 10 }, resident: { 2: 30 * MIB } },
  { at: 30, cpu: {}, resident: { 2: 50 * MIB } },
  { at: 40, cpu: {}, resident: {}, left: [2], rest: [0, 2, 0] },
  { at: 50, cpu: {}, resident: {} },
];

describe("the samples of a record", () => {
  test("are of all processes together, and of each the times that differ", async () => {
    const { bars, use } = await listOf(ALL, SAMPLES);
    expect(use).toEqual({
      fromMs: START_MS,
      timesMs: [10, 20, 30, 40, 50].map((at) => START_MS + at * 1000),
      milliCores: [150, 1050, 0, 200, 0],
      kib: [10, 34, 54, 4, 4].map((mib) => mib * 1024),
    });
    expect(bars[0]!.use).toEqual([0, 50, 4096, 2, 0, 4096]);
    expect(bars[1]!.use).toEqual([1, 1000, 30 * 1024, 2, 0, 50 * 1024, 3, 0, -1]);
    // No sample lists it, which is not zero.
    expect(bars[2]!.use).toBeNull();
    expect(bars[1]!.others).not.toHaveProperty("id");
  });

  test("shade a bar by the time, and by the mean of what they lack elsewhere", async () => {
    const { bars, use } = await listOf(ALL, SAMPLES);
    const shades = shadesOf(bars[1]!, use, START_MS + 34_000);
    const told = shades.map(({ fromMs, toMs, cores }) => [(fromMs - START_MS) / 1000, (toMs - START_MS) / 1000, cores]);
    expect(told).toEqual([
      [8, 10, 0.5],
      [10, 20, 1],
      [20, 30, 0],
      [30, 34, 0.5],
    ]);
    expect(shadesOf(bars[2]!, use, START_MS + 41_000)).toEqual([
      { fromMs: START_MS + 40_000, toMs: START_MS + 41_000, cores: 0.5 },
    ]);
    const without = await listOf(ALL, []);
    expect(without.use).toBeNull();
    expect(shadesOf(without.bars[1]!, null, START_MS + 34_000).map(({ cores }) => cores)).toEqual([0.5]);
  });

  test("say in words what a process used at a time, against all", async () => {
    const { bars, use } = await listOf(ALL, SAMPLES);
    const plain = (text: string | undefined) => text?.replaceAll(/\s/g, " ");
    const then = (bar: ProcessBar, at: number) => plain(thenText(bar, use, START_MS + at * 1000, START_MS + 100_000));
    expect(then(bars[1]!, 15)).toBe("1 of 1.05 cores, 30 MiB of 34 MiB");
    expect(then(bars[1]!, 25)).toBe("0 of 0 cores, 50 MiB of 54 MiB");
    expect(then(bars[1]!, 9)).toMatch(/^not among the largest; all: /);
    expect(then(bars[2]!, 40.5)).toMatch(/^no sample; all: /);
    expect(then(bars[1]!, 60)).toBeUndefined();
    expect(then(bars[0]!, 90)).toBeUndefined();
    expect(mostFacts(bars[1]!, use, START_MS).map(([name, value]) => `${name} ${plain(value)}`)).toEqual([
      expect.stringMatching(/^most CPU 1 cores from 10/),
      expect.stringMatching(/^most memory 50 MiB from 20/),
    ]);
    expect(mostFacts(bars[2]!, use, START_MS)).toEqual([]);
  });

  test("of a long run are put together, and all CPU time is in them", async () => {
    const samples = Array.from({ length: 5000 }, (_, i): MadeSample => {
      const cpu = { 1: 0.01, 2: i % 7 === 0 ? 0.02 : 0 };
      return { from: 0, at: (i + 1) / 50, cpu, resident: i === 0 ? { 1: MIB, 2: 2 * MIB } : {}, rest: [0, 0.001, 0] };
    });
    const { bars, use } = await listOf(ALL, samples);
    expect(use!.timesMs.length).toBeWithin(250, 502);
    const sum = use!.timesMs.reduce(
      (all, atMs, i) => all + use!.milliCores[i]! * (atMs - (use!.timesMs[i - 1] ?? START_MS)),
      0,
    );
    expect(sum / 1e6).toBeCloseTo(5000 * 0.011 + 715 * 0.02, 1);
    expect(bars[0]!.use!.length).toBeLessThan(3 * 502);
  });
});
