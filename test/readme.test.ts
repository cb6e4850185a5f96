import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withBlocks } from "../scripts/readme.ts";
import { OPTIONS } from "../src/config/options.ts";
import { parseInvocation } from "../src/config/resolve.ts";

const ROOT = join(import.meta.dir, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The command lines of the README's shell blocks, without comments. */
const LINES = [...README.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) =>
  block!.split("\n").filter((line) => line.trim() !== ""),
);

test("the generated blocks are up to date (bun scripts/readme.ts writes them)", () => {
  expect(README).toBe(withBlocks(README));
});

test("the test line is what CI runs", () => {
  expect(LINES).toContain("npm install && npm test");
  expect(readFileSync(join(ROOT, ".ci/run"), "utf8")).toContain("npm install && npm test");
});

describe("every statexec line is one that the option parser takes", () => {
  const commands = LINES.filter((line) => /^(\w+=\S+ )*statexec /.test(line));
  expect(commands.length).toBeGreaterThanOrEqual(5);

  test.each(commands)("%s", (line) => {
    const [, variables = "", words = ""] = /^((?:\w+=\S+ )*)statexec (.*?)(?:\s+#.*)?$/.exec(line) ?? [];
    const env = Object.fromEntries(
      variables
        .split(" ")
        .filter(Boolean)
        .map((variable) => variable.split("=") as [string, string]),
    );
    const invocation = parseInvocation(words.split(/\s+/).map(unquoted), env);
    expect<string>(invocation.mode).toBe(/ --(explore|compare|recover|report)(?= )/.exec(line)?.[1] ?? "run");
    if (invocation.mode === "run") expect(invocation.warnings).toEqual([]);
  });
});

test("every option that the text names is one", () => {
  const flags = new Set<string>(Object.values(OPTIONS).flatMap((option) => [option.flag, ...option.shorts]));
  for (const [, flag] of README.matchAll(/`(--[a-z][a-z-]+)/g))
    if (flag !== "--flag") expect(flags, flag).toContain(flag!);
});

/** A word as the shell hands it on; those of the README have quotes around the whole of it or none. */
function unquoted(word: string): string {
  return word.replace(/^'(.*)'$/, "$1");
}
