import { describe, expect, test } from "bun:test";
import type { Experiment, Figures, Row } from "../../bench/lib/experiment.ts";
import { benchmarkTable, replaceBlock } from "../../bench/lib/table.ts";

const figures: ReadonlyMap<string, Figures> = new Map<string, Figures>([
  ["statexec", [14_000_000, 14_200_000, 14_400_000]],
  ["bare", [7_000_000, 7_100_000, 7_200_000]],
  ["heap", [0.4, 0.4, 0.4]],
  ["noise", [-1000, 500, 1000]],
  ["peer", "not installed"],
]);
const experiment: Experiment = { name: "wall", run: async () => figures };

/** The cells of the only row. */
function cells(row: Partial<Row>): string[] {
  const whole: Row = { what: "wall added", experiment, unit: "ns", ours: "statexec", ...row };
  const lines = benchmarkTable([whole], () => figures).split("\n");
  expect(lines).toHaveLength(3);
  return lines[2]!
    .split("|")
    .map((cell) => cell.trim())
    .slice(1, -1);
}

describe("benchmarkTable", () => {
  test("has both figures with their spread, the ratio with its interval, and the goal", () => {
    expect(cells({ against: "bare", goal: { atMost: 2.2 } })).toEqual([
      "wall added",
      "14.2 ± 0.20 ms",
      "bare: 7.10 ± 0.10 ms",
      "**2.00** (2.00 to 2.00)",
      "≤ 2.2",
      "yes",
    ]);
  });

  test.each([
    [{ atMost: 1.9 }, "**no**"],
    [{ atMost: 2 }, "yes"],
    [{ atLeast: 2.1 }, "**no**"],
    [{ atLeast: 2 }, "yes"],
  ])("a ratio of 2 and a goal of %p: %s", (goal, met) => {
    expect(cells({ against: "bare", goal })[5]).toBe(met);
  });

  test("names a peer that is not installed, and does not judge its goal", () => {
    const [, ours, against, ratio, , met] = cells({ against: "peer", goal: { atMost: 2 } });
    expect([ours, against, ratio, met]).toEqual(["14.2 ± 0.20 ms", "peer: not installed", "–", "not measured"]);
  });

  test("does the same for a contestant of ours", () => {
    const [, ours, , ratio, , met] = cells({ ours: "peer", against: "bare", goal: { atMost: 2 } });
    expect([ours, ratio, met]).toEqual(["not installed", "–", "not measured"]);
  });

  test("without another contestant the goal is for the figure", () => {
    const row: Partial<Row> = { ours: "heap", unit: "bytes" };
    expect(cells({ ...row, goal: { atMost: 1 } })).toEqual(["wall added", "0.40 ± 0.00 B", "–", "–", "≤ 1 B", "yes"]);
    expect(cells({ ...row, goal: { atMost: 0.1 } })[5]).toBe("**no**");
  });

  test("the goal may be for the figure although there is another contestant", () => {
    const row: Partial<Row> = { against: "bare", absolute: true };
    expect(cells({ ...row, goal: { atMost: 15e6 } }).slice(3)).toEqual(["**2.00** (2.00 to 2.00)", "≤ 15 ms", "yes"]);
    expect(cells({ ...row, goal: { atMost: 2.2 } })[5]).toBe("**no**");
  });

  test("a ratio too small for its digits is not shown as zero", () => {
    expect(cells({ ours: "heap", against: "bare" })[3]).toBe("**< 0.01**");
  });

  test("a divisor that may be zero gives no ratio, and the cell says why", () => {
    expect(cells({ against: "noise", goal: { atMost: 2 } })[3]).toBe("lost in noise");
  });

  test("a contestant without figures is an error", () => {
    expect(() => cells({ against: "nobody" })).toThrow('no figures of "nobody"');
  });
});

describe("replaceBlock", () => {
  test("replaces what is between the markers, and nothing else, however often", () => {
    const readme = "a\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nb\n";
    const once = replaceBlock(readme, "| new |", "benchmark");
    expect(once).toBe("a\n<!-- benchmark -->\n| new |\n<!-- /benchmark -->\nb\n");
    expect(replaceBlock(once!, "| new |", "benchmark")).toBe(once);
  });

  test.each(["", "<!-- benchmark -->", "<!-- /benchmark --> <!-- benchmark -->"])("%p has no block", (readme) => {
    expect(replaceBlock(readme, "x", "benchmark")).toBeUndefined();
  });
});
