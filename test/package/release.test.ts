import { expect, test } from "bun:test";
import { faults, type State } from "../../scripts/release.ts";

const GOOD: State = {
  version: "1.2.3",
  changelog: "# Changelog\n\n## 1.2.3 (2026-01-31)\n\n- x\n\n## 1.2.2 (2026-01-01)\n",
  changes: "",
  head: "a".repeat(40),
  tagged: undefined,
};

test("a clean tree with a dated entry and no tag can be released, and so can a tagged one", () => {
  expect(faults(GOOD)).toEqual([]);
  expect(faults({ ...GOOD, tagged: GOOD.head })).toEqual([]);
});

test.each<[string, Partial<State>, RegExp]>([
  ["an invalid version", { version: "1.2" }, /package\.json: got version "1\.2"/],
  [
    "an entry of another version",
    { changelog: "## 1.2.2 (2026-01-01)\n" },
    /first entry is "1\.2\.2", expected 1\.2\.3/,
  ],
  ["no entry", { changelog: "# Changelog\n" }, /first entry is "", expected 1\.2\.3/],
  ["an entry without its date", { changelog: "## 1.2.3 (unreleased)\n" }, /1\.2\.3 is "unreleased", expected its date/],
  ["changes", { changes: " M src/main.ts\n" }, /uncommitted changes.*\n M src\/main\.ts$/],
  ["a tag at another commit", { tagged: "b".repeat(40) }, /the tag v1\.2\.3 is at bbbbbbbbbbbb, not here/],
])("%s is a fault", (_, change, message) => {
  expect(faults({ ...GOOD, ...change }).join("\n")).toMatch(message);
});
