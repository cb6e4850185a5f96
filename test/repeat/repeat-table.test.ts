import { expect, test } from "bun:test";
import type { RunFigures } from "../../src/recording/run-figures.ts";
import type { MeasuredRun } from "../../src/repeat/done-runs.ts";
import { reasonOf } from "../../src/repeat/outlier-reasons.ts";
import { describe as described, isMeanKnown, meanMargin, slowRuns } from "../../src/repeat/repeat-statistics.ts";
import { seriesTable } from "../../src/repeat/repeat-table.ts";

/** Runs of a command that took these times, 0.8 s of CPU time each. */
function runsOf(walls: readonly number[], last: Partial<RunFigures> = {}): MeasuredRun[] {
  return walls.map((wallSeconds, i) => {
    const usual = {
      ...{ command: "make", exitStatus: 0, wallSeconds, cpuUserSeconds: 0.6, cpuSystemSeconds: 0.2 },
      ...{ machineCpuSeconds: 1, throttledSeconds: 0, runDelaySeconds: 0.01, diskReadBytes: 0, contextSwitches: 100 },
      sources: new Map([["cpu", "wait4"]]),
    };
    return { run: i + 1, figures: i === walls.length - 1 ? { ...usual, ...last } : usual };
  });
}

/** Ten of Michelson's measurements of the speed of light of 1879, in thousands of km/s. */
const MICHELSON = [299.85, 299.74, 299.9, 300.07, 299.93, 299.85, 299.95, 299.98, 299.98, 299.88];

test("values are described as by hand", () => {
  const { runs, mean, median, spread, least, most } = described(MICHELSON);
  expect([runs, least, most]).toEqual([10, 299.74, 300.07]);
  expect(median).toBeCloseTo(299.915, 9);
  expect(mean).toBeCloseTo(299.913, 9);
  // The squares of the distances from the mean add up to 0.07441.
  expect(spread).toBeCloseTo(Math.sqrt(0.07441 / 9), 9);
  expect(described([5]).spread).toBeNaN();
});

/** Of scipy 1.17: t.ppf(0.975, n - 1) * standard deviation / sqrt(n). */
test.each([
  [[1, 2, 3, 4, 5], 1.963243],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 2.165851],
  [MICHELSON, 0.065046],
])("the mean of %j is known to ±%d", (values, margin) => {
  expect(meanMargin(values) / margin).toBeCloseTo(1, 2);
  const share = margin / described(values).mean;
  expect([isMeanKnown(values, share * 1.01), isMeanKnown(values, share * 0.99)]).toEqual([true, false]);
});

test("fewer than five values are never known well enough", () => {
  expect(isMeanKnown([1, 1, 1, 1], 0.5)).toBe(false);
  expect(isMeanKnown([1, 1, 1, 1, 1], 0)).toBe(true);
});

const USUAL = [1, 1.01, 1.02, 0.99, 1, 1.01, 0.98] as const;

test.each([
  [[...USUAL, 1.6], [8]],
  [[1.6, ...USUAL], [1]],
  [[...USUAL, 1.03], []],
  [[1, 1, 1, 1, 1, 1.04], []],
  [[1, 1, 1, 1, 1, 1.06], [6]],
  [[0.001, 0.001, 0.001, 0.001, 0.001, 0.009], []],
  [[1, 1, 1, 5], []],
  [[1, 2, 3, 4, 5, 6], []],
])("of runs of %j s, %j took far longer", (walls, slow) => {
  expect(slowRuns(runsOf(walls)).map(({ run }) => run)).toEqual(slow);
});

const REASONS: readonly [figures: Partial<RunFigures>, reason: string][] = [
  [{}, "nothing in its recording tells why"],
  [{ throttledSeconds: 0.5 }, "a CPU quota held it back for 500 ms more"],
  [
    { machineCpuSeconds: 2.2, runDelaySeconds: 0.41 },
    "other processes used 1.20 s more CPU time while it waited for a CPU",
  ],
  [{ machineCpuSeconds: 2.2 }, "nothing in its recording tells why"],
  [{ diskReadBytes: 120 * 2 ** 20 }, "it read 120 MiB more from storage: the page cache was cold"],
  [{ cpuUserSeconds: 1.2, machineCpuSeconds: 1.6 }, "it used 600 ms more CPU time itself"],
  [{ throttledSeconds: 0.05, diskReadBytes: 1000 }, "nothing in its recording tells why"],
  [
    { throttledSeconds: 0.3, diskReadBytes: 2 ** 21 },
    "a CPU quota held it back for 300 ms more; it read 2 MiB more from storage: the page cache was cold",
  ],
];

test.each(REASONS)("a slow run with %j: %s", (figures, reason) => {
  const runs = runsOf([...USUAL, 1.6], figures);
  expect(reasonOf(runs.at(-1)!, runs)).toBe(reason);
});

test("the table has 80 columns, a row for each figure that is known, and notes below", () => {
  const runs = runsOf([...USUAL, 1.6], { throttledSeconds: 0.5, exitStatus: 3 });
  const text = seriesTable(`make ${"x".repeat(100)}\n\u001b[31m`, runs);
  const lines = text.split("\n");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(text).not.toContain("\u001b");
  expect(lines[0]).toStartWith("8 runs of make xxx");
  expect(lines[2]!.trim().split(/ +/)).toEqual(["mean", "median", "spread", "min", "max"]);
  expect(lines.find((line) => line.startsWith("wall time"))!.split(/ {2,}/)).toEqual([
    "wall time",
    "1.08 s",
    "1.00 s",
    "212 ms",
    "980 ms",
    "1.60 s",
  ]);
  expect(text).not.toContain("peak memory");
  expect(text).toContain("1 of 8 runs failed: 8.");
  expect(text).toContain("Run 8 took longer, 1.60 s: a CPU quota held it back for 500 ms more.");
});

test("a figure that some runs lack is said to be", () => {
  const runs = runsOf([1, 1.1, 1.2], { contextSwitches: undefined as never });
  expect(seriesTable("make", runs)).toContain("switches: known of 2 of 3 runs only.");
});
