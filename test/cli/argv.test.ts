import { expect, test } from "bun:test";
import fc from "fast-check";
import { splitArgv } from "../../src/cli/argv.ts";
import type { Option } from "../../src/cli/option.ts";
import { OPTION_IDS, OPTIONS } from "../../src/cli/options.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { UsageError } from "../../src/errors.ts";

type Row = readonly [argv: readonly string[], given: readonly string[], command: readonly string[]];

/** Returns what was given as `option=text`; a boolean without a value as its option only. */
function split(argv: readonly string[]) {
  const { given, rest: command, problem } = splitArgv(argv);
  return {
    given: given.map(({ option, text }) => (text === undefined ? option : `${option}=${text}`)),
    command,
    problem: problem?.message,
  };
}

const ROWS: readonly Row[] = [
  [["df", "-h"], [], ["df", "-h"]],
  [["--", "df", "-h"], [], ["df", "-h"]],
  [["-s", "iperf3", "-s"], ["server"], ["iperf3", "-s"]],
  [["git", "log", "--no-color"], [], ["git", "log", "--no-color"]],
  [["-mst", "1", "ls"], ["metricsStartTimeMs=1"], ["ls"]],
  [["-l", "a=b", "-l", "c=d", "ls"], ["label=a=b", "label=c=d"], ["ls"]],
  [["printf", ""], [], ["printf", ""]],
  [["", "-d", "1"], [], ["", "-d", "1"]],
  [["-", "-d", "1"], [], ["-", "-d", "1"]],
  [["-s", "-"], ["server"], ["-"]],
  [["-f", "-", "ls"], ["file=-"], ["ls"]],
  [["-f", "", "ls"], ["file="], ["ls"]],
  [["-f", "ls"], ["file=ls"], []],
  [["-d=2", "ls"], ["delaySeconds=2"], ["ls"]],
  [["-d", "-2", "ls"], ["delaySeconds=-2"], ["ls"]],
  [["-i", "-x", "ls"], ["instance=-x"], ["ls"]],
  [["--file=--", "ls"], ["file=--"], ["ls"]],
  [["--file=", "ls"], ["file="], ["ls"]],
  [["-l=a=b=c", "ls"], ["label=a=b=c"], ["ls"]],
  [["-sp", "1", "-sso", "-s", "ls"], ["port=1", "startOnly", "server"], ["ls"]],
  [["-s", "true", "ls"], ["server"], ["true", "ls"]],
  [["-s=false", "--server=", "ls"], ["server=false", "server="], ["ls"]],
  [["-s", "--", "--", "ls", "--"], ["server"], ["--", "ls", "--"]],
  [["--"], [], []],
  [[], [], []],
];

test.each(ROWS)("%j", (argv, given, command) => {
  expect(split(argv)).toEqual({ given: [...given], command: [...command], problem: undefined });
});

test("a wrong word does not stop the split, and the first problem is reported", () => {
  const { given, command, problem } = split(["-d", "1", "--bogus", "--other", "-f", "-h", "ls", "-v"]);
  expect({ given, command }).toEqual({ given: ["delaySeconds=1", "help"], command: ["ls", "-v"] });
  expect(problem).toStartWith('unknown option "--bogus"');
});

const spellings = OPTION_IDS.flatMap((id) => [OPTIONS[id].flag, ...OPTIONS[id].shorts]);
/** Words of all kinds: our options, misspelt ones, values, anything. */
const words = fc.array(
  fc.oneof(
    fc.constantFrom(...spellings, "--", "-", "", "ls", "1", "a=b", "-x", "--no-color", "\0", "\ud800"),
    fc.tuple(fc.constantFrom(...spellings), fc.string({ unit: "binary" })).map(([flag, value]) => `${flag}=${value}`),
    fc.string({ unit: "binary" }),
  ),
);
const names = fc.oneof(
  fc.constantFrom("SE_DELAY", "SE_DEALY", "SE_SERVER", "SE_CONNECT", "SE_LABEL_a"),
  fc
    .tuple(fc.constantFrom("SE_", "SE_LABEL_", "SE_LABLE_"), fc.string({ unit: "binary" }))
    .map((part) => part.join("")),
);
const environments = fc.dictionary(names, fc.string({ unit: "binary" }));

test("every word of a command survives, and none of it is ours", () => {
  fc.assert(
    fc.property(words, words, (ours, command) => {
      const options = ours.includes("--") ? ours.slice(0, ours.indexOf("--")) : ours;
      const alone = splitArgv(options);
      fc.pre(alone.rest.length === 0);
      const whole = splitArgv([...options, "--", ...command]);
      expect(whole.rest).toEqual(command);
      expect(whole.given).toEqual(alone.given);
    }),
  );
  fc.assert(
    fc.property(words, (args) => {
      const { given, rest, problem } = splitArgv(["cmd", ...args]);
      expect({ given, rest, problem }).toEqual({ given: [], rest: ["cmd", ...args], problem: undefined });
    }),
  );
});

test("the command is always the end of the words", () => {
  fc.assert(
    fc.property(words, (argv) => {
      const { rest: command } = splitArgv(argv);
      expect(argv.slice(argv.length - command.length)).toEqual([...command]);
    }),
  );
});

test("only a UsageError is thrown, and its message is one line", () => {
  fc.assert(
    fc.property(words, environments, (argv, env) => {
      const oneLine = /^[^\p{Cc}\p{Cs}\u2028\u2029]{1,500}$/u;
      try {
        const invocation = parseInvocation(argv, env);
        if (invocation.mode === "run") for (const warning of invocation.warnings) expect(warning).toMatch(oneLine);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).toMatch(oneLine);
      }
    }),
    { numRuns: 500 },
  );
});

test("a flag wins over its variable, whatever the value of the variable", () => {
  const options = OPTION_IDS.map((id): Option => OPTIONS[id]).filter((option) => option.kind === "setting");
  fc.assert(
    fc.property(fc.constantFrom(...options), fc.string({ minLength: 1 }), (option, text) => {
      const flag = option.operand === undefined ? [option.flag] : [option.flag, option.operand.example];
      const withVariable = parseInvocation([...flag, "ls"], { [option.env]: text });
      expect(withVariable).toEqual(parseInvocation([...flag, "ls"], {}));
    }),
  );
});
