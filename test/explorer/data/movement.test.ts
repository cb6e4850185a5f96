import { expect, test } from "bun:test";
import { movedBy } from "../../../explorer/data/movement.ts";

const column = (...values: readonly number[]) => ({
  times: Float64Array.from(values, (_, at) => at * 1000),
  values: Float64Array.from(values),
});

test.each<[string, "gauge" | "counter", readonly number[], number]>([
  ["a gauge of zeros", "gauge", [0, 0, 0], 0],
  ["a gauge that stays", "gauge", [7, 7, Number.NaN, 7], 0],
  ["a gauge between 3 and 4", "gauge", [3, 4, 3], 0.25],
  ["a gauge without points", "gauge", [Number.NaN], 0],
  ["a counter that does not grow", "counter", [5, 5, 5], 0],
  ["a counter that grows steadily", "counter", [5, 6, 7, 8], 0],
  ["a counter that grows at half the speed once", "counter", [0, 2, 4, 5, 7], 0.5],
  ["a counter that stops", "counter", [0, 2, 4, 4], 1],
  ["a counter with an absent point", "counter", [0, 2, Number.NaN, 6], 0],
  ["a counter that falls", "counter", [4, 6, 1, 3], 0],
  ["a counter with one point", "counter", [4], 0],
])("how much %s moved", (_, type, values, moved) => {
  expect(movedBy(column(...values), type)).toBe(moved);
});

test("a long counter's rates are those of parts of its time", () => {
  const values = Array.from({ length: 2400 }, (_, at) => (at < 1200 ? at : 1200 + (at - 1200) * 4));
  expect(movedBy(column(...values), "counter")).toBeCloseTo(0.75, 1);
});
