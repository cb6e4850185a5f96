import { expect, test } from "bun:test";
import type { RememberedRun } from "../../src/history/remembered-run.ts";
import { trendOf } from "../../src/history/trend.ts";
import { trendText } from "../../src/history/trend-text.ts";

const DAY_MS = 24 * 3600 * 1000;

/** A run of the nth commit whose wall time is this. */
function run(n: number, wall: number, other: Partial<RememberedRun> = {}): RememberedRun {
  return {
    ...{ id: `${n} ${wall}`, startedMs: Date.UTC(2026, 0, 1) + n * DAY_MS, project: "/p", command: "make test" },
    ...{ exitStatus: 0, exitSignal: null, file: "/p/a.prom", branch: "main", isDirty: false, host: "h" },
    ...{ commit: String(n).padStart(40, "c"), machine: "x64", cpuModel: "A", cpus: 8, memoryBytes: 2 ** 34 },
    figures: { wall: { value: wall, highest: wall, source: null } },
    ...other,
  };
}

const STYLE = { width: 80, colour: false, unicode: true };
/** 20 commits, from the 13th on slower. */
const STEP = Array.from({ length: 20 }, (_, n) => run(n, (n < 12 ? 2 : 3) + (n % 3) / 50));

test("runs of one commit are a point with their median; those with changes, and without a commit, one each", () => {
  const dirty = [run(1, 7, { isDirty: true }), run(1, 8, { isDirty: true })];
  const without = [run(2, 4, { commit: null }), run(2, 5, { commit: null })];
  const trend = trendOf("wall", [run(1, 1), run(1, 3), run(1, 2), ...dirty, ...without]);
  expect(trend?.branches[0]?.points.map(({ value, runs }) => [value, runs])).toEqual([
    [2, 3],
    [7, 1],
    [8, 1],
    [4, 1],
    [5, 1],
  ]);
});

test("what would be a change that is none of the program's is left out, and counted", () => {
  const odd = [
    run(1, 90, { command: "make" }),
    run(1, 91, { cpuModel: "B" }),
    run(1, 92, { memoryBytes: 2 ** 33 }),
    run(1, 93, { exitStatus: 2 }),
    run(1, 94, { exitStatus: null, exitSignal: 9 }),
    run(1, 95, { figures: {} }),
  ];
  const trend = trendOf("wall", [...odd, ...STEP]);
  expect(trend?.branches.map(({ points }) => points.length)).toEqual([20]);
  expect(trend?.leftOut).toEqual([
    [1, "of another command"],
    [2, "on another kind of machine"],
    [2, "did not end with status 0"],
    [1, "do not know the figure, or in another way"],
  ]);
});

test("a figure of which much may have been missed, or sampled otherwise, is not compared", () => {
  const cpu = (value: number, highest: number | null, source: string) => ({
    figures: { cpu: { value, highest, source } },
  });
  const known = [run(0, 1, cpu(2, null, "wait4_lower_bound")), run(1, 1, cpu(2, 2.05, "wait4_lower_bound"))];
  expect(trendOf("cpu", [...known, run(2, 1, cpu(2, 2, "wait4"))])?.leftOut.map(([runs]) => runs)).toEqual([1]);
  const memory = (intervalSeconds: number) => ({
    ...{ intervalSeconds, figures: { memory: { value: 9, highest: null, source: "proc_sampled" } } },
  });
  const sampled = [run(0, 1, memory(1)), run(1, 1, memory(0.1)), run(2, 1, memory(0.1))];
  expect(trendOf("memory", sampled)?.branches[0]?.points).toHaveLength(2);
});

test("the change is marked below its commit, with size and chance, in 80 columns", () => {
  const text = trendText(trendOf("wall", STEP)!, STYLE);
  const lines = text.trimEnd().split("\n");
  expect(lines[0]).toBe("wall time of make test");
  expect(lines[1]).toBe("on x64, 8 CPUs, A, 16 GiB");
  expect(lines[3]).toBe("main: 20 points, 2026-01-01 to 2026-01-20");
  expect(lines[4]).toMatch(/^3\.04 s ┤ +[\u2801-\u28ff]/);
  expect(lines[9]).toMatch(/^2\.00 s ┤[\u2801-\u28ff]/);
  const column = lines[10]!.indexOf("1");
  expect(lines[10]!.trim()).toBe("1");
  // Above the mark there is a dot of the new level, before it none.
  const upper = lines.slice(4, 6).map((line) => line.slice(0, column).replace(/^.*┤/, "").trim());
  expect(upper).toEqual(["", ""]);
  expect(lines.slice(4, 6).some((line) => (line[column] ?? " ") !== " ")).toBe(true);
  expect(lines[11]).toMatch(/^ {2}1 {2}\+50 % at c{10} of 2026-01-13: 2\.02 s to 3\.02 s, p=0\.0\d\d, worse$/);
  expect(lines.every((line) => Bun.stringWidth(line) < 80)).toBe(true);
});

test("each branch has a chart on the same scale, the newest first, and ASCII does without braille", () => {
  const topic = [run(30, 1, { branch: "topic" }), run(31, 1, { branch: "topic" })];
  const text = trendText(trendOf("wall", [...STEP, ...topic])!, { ...STYLE, unicode: false });
  expect(text.match(/^\S+: \d+ points/gm)).toEqual(["topic: 2 points", "main: 20 points"]);
  expect(text.match(/^3\.04 s \|/gm)).toHaveLength(2);
  expect(text).toContain("too few points to tell a change from chance: 11 are needed");
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
});

test("as many points as there are, each is drawn; equal ones and a single one too", () => {
  const many = Array.from({ length: 500 }, (_, n) => run(n, 2 + (n % 7) / 100));
  expect(trendText(trendOf("wall", many)!, STYLE)).toContain("no change in 500 points");
  for (const runs of [[run(1, 2)], [run(1, 2), run(2, 2)], [run(1, 0)]])
    expect(trendText(trendOf("wall", runs)!, STYLE)).toMatch(/[\u2801-\u28ff]/);
  expect(trendText(trendOf("cpu", [run(1, 2)])!, STYLE)).toContain("no run that could be shown knows it");
});
