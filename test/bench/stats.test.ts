import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { median, medianAbsoluteDeviation, quantile, ratioOfMedians } from "../../bench/lib/stats.ts";

const figures = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 40 });

describe("quantile", () => {
  test.each([
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 2, 3], 0.5, 2.5],
    [[10, 9, 100], 0.5, 10],
    [[0, 10], 0.25, 2.5],
    [[5], 0.9, 5],
    [[1, 2, 3], 0, 1],
    [[1, 2, 3], 1, 3],
  ])("of %p at %p is %p", (values, q, expected) => {
    expect(quantile(values, q)).toBe(expected);
  });

  test("of no values is NaN", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });

  test("does not change the values", () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });

  test("never falls as q rises", () => {
    fc.assert(
      fc.property(figures, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        expect(quantile(values, q)).toBeGreaterThanOrEqual(quantile(values, q / 2));
      }),
    );
  });
});

describe("medianAbsoluteDeviation", () => {
  test("does not depend on one stalled round", () => {
    expect(medianAbsoluteDeviation([10, 11, 12, 13, 14])).toBe(1);
    expect(medianAbsoluteDeviation([10, 11, 12, 13, 10_000])).toBe(1);
  });

  test("does not depend on an offset of the values", () => {
    fc.assert(
      fc.property(figures, fc.integer({ min: -1000, max: 1000 }), (values, shift) => {
        const shifted = values.map((value) => value + shift);
        expect(medianAbsoluteDeviation(shifted)).toBeCloseTo(medianAbsoluteDeviation(values), 6);
      }),
    );
  });
});

describe("ratioOfMedians", () => {
  test("of proportional figures is their proportion, with no width", () => {
    const divisors = [10, 12, 9, 30, 11];
    const doubled = divisors.map((value) => value * 2);
    expect(ratioOfMedians(doubled, divisors)).toEqual({ value: 2, low: 2, high: 2 });
  });

  test("gives the same interval for the same figures", () => {
    const values = [21, 19, 25, 18, 30];
    const divisors = [10, 12, 9, 11, 10];
    expect(ratioOfMedians(values, divisors)).toEqual(ratioOfMedians(values, divisors)!);
  });

  test("has an interval of 95 %: by the binomial law, 2 to 8 for the median of nine, where 90 % would be 3 to 7", () => {
    expect(ratioOfMedians([1, 2, 3, 4, 5, 6, 7, 8, 9], Array(9).fill(1))).toEqual({ value: 5, low: 2, high: 8 });
  });

  test("is wider for noisier figures", () => {
    const divisors = Array(20).fill(10);
    const width = (noise: number) => {
      const values = divisors.map((_, i) => 20 + (i % 2 === 0 ? noise : -noise));
      const { low, high } = ratioOfMedians(values, divisors)!;
      return high - low;
    };
    expect(width(5)).toBeGreaterThan(width(1));
  });

  test("lies in its interval", () => {
    fc.assert(
      fc.property(figures, (values) => {
        const divisors = values.map((_, i) => 1 + i);
        const { value, low, high } = ratioOfMedians(values, divisors)!;
        expect(low).toBeLessThanOrEqual(high);
        expect(value).toBe(median(values) / median(divisors));
      }),
      { numRuns: 20 },
    );
  });

  test.each([[[0, 0, 0]], [[-1, 5, -1]]])("by %p is undefined", (divisors) => {
    expect(ratioOfMedians([1, 2, 3], divisors)).toBeUndefined();
  });

  test("of no values is undefined", () => {
    expect(ratioOfMedians([], [])).toBeUndefined();
  });

  test("of unpaired figures is an error", () => {
    expect(() => ratioOfMedians([1, 2], [1])).toThrow("2 values for 1 divisors");
  });
});
