import { describe, expect, test } from "bun:test";
import { DISTRIBUTIONS, MOST_ABOVE, MOST_UNUSED, replay, SEED, uniform } from "../../bench/lib/size-replay.ts";
import { ACCOUNTING, COMMAND, CONTAINER, type Fact, KERNEL, series } from "../../src/catalog/index.ts";
import {
  growsFromRunToRun,
  limitFor,
  percentile,
  roundedUp,
  runsForShare,
  shareBelowHighest,
  spreadWeight,
} from "../../src/recording/sizing-limits.ts";
import { needOf, type RunNeed } from "../../src/recording/sizing-runs.ts";
import { sizesOf } from "../../src/recording/sizing-sizes.ts";
import { run } from "./runs.ts";

const MIB = 2 ** 20;
const MARGINS = { least: 0.05, unknown: 0.25 };
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("a limit by some runs", () => {
  test("of fewer than five is the highest and a margin that says nothing of them", () => {
    expect(limitFor([3, 4, 2, 4], MARGINS)).toEqual({ value: 5, margin: 0.25, base: 4, by: "too few runs" });
  });

  test("has a margin by their spread, and a small one where they do not differ", () => {
    const spread = limitFor([80, 100, 90, 85, 95, 99, 98, 81, 82, 83], MARGINS);
    expect([spread.by, spread.base]).toEqual(["spread", 100]);
    expect(spread.value).toBeCloseTo(100 + (7 / 10 - 7 / 99) * 20, 6);
    const same = limitFor(Array(10).fill(100), MARGINS);
    expect([same.by, same.value]).toEqual(["least margin", 100 * (1 + 0.05 * (1 - 10 / 99))]);
  });

  test("needs no margin with 99 runs, and is then the percentile that 1 of 100 later ones is above", () => {
    expect(spreadWeight(99)).toBe(0);
    expect(limitFor(upTo(98), MARGINS).by).not.toBe("percentile");
    expect(limitFor(upTo(99), MARGINS)).toEqual({ value: 99, margin: 0, base: 99, by: "percentile" });
    expect(limitFor(upTo(199), MARGINS).value).toBe(198);
    expect(limitFor(upTo(999), MARGINS).value).toBe(990);
  });

  test("what the highest of n says, whatever the distribution", () => {
    expect([runsForShare(0.9), runsForShare(0.95), runsForShare(0.99)]).toEqual([29, 59, 299]);
    for (const share of [0.9, 0.95, 0.99]) {
      expect(shareBelowHighest(runsForShare(share))).toBeGreaterThanOrEqual(share);
      expect(shareBelowHighest(runsForShare(share) - 1)).toBeLessThan(share);
    }
  });

  test("a trend is told from chance", () => {
    expect(growsFromRunToRun(upTo(8))).toBe(true);
    expect(growsFromRunToRun(upTo(7))).toBe(false);
    expect(growsFromRunToRun(upTo(8).reverse())).toBe(false);
    expect(growsFromRunToRun([3, 1, 4, 1, 5, 9, 2, 6, 5, 3])).toBe(false);
  });

  test("percentiles are values, and steps are round", () => {
    expect([percentile([5, 1, 3], 0.5), percentile(upTo(20), 0.95), percentile([7], 0.95)]).toEqual([3, 19, 7]);
    expect([roundedUp(0.1 + 0.2, 0.1), roundedUp(1.01, 0.05), roundedUp(0, 16)]).toEqual([0.3, 1.05, 16]);
  });

  test.each([
    ["normal, deviation 5 %", 5],
    ["normal, deviation 10 %", 20],
    ["lognormal, sigma 0.1", 20],
    ["bimodal, 30 % of runs 1.25 times as high", 20],
    ["bimodal, half of the runs 1.5 times as high", 40],
  ] as const)("on replayed runs, %s, the goal is met with %i", (what, runs) => {
    const peaks = DISTRIBUTIONS.find((one) => one.what === what)!;
    const { above, unused } = replay(peaks, runs, uniform(SEED), 400);
    // So few histories leave a little chance.
    expect(above).toBeLessThan(MOST_ABOVE * 1.2);
    expect(unused).toBeLessThan(MOST_UNUSED * 1.02);
  });
});

const NEED: RunNeed = {
  ...{ command: "make", id: "", startedAt: "", end: "complete", machine: "2 CPUs, x64", isCrowded: false },
  ...{ memoryBytes: 100 * MIB, memoryAtMostBytes: 100 * MIB, memoryDoubt: undefined, memoryLimitBytes: Number.NaN },
  ...{ usualCores: 1, busiestCores: 1.5, usableCpus: 4, isThrottled: false, wallSeconds: 50 },
};
const runsOf = (count: number, change: Partial<RunNeed> = {}) =>
  Array.from({ length: count }, () => ({ ...NEED, ...change }));

