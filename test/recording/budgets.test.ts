import { describe, expect, test } from "bun:test";
import { type BudgetName, judge, type Limit } from "../../src/recording/budgets.ts";
import type { Figures } from "../../src/recording/figures.ts";

const FIGURES: Figures = {
  command: "make",
  wallSeconds: 10,
  cpuUserSeconds: 3,
  cpuSystemSeconds: 1,
  memoryPeakBytes: 100,
  memoryPeakWithCacheBytes: 300,
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

const limit = (name: BudgetName, value: number, inclusive = false): Limit => ({
  ...{ text: `${name}<${value}`, name, value, inclusive },
});

const verdict = (one: Limit, changed: Partial<Figures> = {}) => judge([one], { ...FIGURES, ...changed })[0]!.verdict;

describe("a budget", () => {
  test.each<[BudgetName, number]>([
    ["wall", 10],
    ["cpu", 4],
    ["memory", 100],
    ["memory-with-cache", 300],
    ["processes", 4],
    ["threads", 8],
    ["read", 50],
    ["written", 60],
  ])("for %s is kept below %d, and exceeded at it unless it may be reached", (name, used) => {
    expect(verdict(limit(name, used + 1))).toBe("kept");
    expect(verdict(limit(name, used))).toBe("exceeded");
    expect(verdict(limit(name, used, true))).toBe("kept");
    expect(verdict(limit(name, used - 1, true))).toBe("exceeded");
    expect(judge([limit(name, 1)], FIGURES)[0]!.measured).toBe(used);
  });

  test("says how its figure is known", () => {
    expect(
      judge([limit("memory", 200), limit("cpu", 1), limit("wall", 1)], FIGURES).map(({ source }) => source),
    ).toEqual(["proc_sampled", "wait4", undefined]);
  });

  test("of what was not measured is inconclusive", () => {
    const { memoryPeakBytes: _, ...without } = FIGURES;
    expect(judge([limit("memory", 1)], without)[0]).toMatchObject({ verdict: "inconclusive", measured: undefined });
  });

  test("over a lower bound is proven to be exceeded by it, and never to be kept", () => {
    const sources = new Map([["cpu", "wait4_lower_bound"]]);
    expect(verdict(limit("cpu", 3), { sources })).toBe("exceeded");
    expect(verdict(limit("cpu", 5), { sources })).toBe("inconclusive");
  });

  test("for memory is not proven to be kept by a peak that was not looked into", () => {
    const sources = new Map([["memory_peak", "proc_sampled_lower_bound"]]);
    expect(verdict(limit("memory", 120), { sources })).toBe("inconclusive");
    expect(verdict(limit("memory", 90), { sources })).toBe("exceeded");
  });

  test("for memory is not proven to be kept where one process held more between the samples", () => {
    expect(verdict(limit("memory", 120), { memoryLargestProcessBytes: 110 })).toBe("kept");
    expect(verdict(limit("memory", 120), { memoryLargestProcessBytes: 150 })).toBe("inconclusive");
    expect(verdict(limit("memory", 90), { memoryLargestProcessBytes: 150 })).toBe("exceeded");
  });
});
