import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { countsOf, runTests } from "../../scripts/test-run.ts";
import { tempFolder } from "../helpers/statexec.ts";

/** Runs the tests of files with these texts. */
async function run(...texts: readonly string[]) {
  using folder = tempFolder();
  for (const [i, text] of texts.entries())
    writeFileSync(folder.file(`${i}.test.ts`), `import { describe, expect, test } from "bun:test";\n${text}\n`);
  return await runTests({ filters: [folder.path], atOnce: 1, env: process.env, folder: folder.path, isQuiet: true });
}

const FAILS = 'test("fails", () => expect(1).toBe(2));';

test("the names of what failed are read from the runner's report, whatever they are made of", async () => {
  const counts = await run(
    `describe("a <b> & 'c'", () => { test("\\"d\\" \\u{1f600}", () => { throw new Error("</testcase>"); }); });
     test.skip("not run", () => undefined); test("passes", () => undefined); ${FAILS}`,
  );
  expect({ ...counts, failed: [...counts.failed.values()] }).toEqual({
    tests: 4,
    skipped: 1,
    failed: [[`a <b> & 'c' > "d" \u{1f600}`, "fails"]],
    hasErrors: false,
  });
});

test("what fails outside of the tests is an error, which no second try may hide", async () => {
  const broken = 'throw new Error("on loading");';
  expect((await run('test("passes", () => undefined);', broken)).hasErrors).toBe(true);
  expect(await run(FAILS, broken)).toMatchObject({ hasErrors: true, tests: 1 });
  expect((await run(FAILS)).hasErrors).toBe(false);
});

test("a run without tests is none", async () => {
  await expect(run("")).rejects.toThrow("no report");
  expect(countsOf("").tests).toBe(0);
});