describe("sizes", () => {
  test("of runs that are alike", () => {
    const { ends, memory, cpu, time } = sizesOf(runsOf(10));
    expect(ends.complete).toBe(10);
    expect(memory).toMatchObject({ runs: 10, requestBytes: 112 * MIB, limitBytes: 112 * MIB, lowerBounds: 0 });
    expect(cpu).toMatchObject({ requestCores: 1, limitCores: 1.8, usableCpus: 4, saturated: 0, throttled: 0 });
    expect(time!.limitSeconds).toBe(120);
  });

  test("peaks that are lower bounds get the margin of a single run, or what is certain", () => {
    const bound = { memoryDoubt: "samples", memoryAtMostBytes: Number.POSITIVE_INFINITY };
    const { memory } = sizesOf([...runsOf(9), ...runsOf(1, bound)]);
    expect(memory).toMatchObject({ lowerBounds: 1, doubt: "samples", limitBytes: 128 * MIB, atMostBytes: undefined });
    expect(memory!.basis.by).toBe("lower bounds");
    const certain = sizesOf([...runsOf(9), ...runsOf(1, { ...bound, memoryAtMostBytes: 110 * MIB })]).memory;
    expect(certain).toMatchObject({ atMostBytes: 110 * MIB, limitBytes: 112 * MIB });
  });

  test("a run that was killed for memory needs more than its limit", () => {
    const killed = { end: "killed for memory", memoryBytes: 190 * MIB, memoryLimitBytes: 200 * MIB } as const;
    const { memory, ends } = sizesOf([...runsOf(10), ...runsOf(1, killed)]);
    expect(memory).toMatchObject({ runs: 10, killedAtBytes: 200 * MIB, limitBytes: 304 * MIB });
    expect([memory!.basis.by, memory!.basis.base]).toEqual(["kill", 200 * MIB]);
    expect(ends["killed for memory"]).toBe(1);
    const ample = sizesOf([
      ...runsOf(10, { memoryBytes: 900 * MIB, memoryAtMostBytes: 900 * MIB }),
      ...runsOf(1, killed),
    ]);
    expect([ample.memory!.basis.by, ample.memory!.killedAtBytes]).toEqual(["least margin", 200 * MIB]);
    const unknown = sizesOf([...runsOf(5), ...runsOf(1, { ...killed, memoryLimitBytes: Number.NaN })]).memory!;
    expect([unknown.killedAtBytes, unknown.limitBytes]).toEqual([Number.NaN, 288 * MIB]);
  });

  test("runs that failed do not count, but no limit is below what they held", () => {
    const failed = runsOf(3, { end: "failed", memoryBytes: 300 * MIB, wallSeconds: 1 });
    const { memory, time, cpu, ends } = sizesOf([...runsOf(10), ...failed]);
    expect([memory!.runs, memory!.highest, memory!.limitBytes]).toEqual([10, 100 * MIB, 304 * MIB]);
    expect([time!.runs, cpu!.runs, ends.failed]).toEqual([10, 10, 3]);
    expect(sizesOf(failed).memory).toMatchObject({ runs: 0, limitBytes: 384 * MIB });
  });

  test("no more CPUs than the command could use, and a note that it used them all, or was held back", () => {
    const pinned = { usualCores: 1.95, busiestCores: 2, usableCpus: 2 };
    const held = { isThrottled: true };
    const { cpu } = sizesOf([...runsOf(4, pinned), ...runsOf(1, held)]);
    expect(cpu).toMatchObject({ requestCores: 1.95, limitCores: 2.4, saturated: 4, throttled: 1, usableCpus: 4 });
    expect(sizesOf(runsOf(5, pinned)).cpu).toMatchObject({ requestCores: 1.95, limitCores: 2 });
  });

  test("what no run knows is not there", () => {
    const nothing = {
      memoryBytes: Number.NaN,
      usualCores: Number.NaN,
      busiestCores: Number.NaN,
      wallSeconds: Number.NaN,
    };
    expect(sizesOf(runsOf(5, nothing))).toMatchObject({ memory: undefined, cpu: undefined, time: undefined });
  });
});

describe("the need of a run", () => {
  const USER = series(COMMAND.cpuSeconds, { mode: "user" });
  const SYSTEM = series(COMMAND.cpuSeconds, { mode: "system" });
  const PEAK = series(COMMAND.memoryPeak);
  const STATUS = series(COMMAND.exitStatus);
  const LIMIT = series(CONTAINER.memoryLimit);
  const KILLS = series(COMMAND.oomKills);
  const WITH_CACHE = series(COMMAND.memoryPeakWithCache);
  /** A group does not count these: without them its peak bounds nothing. */
  const HUGE = series(KERNEL.memoryHugePages);
  const SOURCE = series(ACCOUNTING.info, { resource: "memory_peak", source: "cgroup2" });
  const facts: Fact[] = [
    ["command", "make"],
    ["cpus", "8"],
    ["cpus_allowed", "2"],
    ["machine", "x64"],
    ["started_at", "2026-01-01T00:00:00.000Z"],
  ];
  const of = (exitStatus: number, kills: number) =>
    needOf(
      run(
        [USER, SYSTEM, PEAK, STATUS, LIMIT, KILLS, WITH_CACHE, HUGE, SOURCE],
        [
          [0, 1, 0, 0, MIB, undefined, 512 * MIB, 0, 2 * MIB, 0, 1],
          [2000, 1, 2, 0, 90 * MIB, undefined, 256 * MIB, kills, 95 * MIB, 0, 1],
          [4000, 2, 5, 1, 100 * MIB, exitStatus, 256 * MIB, kills, 120 * MIB, 0, 1],
        ],
        facts,
      ),
    );

  test("has what its series and sources say", () => {
    expect(of(0, 0)).toMatchObject({
      ...{ command: "make", end: "complete", memoryBytes: 100 * MIB, memoryAtMostBytes: 120 * MIB },
      ...{ memoryLimitBytes: 256 * MIB, usualCores: 2, busiestCores: 2, machine: "8 CPUs, x64" },
      startedAt: "2026-01-01T00:00:00.000Z",
    });
    expect(of(0, 0).memoryDoubt).toContain("samples do not see");
  });

  test("ends by failing, or by the kernel for memory", () => {
    expect([of(1, 0).end, of(137, 1).end, of(0, 0).end]).toEqual(["failed", "killed for memory", "complete"]);
  });
});
