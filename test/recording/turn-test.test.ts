import { expect, test } from "bun:test";
import { chanceOfHigher } from "../../src/recording/rank-test.ts";
import { judgeSets } from "../../src/recording/set-verdicts.ts";
import { studentAbove, TURN_TEST } from "../../src/recording/turn-test.ts";

/** Of R 4.2: pt(t, df, lower.tail = FALSE), and of tables. */
test.each([
  [0, 4, 0.5],
  [2.131847, 4, 0.05],
  [2.776445, 4, 0.025],
  [4.604095, 4, 0.005],
  [1.833113, 9, 0.05],
  [3.249836, 9, 0.005],
  [6.313752, 1, 0.05],
  [2.919986, 2, 0.05],
  [1.699127, 29, 0.05],
  [-2.131847, 4, 0.95],
])("Student's distribution above %d with %d degrees of freedom is %d", (t, freedom, above) => {
  expect(studentAbove(t, freedom)).toBeCloseTo(above, 6);
});

const LOW = [1, 2, 4, 3, 1.5];

test("what the turns have in common does not hide a change", () => {
  const high = [1.16, 2.28, 4.62, 3.43, 1.72];
  expect(TURN_TEST.chanceOfHigher(LOW, high)).toBeLessThan(0.001);
  expect(chanceOfHigher(LOW, high)).toBeGreaterThan(0.2);
  expect(TURN_TEST.chanceOfHigher(high, LOW)).toBeGreaterThan(0.999);
});

test("the chance is that of Student's test of the logarithms", () => {
  // The logarithms of the ratios are 0.1, 0.2, -0.05, 0.15, 0.1: mean 0.1, standard error 0.0418330.
  const high = LOW.map((value, i) => value * Math.exp([0.1, 0.2, -0.05, 0.15, 0.1][i]!));
  expect(TURN_TEST.chanceOfHigher(LOW, high)).toBeCloseTo(studentAbove(0.1 / 0.041833, 4), 5);
});

test("turns that are all the same leave nothing to chance", () => {
  expect(TURN_TEST.chanceOfHigher(LOW, LOW)).toBe(1);
  expect(
    TURN_TEST.chanceOfHigher(
      LOW,
      LOW.map((value) => value * 2),
    ),
  ).toBe(0);
});

test("few turns, values of 0 and groups of different sizes are left to the ranks", () => {
  const pairs: [number[], number[]][] = [
    [
      [1, 2, 3, 4],
      [2, 3, 4, 5],
    ],
    [
      [0, 1, 2, 3, 4],
      [1, 2, 3, 4, 5],
    ],
    [
      [1, 2, 3, 4, 5],
      [2, 3, 4, 5, 6, 7],
    ],
  ];
  for (const [low, high] of pairs) expect(TURN_TEST.chanceOfHigher(low, high)).toBe(chanceOfHigher(low, high));
  expect(TURN_TEST.leastChance(4, 4)).toBe(1 / 70);
  expect(TURN_TEST.leastChance(5, 5)).toBe(0);
});

test("a change still needs its size", () => {
  const next = LOW.map((value) => value * 1.04);
  const figure = { base: LOW, next, baseMedian: 2, nextMedian: 2.08, least: 0.01 };
  expect(judgeSets([figure], 0.05, TURN_TEST)).toEqual([{ verdict: "same" }]);
  expect(judgeSets([figure], 0.03, TURN_TEST)).toEqual([{ verdict: "worse" }]);
});
