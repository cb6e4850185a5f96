import { expect, test } from "bun:test";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { UsageError } from "../../src/errors.ts";
import { numberedFile, wordsOfRun } from "../../src/repeat/run-words.ts";
import { variantsOf } from "../../src/repeat/variants.ts";

function wordsFor(line: string, run: number, env: Record<string, string> = {}): string[] {
  const invocation = parseInvocation(line.split(" "), env);
  if (invocation.mode !== "run") throw new Error("expected a run");
  return wordsOfRun(invocation.config, invocation.flags, variantsOf(invocation.config)[0]!, run);
}

test.each([
  ["statexec_metrics.prom", "statexec_metrics.3.prom"],
  ["a.b/run.prom.gz", "a.b/run.3.prom.gz"],
  ["v1.2.prom.zst", "v1.2.3.prom.zst"],
  ["out.html", "out.3.html"],
  ["plain", "plain.3"],
  ["a.prom/plain", "a.prom/plain.3"],
  ["dir/.prom", "dir/.prom.3"],
  ["odd.name", "odd.name.3"],
])("run 3 of %s is %s", (file, numbered) => {
  expect(numberedFile(file, 3)).toBe(numbered);
});

test("a run is typed as it would be alone, with outputs of its own", () => {
  const line = "--runs 5 -d 1 -l a=b -f=x.prom --warmup 2 --ignore-failure --summary-json s.json -- ls --runs 7";
  expect(wordsFor(line, 2)).toEqual(
    [
      "--runs=1",
      "--versus=false",
      "--parameter=off",
      "--delay=1",
      "--label=a=b",
      "--quiet",
      "--file=x.2.prom",
      "--summary-json=s.2.json",
    ].concat(...["--", "ls", "--runs", "7"]),
  );
});

test("variables decide the outputs too, and a summary is printed only if it was asked for", () => {
  const words = wordsFor("--runs=5 --summary ls", 4, { SE_FILE: "y.prom", SE_REPORT_TO: "r.html" });
  const one = ["--runs=1", "--versus=false", "--parameter=off"];
  expect(words).toEqual([...one, "--summary", "--file=y.4.prom", "--report-to=r.4.html", "--", "ls"]);
  expect(wordsFor("ls", 1, { SE_RUNS: "3", SE_QUIET: "1" })).not.toContain("--quiet");
});

test("the words of a run ask for one run", () => {
  const again = parseInvocation(wordsFor("--runs 5 -l env=prod --prepare true make", 1), { SE_RUNS: "9" });
  if (again.mode !== "run") throw new Error("expected a run");
  expect(again.config).toMatchObject({ runs: 1, command: ["make"], file: "statexec_metrics.1.prom" });
  expect(again.config.labels.get("env")).toBe("prod");
  expect(again.warnings).toEqual([]);
});

test.each([
  ["--runs 2 --server ls", "a synchronised run"],
  ["--runs 2 --connect host ls", "a synchronised run"],
  ["--runs 2 -f - ls", "a file of its own"],
  ["--runs 2 --report-to - ls", "a file of its own"],
  ["--runs 2 -mst 1704067200000 ls", "the same times"],
])("%s is refused", (line, why) => {
  expect(() => parseInvocation(line.split(" "), {})).toThrow(UsageError);
  expect(() => parseInvocation(line.split(" "), {})).toThrow(why);
});

test.each([["--warmup=3"], ["--precision=2"], ["--prepare=true"], ["--ignore-failure"]])(
  "%s alone has no effect, and that is said",
  (word) => {
    const invocation = parseInvocation([word, "ls"], {});
    expect(invocation.mode === "run" && invocation.warnings).toEqual([
      `${word.split("=")[0]} has no effect without --runs`,
    ]);
  },
);
