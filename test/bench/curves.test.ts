import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Curve, curveTable, fitOf } from "../../bench/lib/curves.ts";

const SIZES = [10, 100, 1000, 5000];
const onLine = (constant: number, slope: number) => SIZES.map((size) => [size, constant + slope * size] as const);

describe("fitOf", () => {
  test("finds the line that points lie on", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (constant, slope) => {
        const fit = fitOf(onLine(constant, slope));
        expect(fit.constant / constant).toBeCloseTo(1, 6);
        expect(fit.slope / slope).toBeCloseTo(1, 6);
        expect(fit.off).toBeCloseTo(0, 6);
      }),
    );
  });

  test("shows at its largest point what grows with the square of its size", () => {
    expect(fitOf(SIZES.map((size) => [size, 100 + size + size ** 2 / 1000])).off).toBeGreaterThan(1);
  });

  test("is not moved by the largest point, which is what it is asked about", () => {
    const points = onLine(50, 3);
    const bent = [...points.slice(0, -1), [5000, 2 * (50 + 3 * 5000)] as const];
    const { constant, slope, off } = fitOf(bent);
    expect([constant, slope, off]).toEqual([expect.closeTo(50, 6), expect.closeTo(3, 6), expect.closeTo(1, 6)]);
  });

  test("counts a point by its own size: noise at a thousand does not hide what none costs", () => {
    const noisy = onLine(50, 3).map(([size, cost], i) => [size, i === 2 ? cost * 1.3 : cost] as const);
    expect(fitOf(noisy).constant).toBeGreaterThan(40);
  });
});

test("a curve is a line of a table", () => {
  const points = new Map(SIZES.map((size) => [size, [1e12, 1000 + 2000 * size]]));
  const curve: Curve = { what: "a walk", per: "process", unit: "ns", points };
  const [, , row] = curveTable([curve]).split("\n");
  expect(row).toBe(
    "| a walk | 10: 21.0 µs, 100: 201 µs, 1,000: 2.00 ms, 5,000: 10.0 ms | ▁▁▂█ | 1.00 µs | 2.00 µs per process | +0 % |",
  );
});
