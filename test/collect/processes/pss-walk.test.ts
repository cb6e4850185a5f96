import { describe, expect, test } from "bun:test";
import { TimeBudget } from "../../../src/collect/processes/pss-walk.ts";
import { setUp } from "./collected.ts";
import { BEGUN, PAGE, pair } from "./pair.ts";

describe("proportional memory", () => {
  const PROPORTIONAL = "memory_proportional_bytes";

  test("is read soon after the start, then every five seconds", () => {
    const { sample } = pair("executed");
    const has = Array.from({ length: 12 }, () => PROPORTIONAL in sample());
    expect(has.flatMap((is, i) => (is ? [i] : []))).toEqual([0, 5, 10]);
  });

  test("is read within a second if resident memory is a twentieth above that of all earlier walks", () => {
    const { sample, pages, child } = pair("executed");
    sample();
    pages.take(child, 1);
    expect(Object.keys(sample())).not.toContain(PROPORTIONAL);
    pages.take(child, 50);
    expect(sample()[PROPORTIONAL]).toBe((2 * BEGUN + 40 + 51) * PAGE);
  });

  test("is absent if a process refuses it", () => {
    const { sample, kernel, child } = pair("executed");
    kernel.at(child).forbidden.add("smaps_rollup");
    const keys = Object.keys(sample());
    expect(keys).not.toContain(PROPORTIONAL);
    expect(keys).toContain("memory_peak_bytes");
    expect(keys).toContain("memory_resident_bytes");
  });
});

describe("a time budget", () => {
  test("has a little in advance, is used up, and fills with time up to a share of a minute", () => {
    let now = 0;
    const budget = new TimeBudget(0.01, 50, () => now);
    expect(budget.allows(50)).toBe(true);
    budget.spend(60);
    expect(budget.allows(0)).toBe(false);
    now += 1000;
    expect(budget.allows(0)).toBe(true);
    expect(budget.allows(1)).toBe(false);
    now += 3_600_000;
    expect(budget.allows(600)).toBe(true);
    expect(budget.allows(601)).toBe(false);
  });

  test("that is used up delays a walk", () => {
    const { kernel, sample, start } = setUp();
    // At a hundredth of a millisecond a mebibyte a walk over this would take 60 ms, and more where it has to wait.
    start({ residentPages: (5 * 2 ** 30) / 4096, anonymous: 1000 });
    const walks = () => kernel.reads.filter((read) => read.endsWith("/smaps_rollup")).length;
    sample();
    expect(walks()).toBe(0);
    for (let i = 0; i < 22; i++) sample();
    expect(walks()).toBe(1);
  });
});
