import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DOCUMENTS, ROOT } from "./docs/documents.ts";
import { BIN, runProgram, tempFolder } from "./helpers/statexec.ts";

/** What a change must not break, whatever it adds. */
const ALWAYS = ["test/rules.test.ts", "test/readme.test.ts", "test/cli/options.test.ts", "test/package/manual.test.ts"];
const PATIENCE_MS = 120_000;

const CHANGES = [...DOCUMENTS.get("CONTRIBUTING.md")!.matchAll(/^### (.*?)\n.*?```diff\n(.*?)^```/gms)].map(
  ([, title, diff]) => ({ title: title!, diff: diff!, tests: testsOf(diff!) }),
);

/** The test files that a diff changes or brings. */
function testsOf(diff: string): string[] {
  return [...diff.matchAll(/^\+\+\+ b\/(test\/\S+\.test\.ts)$/gm)].map(([, path]) => path!);
}

const workshop = tempFolder();
const copy = workshop.file("statexec");
const PATH = `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`;
const run = (...words: string[]) => runProgram(words, { cwd: copy, env: { PATH, BIN, UPDATE_GOLDEN: undefined } });

/** Runs a program that must do well. */
async function must(...words: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(...words);
  expect(code, `${words.join(" ")}\n${stdout}${stderr}`).toBe(0);
}

/** Everything that is or would be committed, as it is now, in a repository of its own. */
beforeAll(async () => {
  const listed = await runProgram(["git", "ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT });
  const files = listed.stdout.split("\0").filter((path) => path !== "" && path !== "node_modules");
  for (const path of files) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(ROOT, path), join(copy, path));
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  await must("git", "init", "-q");
  await must("sh", "-c", "echo node_modules >> .git/info/exclude");
  await must("git", "add", "-A");
}, PATIENCE_MS);
afterAll(() => workshop[Symbol.dispose](), PATIENCE_MS);

test("there is one of each kind", () => {
  expect(CHANGES.map(({ title }) => title)).toEqual(["A metric", "A collector", "An option", "An output"]);
});

describe.each(CHANGES)("$title", ({ diff, tests }) => {
  const patch = join(workshop.path, "change.diff");

  beforeAll(async () => {
    await must("git", "checkout-index", "-a", "-f");
    await must("git", "clean", "-fdq");
    writeFileSync(patch, diff);
  });

  test(
    "its test fails without the rest",
    async () => {
      await must("git", "apply", "--include=test/*", patch);
      const results = await Promise.all(tests.map((path) => run("bun", "test", path)));
      expect(results.map(({ code }) => code)).toContain(1);
      await must("git", "apply", "-R", "--include=test/*", patch);
    },
    PATIENCE_MS,
  );

  test(
    "as a whole it passes its test, the rules, the types and the linter",
    async () => {
      await must("git", "apply", "--check", patch);
      await must("git", "apply", patch);
      for (const script of ["readme", "manual", "completions"]) await must("bun", `scripts/${script}.ts`);
      await must("bun", "test", `--timeout=${PATIENCE_MS}`, ...tests, ...ALWAYS);
      await must("tsc", "-p", ".");
      await must("biome", "check", "src");
    },
    PATIENCE_MS,
  );
});
