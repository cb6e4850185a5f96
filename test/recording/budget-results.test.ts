import { describe, expect, test } from "bun:test";
import type { BudgetedFigure } from "../../src/catalog/choices.ts";
import { judgeBudgets, type Limit, mayEndRun } from "../../src/recording/budget-results.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";

const FIGURES: RunFigures = {
  command: "make",
  wallSeconds: 10,
  cpuUserSeconds: 3,
  cpuSystemSeconds: 1,
  memoryPeakBytes: 100,
  memoryPeakWithCacheBytes: 300,
  hugePagesMostBytes: 0,
  processesMost: 4,
  threadsMost: 8,
  diskReadBytes: 50,
  diskWriteBytes: 60,
  sources: new Map([
    ["cpu", "wait4"],
    ["memory_peak", "proc_sampled"],
    ["io", "proc"],
  ]),
};

const limit = (name: BudgetedFigure, value: number, inclusive = false): Limit => ({
  ...{ text: `${name}<${value}`, name, value, inclusive },
});

const verdict = (one: Limit, changed: Partial<RunFigures> = {}) =>
  judgeBudgets([one], { ...FIGURES, ...changed })[0]!.verdict;

describe("a budget", () => {
  test.each<[BudgetedFigure, number]>([
    ["wall", 10],
    ["cpu", 4],
    ["memory-with-cache", 300],
    ["read", 50],
    ["written", 60],
  ])("for %s is kept below %d, and exceeded at it unless it may be reached", (name, used) => {
    expect(verdict(limit(name, used + 1))).toBe("kept");
    expect(verdict(limit(name, used))).toBe("exceeded");
    expect(verdict(limit(name, used, true))).toBe("kept");
    expect(verdict(limit(name, used - 1, true))).toBe("exceeded");
    expect(judgeBudgets([limit(name, 1)], FIGURES)[0]!.measured).toBe(used);
  });

  test.each<[BudgetedFigure, number, Partial<RunFigures>]>([
    ["memory", 100, { memoryPeakWithCacheBytes: 150, sources: new Map([["memory_peak", "cgroup2"]]) }],
    ["processes", 4, { forks: 8 }],
    ["threads", 8, { forks: 12 }],
  ])("for %s, which samples see, is kept only by a bound above them", (name, used, bounded) => {
    const { memoryPeakWithCacheBytes: _, ...sampled } = FIGURES;
    const [result] = judgeBudgets([limit(name, 1000)], sampled);
    expect(result).toMatchObject({ verdict: "inconclusive", measured: used, lowest: used, highest: Infinity });
    expect(result!.reason).toStartWith("samples do not see what ");
    expect(verdict(limit(name, used), bounded)).toBe("exceeded");
    expect(verdict(limit(name, used, true), bounded)).toBe("inconclusive");
    expect(verdict(limit(name, 1000), bounded)).toBe("kept");
  });

  test("says what would tell more where it is inconclusive, and nothing where it is not", () => {
    const { memoryPeakWithCacheBytes: _, ...sampled } = FIGURES;
    const limits = [limit("memory", 200), limit("processes", 9), limit("cpu", 9)];
    const settled = judgeBudgets(limits, sampled).map(({ settledBy }) => settledBy);
    expect(settled).toEqual(["with --cgroup auto", "with --cgroup auto, or at a shorter --interval", undefined]);
    const hidden = { ...sampled, sources: new Map([["io", "proc_lower_bound"]]) };
    expect(judgeBudgets([limit("read", 99)], hidden)[0]!.settledBy).toBe("as root");
  });

  test("gives the source of its figure", () => {
    expect(
      judgeBudgets([limit("memory", 200), limit("cpu", 1), limit("wall", 1)], FIGURES).map(({ source }) => source),
    ).toEqual(["proc_sampled", "wait4", undefined]);
  });

  test("on a figure that was not measured is inconclusive", () => {
    const { memoryPeakBytes: _, memoryPeakWithCacheBytes: __, ...without } = FIGURES;
    expect(judgeBudgets([limit("memory", 1)], without)[0]).toMatchObject({
      verdict: "inconclusive",
      measured: undefined,
    });
  });

  test("with a lower bound can be proven exceeded, never kept", () => {
    const sources = new Map([["cpu", "wait4_lower_bound"]]);
    expect(verdict(limit("cpu", 3), { sources })).toBe("exceeded");
    expect(verdict(limit("cpu", 5), { sources })).toBe("inconclusive");
  });

  test("on memory names the process that held more than the samples saw", () => {
    const { memoryPeakWithCacheBytes: _, ...sampled } = FIGURES;
    const [result] = judgeBudgets([limit("memory", 2 ** 30)], { ...sampled, memoryLargestProcessBytes: 2 ** 29 });
    expect(result!.verdict).toBe("inconclusive");
    expect(result!.reason).toBe("one process held 512 MiB, files included; samples saw 100 B");
  });

  test("that is relative is inconclusive where the runs are not comparable", () => {
    const relative = (interval: number): Limit => ({
      ...limit("threads", 7),
      baselines: [{ ...FIGURES, intervalSeconds: interval }],
    });
    expect(verdict(relative(1), { intervalSeconds: 1 })).toBe("exceeded");
    const [other] = judgeBudgets([relative(1)], { ...FIGURES, intervalSeconds: 0.1 });
    expect(other).toMatchObject({ verdict: "inconclusive", reason: "sampled every 1 s of the base, every 0.1 s now" });
    expect([mayEndRun(relative(1), 1), mayEndRun(relative(1), 0.1), mayEndRun(limit("cpu", 1), 9)]).toEqual([
      ...[true, false, true],
    ]);
  });
});
