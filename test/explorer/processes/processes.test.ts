import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { processRows } from "../../../explorer/page/process-rows.ts";
import { criticalPath, type Lived } from "../../../explorer/processes/critical-path.ts";
import type { ProcessBar, ProcessList } from "../../../explorer/processes/process-list.ts";
import { processListOf } from "../../../explorer/processes/read-processes.ts";
import { START_MS } from "../../helpers/recording.ts";
import { tempFolder } from "../../helpers/statexec.ts";
import { type MadeProcess, madeBuild, processRecord } from "../made-processes.ts";

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());

async function listOf(bytes: Uint8Array): Promise<ProcessList> {
  await Bun.write(folder.file("run.processes.jsonl.gz"), bytes);
  return (await processListOf(folder.file("run.prom"), START_MS + 126_000))!;
}

const one = (pid: number, parent: number, start: number, end: number | null, cpu = 0): MadeProcess => {
  return { pid, parent, name: `p${pid}`, start, end, cpu };
};

describe("the critical path", () => {
  const lived = (all: readonly (readonly [start: number, end: number, up: number])[]): Lived[] =>
    all.map(([startMs, endMs, up]) => ({ startMs, endMs, up }));
  const told = (all: readonly Lived[]) => criticalPath(all, 0).map(({ index, fromMs, toMs }) => [index, fromMs, toMs]);

  test("follows the child that ended last before its parent went on, and the rest is the parent's own", () => {
    // 2 ends after 1, so that 1 held up nobody; 3 starts when both are done, and has a child of its own.
    const all = lived([
      [0, 100, -1],
      [10, 30, 0],
      [12, 40, 0],
      [45, 90, 0],
      [50, 70, 3],
    ]);
    expect(told(all)).toEqual([
      [0, 0, 12],
      [2, 12, 40],
      [0, 40, 45],
      [3, 45, 50],
      [4, 50, 70],
      [3, 70, 90],
      [0, 90, 100],
    ]);
  });

  test("leaves out a daemon that outlives its parent", () => {
    const all = lived([
      [0, 100, -1],
      [10, 150, 0],
      [20, 60, 0],
    ]);
    expect(told(all).map(([index]) => index)).toEqual([0, 2, 0]);
  });

  test("covers the run's time once, without a gap, whatever ran", () => {
    const process = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(30));
    fc.assert(
      fc.property(fc.array(process, { maxLength: 60 }), (random) => {
        const all: Lived[] = [{ startMs: 0, endMs: 1000, up: -1 }];
        for (const [a, b, parent] of random) {
          const up = parent % all.length;
          const within = all[up]!;
          const size = within.endMs - within.startMs;
          const times = [a, b].map((n) => within.startMs + (n / 1000) * size).sort((x, y) => x - y);
          all.push({ startMs: times[0]!, endMs: times[1]!, up });
        }
        let untilMs = 0;
        for (const { fromMs, toMs } of criticalPath(all, 0)) {
          expect(fromMs).toBe(untilMs);
          untilMs = toMs;
        }
        expect(untilMs).toBe(1000);
      }),
    );
  });
});

