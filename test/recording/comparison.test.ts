import { describe, expect, test } from "bun:test";
import { commandsOf, compareRuns } from "../../src/recording/comparison.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";

const MIB = 2 ** 20;

function of(figures: Partial<RunFigures>): RunFigures {
  return { command: "make", sources: new Map(), ...figures };
}

function verdict(base: readonly Partial<RunFigures>[], next: readonly Partial<RunFigures>[], noise = 0.05) {
  return compareRuns(base.map(of), next.map(of), noise).map((one) => [one.what, one.verdict]);
}

const wall = (...all: readonly number[]) => all.map((wallSeconds) => ({ wallSeconds }));

describe("single runs", () => {
  test.each<[number, number, string]>([
    [10, 10, "same"],
    [10, 10.5, "same"],
    [10, 9.5, "same"],
    [10, 10.51, "worse"],
    [10, 9.49, "better"],
    [0.002, 0.006, "same"],
    [0, 0, "same"],
    [0, 1, "worse"],
  ])("%d s, then %d s is %s", (base, next, expected) => {
    expect(verdict(wall(base), wall(next))).toEqual([["wall time", expected]]);
  });

  test("are the same within the noise", () => {
    expect(verdict(wall(10), wall(11.9), 0.2)).toEqual([["wall time", "same"]]);
    expect(verdict(wall(10), wall(10.2), 0)).toEqual([["wall time", "worse"]]);
  });
});

describe("several runs", () => {
  const FIVE = [10, 10.1, 10.2, 10.3, 10.4] as const;
  const scaled = (by: number) => wall(...FIVE.map((seconds) => seconds * by));

  test("are worse or better where chance does not explain a difference above the noise", () => {
    expect(verdict(scaled(1), scaled(1.15))).toEqual([["wall time", "worse"]]);
    expect(verdict(scaled(1.15), scaled(1))).toEqual([["wall time", "better"]]);
    // Surely slower, but within the noise.
    expect(verdict(scaled(1), scaled(1.045))).toEqual([["wall time", "same"]]);
    expect(verdict(scaled(1), scaled(1.045), 0.01)).toEqual([["wall time", "worse"]]);
  });

  test("are the same where chance explains the difference, and that is said", () => {
    const [row] = compareRuns(wall(10, 14, 18, 9, 15).map(of), wall(13, 20, 16, 19, 11).map(of), 0.05);
    expect(row).toMatchObject({
      verdict: "same",
      reason: "the medians differ by more than the noise, as they may by chance",
    });
  });

  test("one run that was disturbed on either side does not change the verdict", () => {
    expect(verdict(wall(...FIVE), wall(10, 10.1, 10.2, 10.3, 90))).toEqual([["wall time", "same"]]);
    const disturbed = wall(...FIVE, 10.5, 10.6, 90);
    expect(verdict(disturbed, wall(...FIVE.map((seconds) => seconds + 2), 12.5, 12.6, 12.7))).toEqual([
      ["wall time", "worse"],
    ]);
  });

  test("that are too few to tell a change from chance are not comparable", () => {
    const [row] = compareRuns(wall(10, 10.1).map(of), wall(12, 12.1).map(of), 0.05);
    expect(row).toMatchObject({
      verdict: "not comparable",
      reason: "2 and 2 runs are too few to tell a change from chance",
    });
    expect(verdict(wall(10, 10.1), wall(10.2, 10.3))).toEqual([["wall time", "same"]]);
    expect(verdict(wall(10, 10.1, 10.2), wall(12, 12.1, 12.2))).toEqual([["wall time", "worse"]]);
  });

  test("have to differ more clearly where more figures are compared", () => {
    const both = (wallSeconds: readonly number[], peaks: readonly number[]) =>
      wallSeconds.map((seconds, i) => ({ wallSeconds: seconds, memoryPeakBytes: peaks[i]! * 2 ** 30 }));
    const [old, now] = [
      [10, 10.1, 10.2],
      [11.6, 11.7, 12],
    ] as const;
    expect(verdict(wall(...old), wall(...now))).toEqual([["wall time", "worse"]]);
    expect(verdict(both(old, [1, 2, 3]), both(now, [2, 3, 1]))).toEqual([
      ["wall time", "not comparable"],
      ["peak memory", "same"],
    ]);
  });

  test("show their medians", () => {
    const [row] = compareRuns(wall(1, 9, 2).map(of), wall(4, 6).map(of), 0.05);
    expect(row).toMatchObject({ base: 2, next: 5 });
  });

  test("against a single one are compared by their median and the noise", () => {
    expect(verdict(wall(8, 10, 12), wall(10.4))).toEqual([["wall time", "same"]]);
    expect(verdict(wall(8, 10, 12), wall(11))).toEqual([["wall time", "worse"]]);
  });
});

