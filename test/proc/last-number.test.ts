import { expect, test } from "bun:test";
import { lastNumberOf } from "../../src/proc/last-number.ts";

test.each([
  ["0.64 0.78 0.71 1/118 32231\n", 32_231],
  ["17712.48 31305.07\n", 31_305.07],
  ["17712.48 0.00\n", 0],
  ["5 7", 7],
  ["0.64 0.78 0.71 1/118 \n", Number.NaN],
  ["0.64 0.78 0.71 1/118 x\n", Number.NaN],
  ["31305.07\n", Number.NaN],
  ["", Number.NaN],
])("the last number of %p is %p", (line, expected) => {
  expect(lastNumberOf(new TextEncoder().encode(line))).toBe(expected);
});
