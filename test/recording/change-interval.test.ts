import { expect, test } from "bun:test";
import { changeInterval, intervalOf, mulberry32 } from "../../src/recording/change-interval.ts";
import { effort } from "../helpers/effort.ts";

test("the generator is mulberry32", () => {
  // Of the reference in C, seed 1.
  const random = mulberry32(1);
  expect([random(), random(), random()].map((value) => Math.round(value * 2 ** 32))).toEqual([
    2693262067, 11749833, 2265367787,
  ]);
});

test("the ratio is that of the medians, and the interval has it inside", () => {
  const base = [1, 1.1, 0.9, 1.05, 5];
  const { ratio, lowest, highest } = changeInterval(base, [2, 2.2, 1.9, 2.1, 2])!;
  expect(ratio).toBeCloseTo(2 / 1.05, 9);
  expect(lowest).toBeLessThan(ratio);
  expect(highest).toBeGreaterThan(ratio);
  // A run that was disturbed widens one side, and does not carry the interval away.
  expect(lowest).toBeGreaterThan(0.3);
  expect(changeInterval(base, base)!.ratio).toBe(1);
});

test("the same runs have the same interval, in any order", () => {
  const [base, next] = [
    [1, 1.2, 1.1, 1.3, 1],
    [2, 2.5, 2.2, 2.1, 2.3],
  ];
  expect(changeInterval(base!, next!)).toEqual(changeInterval(base!.toReversed(), next!.toSorted()));
});

test("equal runs are known exactly; too few runs, and a median that may be 0, not at all", () => {
  expect(changeInterval([2, 2, 2, 2, 2], [3, 3, 3, 3, 3])).toEqual({ ratio: 1.5, lowest: 1.5, highest: 1.5 });
  expect(changeInterval([1, 2, 3, 4], [1, 2, 3, 4, 5])).toBeUndefined();
  expect(changeInterval([0, 1, 1, 1, 1], [1, 1, 1, 1, 1])).toBeUndefined();
});

test("what cannot be compared has no interval", () => {
  const runs = Array.from({ length: 5 }, () => ({ command: "x", wallSeconds: 2, sources: new Map() }));
  const one = { what: "wall time" } as const;
  expect(intervalOf({ ...one, verdict: "same" }, runs, runs)?.ratio).toBe(1);
  expect(intervalOf({ ...one, verdict: "not comparable" }, runs, runs)).toBeUndefined();
  expect(intervalOf({ what: "no figure", verdict: "same" }, runs, runs)).toBeUndefined();
});

/** Times as machines have them: never below a floor, some far above it. */
function times(random: () => number, count: number, scale: number): number[] {
  return Array.from({ length: count }, () => scale * Math.exp(0.1 * gaussian(random) + (random() < 0.1 ? 0.3 : 0)));
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

test.each([5, 10, 30])("of intervals of %d runs, 95 of 100 hold the true ratio", (count) => {
  const random = mulberry32(count);
  const tries = effort(2000);
  let held = 0;
  for (let i = 0; i < tries; i++) {
    const { lowest, highest } = changeInterval(times(random, count, 1), times(random, count, 1.2))!;
    if (lowest <= 1.2 && 1.2 <= highest) held++;
  }
  // Three standard errors below 95 %.
  expect(held / tries).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / tries));
});
