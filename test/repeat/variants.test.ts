import { describe, expect, test } from "bun:test";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { UsageError } from "../../src/errors.ts";
import { fileOfRun, wordsOfRun } from "../../src/repeat/run-words.ts";
import { variantsOf } from "../../src/repeat/variants.ts";
import { configFor } from "../helpers/config.ts";

const made = (words: readonly string[]) => variantsOf(configFor(words));

describe("the commands of a series", () => {
  test("one command is as it was typed, and has no name", () => {
    expect(made(["--runs", "3", "--", "sh", "-c", "echo {x} | wc", ""])).toEqual([
      {
        ...{ name: "", mark: "", command: ["sh", "-c", "echo {x} | wc", ""], text: "sh -c echo {x} | wc " },
        parameters: new Map(),
      },
    ]);
  });

  test("of --versus, each word is a command line", () => {
    const variants = made(["--runs", "3", "--versus", "grep -r 'a b' .", "/usr/bin/rg x"]);
    expect(variants.map(({ command }) => command)).toEqual([
      ["grep", "-r", "a b", "."],
      ["/usr/bin/rg", "x"],
    ]);
    expect(variants.map(({ name, mark }) => [name, mark])).toEqual([
      ["A", "a-grep"],
      ["B", "b-rg"],
    ]);
  });

  test("--shell gives the line to a shell as it is", () => {
    const [first] = made(["--versus", "--shell", "ls | wc -l", "find . | wc -l"]);
    expect(first).toMatchObject({ command: ["/bin/sh", "-c", "ls | wc -l"], mark: "a-ls", text: "ls | wc -l" });
  });

  test("a value of a parameter stays a part of its word", () => {
    const variants = made(["--parameter", "flags=-O2 -g,-O3", "--", "cc", "{flags}", "x{flags}y", "{other}"]);
    expect(variants.map(({ command }) => command)).toEqual([
      ["cc", "-O2 -g", "x-O2 -gy", "{other}"],
      ["cc", "-O3", "x-O3y", "{other}"],
    ]);
  });

  test("a shell gets a value as a part of its text", () => {
    const [, second] = made(["--versus", "--shell", "--parameter", "n=1,2", "seq {n} | wc"]);
    expect(second).toMatchObject({ command: ["/bin/sh", "-c", "seq 2 | wc"], name: "n=2", mark: "n-2" });
  });

  test("several parameters: all combinations, of each command", () => {
    const words = ["--versus", "--parameter", "n=1,2", "--parameter", "m=a,b", "x {n}{m}", "y {m}{n}"];
    const variants = made(words);
    expect(variants.map(({ text }) => text)).toEqual(
      ["x 1a", "x 1b", "x 2a", "x 2b"].concat(["y a1", "y b1", "y a2", "y b2"]),
    );
    expect(variants[3]).toMatchObject({ name: "A n=2 m=b", mark: "a-x.n-2.m-b" });
    expect(variants[4]!.parameters).toEqual(
      new Map([
        ["n", "1"],
        ["m", "a"],
      ]),
    );
  });

  test("values that would have the same file are numbered", () => {
    expect(made(["--parameter", "d=/a,_a", "ls", "{d}"]).map(({ mark }) => mark)).toEqual(["d-1", "d-2"]);
    expect(made(["--parameter", "d=../x,0.5", "ls", "{d}"]).map(({ mark }) => mark)).toEqual(["d-__x", "d-0.5"]);
  });

  test.each<[string[], string]>([
    [["--versus", "ls | wc"], '--versus: "ls | wc" has a |, which needs a shell: add --shell, or quote it'],
    [["--parameter", "n=1,2", "ls"], "--parameter: {n} is not in the command"],
    [["--parameter", "n=1", "--parameter", "n=2", "ls{n}"], "n is given twice"],
    [["--versus", ...Array.from({ length: 27 }, () => "ls")], "got 27 commands, expected at most 26"],
    [["--parameter", `n=${Array.from({ length: 101 }, (_, i) => i)}`, "ls{n}"], "these are 101 commands"],
    [["--versus", "ls \ufffd"], "may have bytes that are not UTF-8"],
    [["--parameter", "n=1", "ls", "\ufffd{n}"], "may have bytes that are not UTF-8"],
  ])("%j is refused: %s", (words, message) => {
    expect(() => made(words)).toThrow(UsageError);
    expect(() => made(words)).toThrow(message);
  });

  test("a parameter may be for --prepare only", () => {
    expect(made(["--parameter", "n=1,2", "--prepare", "setup {n}", "ls"])).toHaveLength(2);
  });

  test("a file's name says which command, and which run", () => {
    const [, second] = made(["--versus", "--parameter", "n=4", "x {n}", "y {n}"]);
    expect(fileOfRun("out/run.prom.gz", second!, 12)).toBe("out/run.b-y.n-4.12.prom.gz");
    expect(fileOfRun("run.prom", { mark: "" }, 3)).toBe("run.3.prom");
  });
});

test("the words of a run ask for one run of one command, whatever the variables say", () => {
  const env = { SE_VERSUS: "1", SE_RUNS: "4", SE_PARAMETER: "x=1,2", SE_OUTPUT: "null" };
  const invocation = parseInvocation(["-f", "e.prom", "echo {x}", "cat"], env);
  if (invocation.mode !== "run") throw new Error("expected a run");
  const variants = variantsOf(invocation.config);
  expect(variants.map(({ name }) => name)).toEqual(["A x=1", "A x=2", "B x=1", "B x=2"]);
  const again = parseInvocation(wordsOfRun(invocation.config, invocation.flags, variants[1]!, 3), env);
  if (again.mode !== "run") throw new Error("expected a run");
  expect(again.config).toMatchObject({ runs: 1, versus: false, parameters: [], command: ["echo", "2"] });
  expect(again.config.file).toBe("e.a-echo.x-2.3.prom");
});

test("what has no effect without --versus or several runs is said", () => {
  const warnings = (words: string[]) => {
    const invocation = parseInvocation(words, {});
    return invocation.mode === "run" && invocation.warnings;
  };
  expect(warnings(["--shell", "--runs", "2", "ls"])).toEqual(["--shell has no effect without --versus"]);
  expect(warnings(["--output=null", "--runs-json=x", "--max-time=3", "ls"])).toEqual(
    ["--output", "--runs-json", "--max-time"].map((flag) => `${flag} has no effect without --runs`),
  );
  expect(warnings(["--versus", "--warmup", "1", "ls", "ls -l"])).toEqual([]);
  expect(warnings(["--parameter", "n=1,2", "--output", "null", "ls", "{n}"])).toEqual([]);
});

test.each([
  [["--versus", "-s", "ls"], "a synchronised run cannot be repeated"],
  [["--parameter", "n=1,2", "-f", "-", "ls", "{n}"], "each run needs a file of its own"],
  [["--runs=2", "--output", "null", "--summary-markdown", "-", "ls"], "standard output is the command's alone"],
])("%j is refused: %s", (words, why) => {
  expect(() => configFor(words)).toThrow(why);
});
