import { expect, test } from "bun:test";
import { chanceOfHigher, leastChance } from "../../src/recording/rank-test.ts";

/** Of scipy 1.17's mannwhitneyu(high, low, alternative="greater", method="exact"). */
test.each([
  [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0.003968253968253968],
  [[1, 2, 3, 4, 6], [5, 7, 8, 9, 10], 0.007936507936507936],
  [[1, 3, 5, 7, 9], [2, 4, 6, 8, 10], 0.34523809523809523],
  [[1.1, 2.2, 3.3], [2.7, 4.1, 5, 6.3], 0.05714285714285714],
  // With ties, of all 70 choices of 4 of the 8 mean ranks, 10 have a sum as high.
  [[1, 2, 2, 3], [2, 3, 3, 4], 10 / 70],
  [[5, 5], [5, 5], 1],
])("%j below %j is chance with a probability as tables have it", (low, high, chance) => {
  expect(chanceOfHigher(low, high)).toBeCloseTo(chance, 12);
});

/** 40 and 45 values, and what scipy's method="asymptotic" says of them. */
test("many values have the probability of the normal distribution", () => {
  const low = Array.from({ length: 40 }, (_, i) => (i * 37) % 101);
  const high = Array.from({ length: 45 }, (_, i) => ((i * 53) % 97) + 8);
  expect(chanceOfHigher(low, high)).toBeCloseTo(0.3172197240526555, 6);
  expect(chanceOfHigher(low, low)).toBeGreaterThan(0.5);
  expect(chanceOfHigher(Array(40).fill(1), Array(40).fill(1))).toBe(1);
});

test("both ways of working it out agree where one takes over from the other", () => {
  const values = Array.from({ length: 61 }, (_, i) => ((i * 29) % 61) + (i % 2) * 9);
  const [low, high] = [0, 1].map((odd) => values.filter((_, i) => i % 2 === odd));
  const normal = chanceOfHigher(low!, high!);
  const counted = chanceOfHigher(low!.slice(1), high!);
  expect(normal / counted).toBeGreaterThan(0.5);
  expect(normal / counted).toBeLessThan(2);
});

test("groups of these sizes cannot have a lower probability", () => {
  expect(leastChance(5, 5)).toBeCloseTo(1 / 252, 15);
  expect(leastChance(2, 3)).toBeCloseTo(0.1, 15);
  expect(chanceOfHigher([1, 2], [3, 4, 5])).toBeCloseTo(leastChance(2, 3), 15);
});
