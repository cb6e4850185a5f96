import { describe, expect, test } from "bun:test";
import type { Block } from "../../src/recording/recording.ts";
import { growth, growthWithin, meanOverTime, sumSeen } from "../../src/recording/span.ts";

const NONE = Number.NaN;
const ALWAYS = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };

/** Points as blocks of two rows, in arrays that are longer than the blocks. */
function blocks(...points: readonly (readonly [atMs: number, value: number])[]): Block[] {
  const all: Block[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const rows = points.slice(i, i + 2);
    const times = Float64Array.from([...rows.map(([atMs]) => atMs), 1, 1]);
    const values = Float64Array.from([...rows.map(([, value]) => value), 1e9, 2e9]);
    all.push({ length: rows.length, times, values });
  }
  return all;
}

describe("growth", () => {
  test.each([
    [1, 3, 2],
    [3, 3, 0],
    [3, 1, NONE],
    [NONE, 1, NONE],
    [0, NONE, NONE],
    [NONE, NONE, NONE],
  ])("from %p to %p is %p", (from, to, expected) => {
    expect(growth(from, to)).toBe(expected);
  });

  test("absent values do not count as 0", () => {
    expect(sumSeen([])).toBe(NONE);
    expect(sumSeen([NONE, NONE])).toBe(NONE);
    expect(sumSeen([NONE, 0])).toBe(0);
    expect(sumSeen([1, NONE, 2])).toBe(3);
  });
});

describe("growthWithin", () => {
  test("counts from the first point to the last, across blocks", () => {
    expect(growthWithin(blocks([0, 5], [1, 7], [2, 7], [3, 12]), ALWAYS).growth).toBe(7);
  });

  test("does not count a fall, and goes on from there", () => {
    expect(growthWithin(blocks([0, 100], [1, 150], [2, 10], [3, 30]), ALWAYS).growth).toBe(70);
    expect(growthWithin(blocks([0, 100], [1, 10]), ALWAYS).growth).toBe(NONE);
  });

  test("counts growth across an absent point", () => {
    expect(growthWithin(blocks([0, NONE], [1, 10], [2, NONE], [3, 25], [4, NONE]), ALWAYS).growth).toBe(15);
  });

  test("includes both ends of the span, and gives the value at its end", () => {
    const points = blocks([0, 1], [1, 2], [2, 4], [3, 8], [4, 16]);
    expect(growthWithin(points, { fromMs: 1, toMs: 3 })).toEqual({ growth: 6, end: 8 });
    expect(growthWithin(points, { fromMs: 1, toMs: 5 })).toEqual({ growth: 14, end: NONE });
    expect(growthWithin(blocks([1, 1], [3, NONE]), { fromMs: 1, toMs: 3 })).toEqual({ growth: NONE, end: NONE });
    expect(growthWithin([], ALWAYS)).toEqual({ growth: NONE, end: NONE });
  });

  test("requests no block after the span", () => {
    const requested: number[] = [];
    function* long(): Iterable<Block> {
      for (let at = 0; at < 100; at++) {
        requested.push(at);
        yield { length: 1, times: Float64Array.of(at), values: Float64Array.of(at) };
      }
    }
    expect(growthWithin(long(), { fromMs: 2, toMs: 9 }).growth).toBe(7);
    expect(requested).toHaveLength(11);
  });
});

describe("meanOverTime", () => {
  const samples = blocks([0, 0], [1000, 0], [3000, 0], [4000, 0], [5000, 0]);

  test("weighs by time, not by samples", () => {
    const { mean, coveredMs } = meanOverTime(blocks([0, 10], [1000, 20], [3000, 20], [4000, 40]), samples, ALWAYS);
    expect(coveredMs).toBe(4000);
    expect(mean).toBe((15 + 40 + 30) / 4);
  });

  test("leaves out a gap, whether the row has no value or there is no row", () => {
    const rows = meanOverTime(blocks([0, 10], [1000, 20], [3000, NONE], [4000, 40], [5000, 50]), samples, ALWAYS);
    const sparse = meanOverTime(blocks([0, 10], [1000, 20], [4000, 40], [5000, 50]), samples, ALWAYS);
    expect(rows).toEqual({ mean: 30, coveredMs: 2000 });
    expect(sparse).toEqual(rows);
  });

  test("is NaN for a single point, or for none", () => {
    expect(meanOverTime(blocks([0, 10]), samples, ALWAYS)).toEqual({ mean: NONE, coveredMs: 0 });
    expect(meanOverTime([], samples, ALWAYS)).toEqual({ mean: NONE, coveredMs: 0 });
  });

  test("includes both ends of the span", () => {
    const gauge = blocks([0, 1e6], [1000, 10], [3000, 30], [4000, 1e6]);
    expect(meanOverTime(gauge, samples, { fromMs: 1000, toMs: 3000 })).toEqual({ mean: 20, coveredMs: 2000 });
  });
});
