import { describe, expect, test } from "bun:test";
import { parseBudgets } from "../../src/cli/budget-syntax.ts";
import { Fault } from "../../src/cli/option-values.ts";
import { limitByHistory } from "../../src/history/history-limits.ts";
import type { RememberedRun } from "../../src/history/remembered-run.ts";
import { limitsOf } from "../../src/output/budget-limits.ts";
import { budgetText } from "../../src/output/summary/summary-lines.ts";
import { judgeBudgets, type Limit, mayEndRun } from "../../src/recording/budget-results.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";

function run(wall: number, other: Partial<RememberedRun> = {}): RememberedRun {
  return {
    ...{ id: "a", startedMs: 0, project: "/p", command: "make", exitStatus: 0, exitSignal: null, file: "/p/a.prom" },
    ...{ branch: "main", isDirty: false, host: "h", commit: null, machine: "x64", cpuModel: "A", cpus: 8 },
    ...{ memoryBytes: 2 ** 34, figures: { wall: { value: wall, highest: wall, source: null } } },
    ...other,
  };
}

const TWENTY = Array.from({ length: 20 }, (_, n) => run(2 + n / 1000));
const OPEN: Limit = {
  text: "wall<+10% of history",
  name: "wall",
  inclusive: false,
  value: Number.NaN,
  overHistory: 0.1,
};

/** Judges a run of so many seconds. */
function judged(wallSeconds: number, earlier: readonly RememberedRun[], next = run(wallSeconds), branch?: string) {
  const limit = limitByHistory(OPEN, 0.1, { next, earlier, branch });
  return judgeBudgets([limit], { command: "make", sources: new Map(), wallSeconds } as RunFigures)[0]!;
}

describe("a budget of the history", () => {
  test.each([
    ["more than 10 % above the median, and above all", 2.3, TWENTY, "exceeded"],
    ["less than 10 % above it", 2.15, TWENTY, "kept"],
    ["more than 10 %, as one of twenty was", 2.3, [...TWENTY.slice(1), run(2.5)], "kept"],
    ["as high as one of twenty was", 2.5, [...TWENTY.slice(1), run(2.5)], "kept"],
    ["more than 10 %, as one of forty was", 2.3, [...TWENTY, ...TWENTY, run(2.5)].slice(-39), "exceeded"],
    ["of too few", 9, TWENTY.slice(2), "inconclusive"],
    ["of none", 9, [], "inconclusive"],
  ] as const)("%s", (_, wall, earlier, verdict) => {
    expect(judged(wall, earlier).verdict).toBe(verdict);
  });

  test("it says what it was judged by, or how many runs are missing", () => {
    expect(budgetText(judged(2.3, TWENTY))).toBe(
      "wall<+10% of history exceeded: 2.30 s; 20 comparable runs on main had 2.01 s in the middle, which allows 2.21 s",
    );
    expect(budgetText(judged(9, TWENTY.slice(17)))).toBe(
      "wall<+10% of history inconclusive: 9.00 s: 3 comparable runs on main in the history, 19 are needed",
    );
  });

  test("runs of another branch count only where it is the default one, and those of another machine never", () => {
    const topic = run(2.3, { branch: "topic" });
    expect(judged(2.3, TWENTY, topic).verdict).toBe("inconclusive");
    expect(judged(2.3, TWENTY, topic, "main").verdict).toBe("exceeded");
    expect(judged(2.3, TWENTY, run(2.3, { cpus: 4 }), "main").verdict).toBe("inconclusive");
  });
});

test("it is not known before the end: no file is read, and it ends no run", async () => {
  const budgets = parseBudgets("cpu<=+12.5% of history, wall<90s");
  if (budgets instanceof Fault) throw new Error(budgets.clause);
  const limits = await limitsOf(budgets, [], () => expect.unreachable());
  expect(limits[0]).toEqual({
    ...{ text: "cpu<=+12.5% of history", name: "cpu", inclusive: true, value: Number.NaN, overHistory: 0.125 },
  });
  expect(limits.map((limit) => mayEndRun(limit, 1))).toEqual([false, true]);
});

test.each([
  "link:cpu<+10% of history",
  "cpu<10% of history",
  "cpu<+10% of",
  "cpu<+10s of history",
  "cpu<+10% ofhistory",
])("%s is refused", (text) => {
  expect(parseBudgets(text)).toBeInstanceOf(Fault);
});
