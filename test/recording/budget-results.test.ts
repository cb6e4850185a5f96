import { describe, expect, test } from "bun:test";
import type { BudgetedFigure } from "../../src/catalog/choices.ts";
import { judgeBudgets, type Limit } from "../../src/recording/budget-results.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";

const FIGURES: RunFigures = {
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

const limit = (name: BudgetedFigure, value: number, inclusive = false): Limit => ({
  ...{ text: `${name}<${value}`, name, value, inclusive },
});

const verdict = (one: Limit, changed: Partial<RunFigures> = {}) =>
  judgeBudgets([one], { ...FIGURES, ...changed })[0]!.verdict;

describe("a budget", () => {
  test.each<[BudgetedFigure, number]>([
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
    expect(judgeBudgets([limit(name, 1)], FIGURES)[0]!.measured).toBe(used);
  });

  test("gives the source of its figure", () => {
    expect(
      judgeBudgets([limit("memory", 200), limit("cpu", 1), limit("wall", 1)], FIGURES).map(({ source }) => source),
    ).toEqual(["proc_sampled", "wait4", undefined]);
  });

  test("on a figure that was not measured is inconclusive", () => {
    const { memoryPeakBytes: _, ...without } = FIGURES;
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

  test("on memory is not proven kept by a peak that is a lower bound", () => {
    const sources = new Map([["memory_peak", "proc_sampled_lower_bound"]]);
    expect(verdict(limit("memory", 120), { sources })).toBe("inconclusive");
    expect(verdict(limit("memory", 90), { sources })).toBe("exceeded");
  });

  test("on memory is not proven kept where one process held more between the samples", () => {
    expect(verdict(limit("memory", 120), { memoryLargestProcessBytes: 110 })).toBe("kept");
    expect(verdict(limit("memory", 120), { memoryLargestProcessBytes: 150 })).toBe("inconclusive");
    expect(verdict(limit("memory", 90), { memoryLargestProcessBytes: 150 })).toBe("exceeded");
  });
});
