import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { dependencies } from "../../package.json";
import { sumsOf, TARGETS } from "../../scripts/build-all.ts";
import { describe as describeRelease, faults, type State } from "../../scripts/release.ts";
import { runProgram, tempFolder } from "../helpers/statexec.ts";

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

describe("what comes with the files", () => {
  const COMMIT = "c".repeat(40);

  const folder = tempFolder();
  const json = (name: string) => Bun.file(folder.file(name)).json();

  beforeAll(async () => {
    writeFileSync(folder.file("a"), "1");
    writeFileSync(folder.file("b c"), "2");
    const source = { commit: COMMIT, lockFile: "d".repeat(64), builders: { bun: "1" } };
    await describeRelease(folder.path, ["a", "b c"], source);
  }, 120_000);
  afterAll(() => folder[Symbol.dispose]());

  test("the list of parts has the libraries and each system's runtime, and no tool", async () => {
    const sbom = await json("statexec.cdx.json");
    expect(sbom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    const full = ({ group, name }: { group?: string; name: string }) => (group ? `${group}/${name}` : name);
    const runtimes = TARGETS.map(({ runtime }) => runtime);
    // What a library is made of is a part, too.
    const parts = [...Object.keys(dependencies), "hyparquet", ...runtimes];
    expect(sbom.components.map(full).sort()).toEqual(parts.sort());
    const refs = sbom.components.map((part: { "bom-ref": string }) => part["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    const known = sbom.dependencies.map(({ ref }: { ref: string }) => ref);
    for (const ref of refs) expect(known).toContain(ref);
  });

  test("the statement names each file by its sum, the commit and what was built with", async () => {
    const statement = await json("statexec.intoto.json");
    const files = ["a", "b c", "statexec.cdx.json"];
    const sums = (await sumsOf(folder.path, files)).split("\n").map((line) => line.slice(0, 64));
    const subject = files.map((name, i) => ({ name, digest: { sha256: sums[i] } }));
    expect(statement).toMatchObject({ _type: "https://in-toto.io/Statement/v1", subject });
    expect(statement.predicate.buildDefinition.resolvedDependencies[0].digest).toEqual({ gitCommit: COMMIT });
  });

  test("the sums are of all files, and sha256sum agrees", async () => {
    const result = await runProgram(["sha256sum", "--strict", "-c", "SHA256SUMS"], { cwd: folder.path });
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout.match(/: OK$/gm)).toHaveLength(4);
  });
});
