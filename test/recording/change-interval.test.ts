import { describe, expect, test } from "bun:test";
import { changeInterval, intervalOf, mulberry32 } from "../../src/recording/change-interval.ts";
import { effort } from "../helpers/effort.ts";

test("the generator is mulberry32", () => {
  // Of the reference in C, seed 1.
  const random = mulberry32(1);
  expect([random(), random(), random()].map((value) => Math.round(value * 2 ** 32))).toEqual([
    2693262067, 11749833, 2265367787,
  ]);
});

const apart = (base: readonly number[], next: readonly number[]) => changeInterval({ base, next, inTurns: false });
const inTurns = (base: readonly number[], next: readonly number[]) => changeInterval({ base, next, inTurns: true });

test("the ratio is that of the medians, and the interval has it inside", () => {
  const base = [1, 1.1, 0.9, 1.05, 5];
  const { ratio, lowest, highest } = apart(base, [2, 2.2, 1.9, 2.1, 2])!;
  expect(ratio).toBeCloseTo(2 / 1.05, 9);
  expect(lowest).toBeLessThan(ratio);
  expect(highest).toBeGreaterThan(ratio);
  // A run that was disturbed widens one side, and does not carry the interval away.
  expect(lowest).toBeGreaterThan(0.3);
  expect(apart(base, base)!.ratio).toBe(1);
});

test("the same runs have the same interval, in any order", () => {
  const [base, next] = [
    [1, 1.2, 1.1, 1.3, 1],
    [2, 2.5, 2.2, 2.1, 2.3],
  ];
  expect(apart(base!, next!)).toEqual(apart(base!.toReversed(), next!.toSorted()));
});

test("what the runs of a turn have in common is no doubt, and what they have not is", () => {
  const base = [1, 2, 4, 8, 16, 3];
  const twice = base.map((value) => 2 * value);
  expect(inTurns(base, twice)).toEqual({ ratio: 2, lowest: 2, highest: 2 });
  const { lowest, highest } = apart(base, twice)!;
  expect(highest / lowest).toBeGreaterThan(4);
  const mixed = inTurns(base, twice.toReversed())!;
  expect(mixed.highest / mixed.lowest).toBeGreaterThan(2);
});

test("equal runs are known exactly; too few runs, and a median that may be 0, not at all", () => {
  expect(apart([2, 2, 2, 2, 2], [3, 3, 3, 3, 3])).toEqual({ ratio: 1.5, lowest: 1.5, highest: 1.5 });
  expect(apart([1, 2, 3, 4], [1, 2, 3, 4, 5])).toBeUndefined();
  expect(apart([0, 1, 1, 1, 1], [1, 1, 1, 1, 1])).toBeUndefined();
});

test("what cannot be compared has no interval", () => {
  const runs = Array.from({ length: 5 }, () => ({ command: "x", wallSeconds: 2, sources: new Map() }));
  const groups = { base: runs, next: runs, inTurns: false };
  expect(intervalOf({ what: "wall time", verdict: "same" }, groups)?.ratio).toBe(1);
  expect(intervalOf({ what: "wall time", verdict: "not comparable" }, groups)).toBeUndefined();
  expect(intervalOf({ what: "no figure", verdict: "same" }, groups)).toBeUndefined();
});

/** Times as machines have them: some far above the others. */
function times(random: () => number, count: number, scale: number): number[] {
  return Array.from({ length: count }, () => scale * Math.exp(0.1 * gaussian(random) + (random() < 0.1 ? 0.3 : 0)));
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

describe.each([5, 10, 30])("of intervals of %d runs, 95 of 100 hold the true ratio", (count) => {
  const tries = effort(2000);
  // Three standard errors below 95 %.
  const least = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / tries);
  const shareHeld = (make: (random: () => number) => ReturnType<typeof apart>) => {
    const random = mulberry32(count);
    const intervals = Array.from({ length: tries }, () => make(random)!);
    return intervals.filter(({ lowest, highest }) => lowest <= 1.2 && 1.2 <= highest).length / tries;
  };

  test("apart", () => {
    expect(shareHeld((random) => apart(times(random, count, 1), times(random, count, 1.2)))).toBeGreaterThan(least);
  }, 120_000);

  test("in turns on a machine that is now slow, now fast", () => {
    const share = shareHeld((random) => {
      const turns = times(random, count, 1).map((time) => time ** 3);
      const of = (scale: number) => times(random, count, scale).map((time, turn) => time * turns[turn]!);
      return inTurns(of(1), of(1.2));
    });
    expect(share).toBeGreaterThan(least);
  }, 120_000);
});
