import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ROWS } from "../../bench/rows.ts";

const [README, WHOLE] = ["README.md", "bench/README.md"].map((path) => readFileSync(path, "utf8"));

test("twelve lines are for users", () => {
  expect(ROWS.filter((row) => row.forUsers).length).toBe(12);
});

test("no two lines have the same text, figure and contestant", () => {
  const lines = ROWS.map(({ what, ours, against }) => `${what}, ${ours}, ${against}`);
  expect(lines.toSorted()).toEqual([...new Set(lines)].toSorted());
});

test.each([
  ["README.md", README, ROWS.filter((row) => row.forUsers)],
  ["bench/README.md", WHOLE, ROWS],
])("the table of %s has only lines that are measured", (_, text, rows) => {
  const [, table = ""] = /<!-- benchmark -->\n(.*?)<!-- \/benchmark -->/s.exec(text!) ?? [];
  const shown = table
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| what") && !line.startsWith("| -"));
  expect(shown.length).toBeGreaterThan(10);
  const known = new Set(rows.map(({ what }) => what));
  for (const line of shown) expect(known).toContain(line.slice(2, line.indexOf(" | ")));
});