describe("the record of processes", () => {
  test("is absent where there is none", async () => {
    expect(await processListOf(folder.file("other.prom"), 0)).toBeNull();
  });

  test("finds parents although numbers are used again, and keeps what it does not know", async () => {
    const list = await listOf(
      processRecord([
        one(1, 0, 0, 100),
        one(7, 1, 1, 5),
        { ...one(8, 7, 2, 4), more: { exit_status: 3, arguments: ["cc", "-O2"], peak_threads: null } },
        one(7, 1, 10, null),
        one(9, 7, 20, 30, 4),
        // Its parent's number is that of a process that had ended: its parent is not in the record.
        one(10, 8, 25, 26),
      ]),
    );
    expect(list.bars.map(({ name, up }) => [name, up])).toEqual([
      ["p1", -1],
      ["p7", 0],
      ["p8", 1],
      ["p7", 0],
      ["p9", 3],
      ["p10", -1],
    ]);
    expect(list.bars[2]!.others).toEqual({ execs: 1, threads: 1, exit_status: 3, arguments: "cc -O2" });
    expect(list.bars[3]!.endMs).toBeNull();
    expect(list).toMatchObject({ total: 6, left: 0, source: "perf", complete: true, problem: null });
    expect(list.bars[0]!.startMs).toBe(START_MS);
  });

  test("has the processes that matter most of many, each below its nearest ancestor, and counts the rest", async () => {
    const all = madeBuild(10_000);
    const list = await listOf(processRecord(all));
    expect([list.bars.length, list.total, list.left]).toEqual([2000, all.length, all.length - 2000]);
    const names = list.bars.map(({ name }) => name);
    expect(names).toContain("ld");
    expect(names).toContain("make");
    // Shells use nothing, so that most are left out: their compilers stand below make.
    const compiler = list.bars.find(
      ({ name, parent }) => name === "cc1plus" && !list.bars.some(({ pid }) => pid === parent),
    );
    expect(list.bars[compiler!.up]!.name).toBe("make");
    const linker = list.bars.find(({ name }) => name === "ld");
    expect(linker!.pathSeconds).toBeCloseTo(22.9, 6);
    expect(list.path.at(-1)).toMatchObject({ bar: 0, toMs: START_MS + 123_000 });
    // A run whose process with most CPU time is the shortest keeps that.
    const short = await listOf(processRecord([...all, { ...one(5, 100, 50, 50.4), name: "busy", cpu: 3 }]));
    expect(short.bars.map(({ name }) => name)).toContain("busy");
  });

  test("always has the command's own process, and a critical path, however many there are", async () => {
    const all = madeBuild(4000).map((made) => (made.pid === 100 ? { ...made, cpu: 0 } : { ...made, cpu: 9 }));
    expect((await listOf(processRecord(all))).bars[0]!.name).toBe("make");
    const few = (await processListOf(folder.file("run.prom"), START_MS + 126_000, 50))!;
    expect([few.total, few.bars.length + few.left]).toEqual([4000, 4000]);
    expect(few.bars.length).toBeLessThanOrEqual(100);
    expect(few.bars[0]!.name).toBe("make");
    expect(few.path.length).toBeGreaterThan(2);
  });

  test("says what is wrong with it, and shows what came before", async () => {
    const whole = processRecord(madeBuild(50));
    const noEnd = await listOf(processRecord(madeBuild(50), null));
    expect(noEnd.problem).toContain("its last lines are missing");
    expect(noEnd.bars.length).toBe(50);
    const cut = await listOf(whole.subarray(0, whole.length - 20));
    expect(cut.problem).toContain("run.processes.jsonl.gz");
    const text = new TextDecoder().decode(Bun.gunzipSync(whole as Uint8Array<ArrayBuffer>));
    const bad = await listOf(Bun.gzipSync(new TextEncoder().encode(text.replace(/\n.*\n/, "\nnot json\n"))));
    expect(bad.problem).toMatch(/run\.processes\.jsonl\.gz:2: expected a JSON object, got "not json"/);
    expect(bad.bars.length).toBe(1);
    const odd = await listOf(
      Bun.gzipSync(new TextEncoder().encode('{"type":"process","pid":"x","start":"y"}\n{"type":"end"}\n')),
    );
    expect([odd.bars.length, odd.total, odd.problem]).toEqual([0, 1, null]);
  });
});

describe("the rows of processes", () => {
  const bar = ([start, length, parent]: readonly [number, number, number], index: number): ProcessBar => ({
    ...{ pid: index, parent: 0, name: "p", startMs: start, endMs: start + length, cpuSeconds: 0, residentBytes: null },
    ...{ pathSeconds: 0, use: null, others: {}, up: index === 0 ? -1 : parent % index },
  });
  const bars = fc
    .array(fc.tuple(fc.nat(1000), fc.nat(200), fc.nat(40)), { minLength: 1, maxLength: 80 })
    .map((all) => all.sort(([a], [b]) => a - b).map(bar));

  test("have each process below its parent, and no two at the same time in one row", () => {
    fc.assert(
      fc.property(bars, (all) => {
        const { rows, byRow, count } = processRows(all, new Set(), 2000);
        expect(byRow.flat().length).toBe(all.length);
        expect(byRow.length).toBe(count);
        for (const [index, { up }] of all.entries()) if (up >= 0) expect(rows[index]!).toBeGreaterThan(rows[up]!);
        for (const own of byRow)
          for (let at = 1; at < own.length; at++)
            expect(all[own[at]!]!.startMs).toBeGreaterThanOrEqual(all[own[at - 1]!]!.endMs!);
      }),
    );
  });

  test("without what is below a collapsed one", () => {
    fc.assert(
      fc.property(bars, fc.nat(20), (all, pick) => {
        const collapsed = pick % all.length;
        const { rows, byRow } = processRows(all, new Set([collapsed]), 2000);
        const isBelow = (index: number): boolean => {
          const { up } = all[index]!;
          return up >= 0 && (up === collapsed || isBelow(up));
        };
        for (const index of all.keys()) expect(rows[index]! < 0).toBe(isBelow(index));
        expect(byRow.flat().length).toBe(all.filter((_, index) => !isBelow(index)).length);
      }),
    );
  });
});
