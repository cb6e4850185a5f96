import { describe, expect, test } from "bun:test";
import { compareRuns } from "../../src/recording/comparison.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";
import { TURN_TEST, turnsOf } from "../../src/recording/turn-test.ts";

/** A run that began then and took so long. */
const run = (startedAtMs: number, wallSeconds = 1): RunFigures => ({
  ...{ command: "make", sources: new Map(), startedAtMs, wallSeconds },
});
const starts = (runs: readonly RunFigures[]) => runs.map(({ startedAtMs }) => startedAtMs);
const all = (...times: number[]) => times.map((time) => run(time));

describe("runs by turns", () => {
  test("are neighbours in time, whichever of the two is first, and however they are given", () => {
    const turns = turnsOf(all(52, 10, 21, 40, 31), all(20, 11, 30, 51, 44))!;
    expect(starts(turns.base)).toEqual([10, 21, 31, 40, 52]);
    expect(starts(turns.next)).toEqual([11, 20, 30, 44, 51]);
  });

  test.each([
    ["one group is first", all(1, 2, 3, 4, 5), all(6, 7, 8, 9, 10)],
    ["one turn lacks one", all(1, 3, 5, 7, 9), all(2, 4, 6, 11, 12)],
    ["there are fewer of one", all(1, 3, 5, 7, 9), all(2, 4, 6, 8)],
    ["there are too few", all(1, 3), all(2, 4)],
    ["two began at once", all(1, 3, 5, 7, 9), all(1, 4, 6, 8, 10)],
    ["they are the same runs", all(1, 3, 5, 7, 9), all(1, 3, 5, 7, 9)],
    ["a start is not known", all(1, 3, 5, 7, 9), all(2, 4, 6, 8, Number.NaN)],
  ])("are none where %s", (_, base, next) => {
    expect(turnsOf(base, next)).toBeUndefined();
  });

  test("tell a change from the machine's own, which is larger", () => {
    // The machine becomes slower and faster again; one is a tenth slower each time.
    const pace = [1, 3, 1.5, 4, 2, 1.2, 3.5, 2.5];
    const base = pace.map((seconds, i) => run(i * 100, seconds));
    const next = pace.map((seconds, i) => run(i * 100 + 50, seconds * (1.1 + 0.01 * (i % 3))));
    const wall = (...test: [typeof TURN_TEST] | []) => compareRuns(base, next, 0.05, ...test)[0]!.verdict;
    expect(turnsOf(next.toReversed(), base)?.next).toEqual(base);
    expect(wall()).toBe("same");
    expect(wall(TURN_TEST)).toBe("worse");
  });
});
