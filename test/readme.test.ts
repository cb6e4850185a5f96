import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DOCUMENTS as GENERATED, withBlocks } from "../scripts/readme.ts";
import { METRICS, sampleName } from "../src/catalog/index.ts";
import { OPTIONS } from "../src/cli/options.ts";
import { DOCUMENTS, ROOT, TYPED } from "./docs/documents.ts";

const README = DOCUMENTS.get("README.md")!;

test.each(Object.keys(GENERATED))("the generated parts of %s are up to date (npm run generate writes them)", (path) => {
  const text = DOCUMENTS.get(path)!;
  expect(text).toBe(withBlocks(path, text));
});

test("the test line is what CI runs", () => {
  expect(TYPED.map(({ line }) => line)).toContain("npm install && npm test");
  expect(readFileSync(join(ROOT, ".ci/run"), "utf8")).toContain("npm install && npm test");
});

test("every option that a text names is one", () => {
  const flags = new Set<string>(Object.values(OPTIONS).flatMap((option) => [option.flag, ...option.shorts]));
  for (const [path, text] of DOCUMENTS)
    if (path !== "CONTRIBUTING.md")
      for (const [, flag] of text.matchAll(/`(--[a-z][a-z-]+)/g))
        if (flag !== "--flag") expect(flags, `${path}: ${flag}`).toContain(flag!);
});

test("each metric is of a family that the README tells of, and each of those has some", () => {
  const [, table = ""] = /<!-- families -->\n(.*?)<!-- \/families -->/s.exec(README) ?? [];
  const families = [...table.matchAll(/`(statexec_[a-z_]+)(…?)`/g)].map(([, name = "", more]) => ({ name, more }));
  const isOf = (metric: string) =>
    families.filter(({ name, more }) => (more ? metric.startsWith(name) : metric === name));
  const names = METRICS.map(sampleName);
  for (const name of names) expect(isOf(name), name).not.toEqual([]);
  for (const family of families)
    expect(
      names.some((name) => isOf(name).includes(family)),
      family.name,
    ).toBe(true);
});

test("every link and picture that leads into the repository leads to something", () => {
  let count = 0;
  for (const [path, text] of DOCUMENTS)
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      count++;
      expect(existsSync(join(ROOT, dirname(path), target)), `${path}: ${target}`).toBe(true);
    }
  expect(count).toBeGreaterThan(15);
});

test("every page of docs is reached from the README", () => {
  for (const path of DOCUMENTS.keys()) if (path.startsWith("docs/")) expect(README).toContain(`](${path})`);
});

/** What fits into a window: longer sections have a page of their own, and the tables of a machine's making are apart. */
const SCREENFUL = 50;

test("a section of the README is a screenful", () => {
  const written = README.replaceAll(/<!-- (\w[\w ]*) -->\n.*?<!-- \/\1 -->/gs, "");
  const sections = written
    .split(/^## /m)
    .map((section) => [section.split("\n")[0], section.split("\n").length] as const);
  for (const [title, lines] of sections) expect(lines, title).toBeLessThanOrEqual(SCREENFUL);
});
