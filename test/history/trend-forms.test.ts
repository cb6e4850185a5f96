import { describe, expect, test } from "bun:test";
import { marked } from "marked";
import { branchOfCi, defaultBranchOf } from "../../src/history/git-state.ts";
import type { RememberedRun } from "../../src/history/remembered-run.ts";
import { trendOf } from "../../src/history/trend.ts";
import { COMMENT_MARK, trendMarkdown } from "../../src/history/trend-markdown.ts";
import { trendPage } from "../../src/history/trend-page.ts";
import { betterBelow, usualOf, worseAbove } from "../../src/history/usual-runs.ts";
import { tempFolder } from "../helpers/statexec.ts";

function run(n: number, wall: number, other: Partial<RememberedRun> = {}): RememberedRun {
  return {
    ...{ id: String(n), startedMs: n * 1e8, project: "/p", command: "make", exitStatus: 0, exitSignal: null },
    ...{ file: "/p/a.prom", branch: "main", isDirty: false, host: "h", commit: String(n).padStart(40, "c") },
    ...{ machine: "x64", cpuModel: "A", cpus: 8, memoryBytes: 2 ** 34 },
    figures: { wall: { value: wall, highest: wall, source: null } },
    ...other,
  };
}

const EARLIER = Array.from({ length: 20 }, (_, n) => run(n, 2 + (n % 5) / 100));
const markdownOf = (runs: readonly RememberedRun[], branch?: string) =>
  trendMarkdown([trendOf("wall", runs)!], runs, branch);
const verdictOf = (runs: readonly RememberedRun[], branch?: string) =>
  markdownOf(runs, branch)
    .split("\n")
    .find((line) => line.startsWith("| wall"))!
    .split(" | ")[4];

describe("what is usual", () => {
  test("a run is worse above the median and a share, and above what chance allows", () => {
    const even = Array.from({ length: 19 }, () => 10);
    expect([worseAbove(even, 0.1), betterBelow(even, 0.1)]).toEqual([11, 9]);
    // The highest of 19 may be as high again; of 39 the highest one does not count.
    expect(worseAbove([...even.slice(1), 15], 0.1)).toBe(15);
    expect(worseAbove([...even, ...even, 15], 0.1)).toBe(11);
    expect(worseAbove([...even, ...even, 15].slice(1), 0.1)).toBe(15);
    expect(betterBelow([...even.slice(1), 5], 0.1)).toBe(5);
    expect(worseAbove(even.slice(1), 0.1)).toBeUndefined();
  });

  test("of the same branch, or of the default branch where those are too few", () => {
    const next = run(99, 3, { branch: "topic" });
    const own = [run(50, 5, { branch: "topic" }), run(51, 5, { branch: "topic", exitStatus: 1 })];
    const runs = [...EARLIER, ...own];
    expect(usualOf("wall", next, runs, undefined)).toEqual({ branch: "topic", values: [5] });
    expect(usualOf("wall", next, runs, "main")).toMatchObject({ branch: "main", values: { length: 20 } });
    expect(usualOf("wall", { ...next, branch: "main" }, runs, "main").values).toHaveLength(20);
    expect(usualOf("wall", { ...next, cpus: 2 }, runs, "main").values).toEqual([]);
    expect(usualOf("cpu", next, runs, "main").values).toEqual([]);
    const many = Array.from({ length: 60 }, (_, n) => run(n, n));
    expect(usualOf("wall", run(99, 3), many, undefined).values).toEqual(Array.from({ length: 39 }, (_, n) => 21 + n));
  });
});

describe("the comment", () => {
  test.each([
    [3, "**worse**"],
    [1.5, "better"],
    [2.03, "same"],
    // Above all others, by less than 5 %.
    [2.1, "same"],
  ])("a run of %p s after twenty of 2 s is %s", (wall, verdict) => {
    expect(verdictOf([...EARLIER, run(99, wall)])).toBe(verdict);
    expect(verdictOf([...EARLIER, run(99, wall, { branch: "12/merge" })], "main")).toBe(verdict);
  });

  test("too few runs and a run that failed are not judged", () => {
    expect(verdictOf([...EARLIER.slice(0, 3), run(99, 9)])).toBe("not judged: 3 earlier runs of 19");
    const failed = markdownOf([...EARLIER, run(99, 9, { exitStatus: 2 })]);
    expect(failed).toContain("**The newest run ended with status 2**");
    expect(failed).not.toContain("worse**");
  });

  test("it begins with the mark by which it is found again, and nothing in it is markup or calls somebody", () => {
    const command = "a|b <img src=x> @team [x](y) `c`\n# d";
    const text = markdownOf([run(1, 2, { command, branch: "<b>|@x" })]);
    expect(text.startsWith(`${COMMENT_MARK}\n`)).toBe(true);
    const html = String(marked.parse(text.replace(COMMENT_MARK, "")));
    expect(html).not.toMatch(/<img|<a |<b>|<h1|<code/);
    expect(text).not.toMatch(/(^|[^\\])@/);
  });

  test("the changes are listed with their commits", () => {
    const runs = [...EARLIER, ...Array.from({ length: 8 }, (_, n) => run(30 + n, 3 + n / 1000))];
    expect(markdownOf(runs)).toMatch(/^- wall time on main: \+4\d % at c{8}30|^- wall time on main: \+4\d % at c+ of/m);
  });
});

test("the page has a point and a row for each commit, a mark for each change, and no script", () => {
  const runs = [...EARLIER, ...Array.from({ length: 8 }, (_, n) => run(30 + n, 3 + n / 1000))];
  const all = runs.map((one) => ({ ...one, command: "<script>alert(1)</script>" }));
  const page = trendPage([trendOf("wall", all)!]);
  expect(page.match(/<circle/g)).toHaveLength(28);
  expect(page.match(/<tr><td>/g)).toHaveLength(28);
  expect(page.match(/<line/g)).toHaveLength(1);
  expect(page).toMatch(/<li>\+4\d % at /);
  expect(page).not.toContain("<script");
  expect(page).not.toMatch(/NaN|undefined|https?:/);
});

test("a CI system names the branch that its checkout does not have, and the one that others are made from", () => {
  expect(branchOfCi({ GITHUB_ACTIONS: "true", GITHUB_REF_NAME: "12/merge" })).toBe("12/merge");
  expect(branchOfCi({ CI_COMMIT_REF_NAME: "topic" })).toBe("topic");
  expect(branchOfCi({})).toBeUndefined();
  using folder = tempFolder();
  expect(defaultBranchOf(folder.path, { GITHUB_BASE_REF: "release" })).toBe("release");
  expect(defaultBranchOf(folder.path, { CI_DEFAULT_BRANCH: "trunk" })).toBe("trunk");
  expect(defaultBranchOf(folder.path, {})).toBeUndefined();
});
