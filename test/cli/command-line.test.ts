import { expect, test } from "bun:test";
import { SplitFault, splitCommandLine } from "../../src/cli/command-line.ts";
import { mulberry32 } from "../../src/recording/change-interval.ts";
import { effort } from "../helpers/effort.ts";

test.each([
  ["ls -l", ["ls", "-l"]],
  ["  make\t-j8  all ", ["make", "-j8", "all"]],
  ["\n make all \n", ["make", "all"]],
  ["a'\n'", ["a\n"]],
  ["printf '%s|' \"a b\" c\\ d ''", ["printf", "%s|", "a b", "c d", ""]],
  ["awk '{print $1}' f", ["awk", "{print $1}", "f"]],
  ["a\"b\"'c'd", ["abcd"]],
  ['echo "\\$5 \\"x\\" \\n"', ["echo", '$5 "x" \\n']],
  ["make -j{threads} a#b x=y", ["make", "-j{threads}", "a#b", "x=y"]],
  ["a\\\nb", ["ab"]],
  // A line that goes on begins no word.
  ["a \\\n b\\\n", ["a", "b"]],
  ['"a\\\nb"', ["ab"]],
])("%j is %j", (line, words) => {
  expect(splitCommandLine(line)).toEqual(words);
});

test.each([
  ["ls | wc", "has a |, which needs a shell: add --shell, or quote it"],
  ["a && b", "has a &"],
  ["a; b", "has a ;"],
  ["echo $HOME", "has a $"],
  ['echo "$HOME"', "has a $"],
  ["echo `x`", "has a `"],
  ["ls *.c", "has a *"],
  ["ls ~", "has a ~"],
  ["ls #x", "has a #"],
  ["a > b", "has a >"],
  ["A=1 b", "sets a variable"],
  ["a\nb", "has a line break, which needs a shell"],
  ["echo 'x", "has a ' without an end"],
  ['echo "x', 'has a " without an end'],
  ["echo \\", "ends with a backslash"],
  ["  ", "has no command"],
])("%j is refused: it %s", (line, clause) => {
  const fault = splitCommandLine(line);
  expect(fault).toBeInstanceOf(SplitFault);
  expect((fault as SplitFault).clause).toStartWith(clause);
});

/** Returns the words that a shell makes of a line. */
function byShell(line: string): string[] {
  const { stdout, exitCode } = Bun.spawnSync(["dash", "-c", `printf '%s\\0' ${line}`], { stderr: "ignore" });
  expect(exitCode, line).toBe(0);
  return stdout.toString().split("\0").slice(0, -1);
}

test("the words are those that a shell makes, of any line that is not refused", () => {
  const random = mulberry32(7);
  const signs = [..."ab=#~{}é,  '\"\\\\\n\t$|"];
  let compared = 0;
  for (let i = 0; i < effort(5000); i++) {
    const length = 1 + Math.floor(random() * 12);
    const line = Array.from({ length }, () => signs[Math.floor(random() * signs.length)]).join("");
    const words = splitCommandLine(`x ${line}`);
    if (words instanceof SplitFault) continue;
    compared++;
    expect(words, JSON.stringify(line)).toEqual(byShell(`x ${line}`));
  }
  expect(compared).toBeGreaterThan(effort(5000) / 10);
});