test("a figure that neither side has is left out; one that only one side has is not comparable", () => {
  expect(verdict([{}], [{}])).toEqual([]);
  const [row] = compareRuns([of({ memoryPeakBytes: MIB })], [of({})], 0.05);
  expect(row).toEqual({
    ...{ what: "peak memory", unit: "bytes", base: MIB, next: undefined },
    ...{ verdict: "not comparable", reason: "not known now" },
  });
});

test("instructions are compared where both sides counted all of them", () => {
  const counted = (instructions: number, source: string) =>
    of({ instructions, sources: new Map([["instructions", source]]) });
  const verdictOf = (base: number, now: number, source = "perf", old = source) =>
    compareRuns([counted(base, old)], [counted(now, source)], 0.01).map((row) => [row.what, row.unit, row.verdict]);
  expect(verdictOf(5e9, 5.2e9)).toEqual([["instructions", "count", "worse"]]);
  expect(verdictOf(5e9, 5.02e9)).toEqual([["instructions", "count", "same"]]);
  // A start of a program is not the same twice.
  expect(verdictOf(150_000, 240_000)).toEqual([["instructions", "count", "same"]]);
  expect(verdictOf(5e9, 4e9, "perf_unwatched")).toEqual([["instructions", "count", "better"]]);
  expect(verdictOf(5e9, 4e9, "perf_unwatched", "perf")).toEqual([["instructions", "count", "not comparable"]]);
  expect(verdictOf(5e9, 4e9, "perf_lower_bound")).toEqual([["instructions", "count", "not comparable"]]);
});

test("figures from other sources, or lower bounds, are not comparable", () => {
  const peak = (name: string) => of({ memoryPeakBytes: 9 * MIB, sources: new Map([["memory_peak", name]]) });
  const [other] = compareRuns([peak("proc_sampled")], [peak("cgroup2")], 0.05);
  expect(other).toMatchObject({
    verdict: "not comparable",
    reason: "as samples saw it for the base, by its control group now",
  });
  const [bound] = compareRuns([peak("x_lower_bound")], [peak("x_lower_bound")], 0.05);
  expect(bound).toMatchObject({
    verdict: "not comparable",
    reason: "a lower bound: samples do not see what is held between them",
  });
  expect(compareRuns([peak("cgroup2")], [peak("cgroup2")], 0.05)[0]).toMatchObject({ verdict: "same" });
});

test("the machine's figures are compared where the command's own are not known", () => {
  const machine = { machineCpuSeconds: 5, machineDiskReadBytes: 0 };
  const own = { cpuUserSeconds: 1, cpuSystemSeconds: 2, diskReadBytes: 0 };
  expect(verdict([machine], [machine]).map(([what]) => what)).toEqual([
    "CPU time of the machine",
    "read from disks, machine",
  ]);
  const both = { ...machine, ...own };
  expect(verdict([both], [both]).map(([what]) => what)).toEqual(["CPU time", "read from storage"]);
});

test.each<[Partial<RunFigures>, Partial<RunFigures>, string]>([
  [{ exitStatus: 0 }, { exitStatus: 0 }, "same"],
  [{ exitStatus: 0 }, { exitStatus: 1 }, "worse"],
  [{ exitStatus: 0 }, { exitSignal: 9 }, "worse"],
  [{ exitStatus: 2 }, { exitStatus: 0 }, "better"],
  [{ exitStatus: 2 }, { exitStatus: 3 }, "not comparable"],
  [{ exitStatus: 2 }, {}, "not comparable"],
])("a run that ended with %j, then %j is %s", (base, next, expected) => {
  expect(verdict([base], [next])).toEqual([["exit status", expected]]);
});

test("one failed run makes its side failed", () => {
  expect(verdict([{ exitStatus: 0 }, { exitStatus: 0 }], [{ exitStatus: 0 }, { exitStatus: 1 }])).toEqual([
    ["exit status", "worse"],
  ]);
});

test("the commands of all runs, each once", () => {
  expect(commandsOf([of({}), of({ command: "ls" }), of({})])).toEqual(["make", "ls"]);
});
