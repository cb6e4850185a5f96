import { describe, expect, test } from "bun:test";
import { METRICS } from "../../src/catalog/index.ts";
import { COLLECTORS, machineCollectors } from "../../src/collect/registry.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import {
  type Apart,
  collectorOf,
  growthPerSecond,
  ownClock,
  READ_ORDER,
  ReadTimes,
  shareOfTime,
} from "../../src/recording/read-times.ts";

const CERTAIN: Apart = { shortestMs: 1000, longestMs: 1000 };

describe("who reads a counter", () => {
  test("is known of every counter of this machine", () => {
    const counters = machineCollectors(kernelFs()).flatMap((collector) =>
      collector
        .describe()
        .filter(({ metric }) => metric.type === "counter")
        .map(({ metric }) => [metric.name, collector.name] as const),
    );
    expect(new Set(counters.map(([, name]) => name)).size).toBeGreaterThan(4);
    for (const [metric, name] of counters) expect([metric, collectorOf(metric)]).toEqual([metric, name]);
  });

  test("is known of every counter in the catalogue but those of the recorder", () => {
    const unknown = METRICS.filter(({ type, name }) => type === "counter" && collectorOf(name) === undefined);
    expect(unknown.map(({ name }) => name)).toEqual([
      "ticks_missed",
      "collector_failures",
      "recorder_collector_seconds",
      "recorder_journal_bytes",
    ]);
  });

  test("is asked in the order of the registry", () => {
    const machine = COLLECTORS.map(({ name }) => name);
    expect(READ_ORDER.filter((name) => machine.includes(name)) as string[]).toEqual(machine);
  });
});

describe("the time between two readings", () => {
  const times = Float64Array.of(100, 1100, 2100);
  const blocks = (...values: number[]) => [{ length: values.length, times, values: Float64Array.from(values) }];
  // Of the second sample, the CPU's file took half a second, and the disks' a tenth.
  const taken = new Map([
    ["cpu", blocks(0.001, 0.501, 0.502)],
    ["disk", blocks(0.002, 0.102, 0.104)],
  ]);
  const reads = new ReadTimes(taken, times, 100);

  test.each<[string, string, number, number, Apart]>([
    ["the first file", "cpu_seconds", 1, 2, { shortestMs: 500, longestMs: 1001 }],
    ["a later one", "disk_busy_seconds", 1, 2, { shortestMs: 401, longestMs: 503 }],
    ["at the start the files were read at the stamp", "disk_busy_seconds", 0, 1, { shortestMs: 1497, longestMs: 1600 }],
    ["a counter of an unknown collector", "ticks_missed", 1, 2, { shortestMs: 400, longestMs: 1003 }],
  ])("%s", (_, metric, from, to, expected) => {
    const { shortestMs, longestMs } = reads.of(metric).apart(from, to);
    expect(shortestMs).toBeCloseTo(expected.shortestMs, 9);
    expect(longestMs).toBeCloseTo(expected.longestMs, 9);
  });

  test("is that of the stamps where it is not recorded how long the collectors took", () => {
    expect(new ReadTimes(new Map(), times, 100).of("cpu_seconds").apart(0, 2)).toEqual({
      shortestMs: 2000,
      longestMs: 2000,
    });
  });
});

describe("a rate", () => {
  test("of what grows by a second in a second at most is over the longest time", () => {
    expect(shareOfTime(0.5, { shortestMs: 500, longestMs: 2000 })).toBe(0.25);
    expect(shareOfTime(0, CERTAIN)).toBe(0);
    // Stamps are whole milliseconds.
    expect(shareOfTime(1.0009, CERTAIN)).toBe(1);
    expect(shareOfTime(1.003, CERTAIN)).toBeGreaterThan(1);
  });

  test("of anything else is over the middle, or over the longest time where the doubt is large", () => {
    expect(growthPerSecond(102, { shortestMs: 1000, longestMs: 1040 })).toBe(100);
    expect(growthPerSecond(100, { shortestMs: 10, longestMs: 1000 })).toBe(100);
  });

  test("of a CPU is by its own times, unless they leave idle time out", () => {
    expect(ownClock(1.02, CERTAIN)).toEqual({ shortestMs: 1020, longestMs: 1020 });
    expect(ownClock(0.5, CERTAIN)).toBe(CERTAIN);
    expect(ownClock(Number.NaN, CERTAIN)).toBe(CERTAIN);
    expect(ownClock(1.4, CERTAIN)).toBe(CERTAIN);
    expect(ownClock(2, { shortestMs: 100, longestMs: 3000 }).longestMs).toBe(2000);
  });
});
