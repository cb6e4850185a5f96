import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isRaw, rawBytes, rawText } from "../../src/os/libc.ts";
import { typedWords } from "../../src/run/inherited.ts";
import { forms } from "../helpers/programs.ts";
import { BIN, runProgram, tempFolder } from "../helpers/statexec.ts";

describe("a -- that the runtime dropped", () => {
  const bun = ["bun", "--config=/dev/null", "--no-env-file", "/bin/statexec"];
  test.each([
    [["ls"], [...bun, "ls"], ["ls"]],
    [["ls"], [...bun, "--", "ls"], ["--", "ls"]],
    [
      ["--", "ls"],
      [...bun, "--", "--", "ls"],
      ["--", "--", "ls"],
    ],
    [
      ["-f", "x", "--", "ls"],
      [...bun, "-f", "x", "--", "ls"],
      ["-f", "x", "--", "ls"],
    ],
    [[], [...bun, "--"], ["--"]],
    [[], bun, []],
    [
      ["--", "ls"],
      ["statexec", "--", "ls"],
      ["--", "ls"],
    ],
  ])("%p of %p: %p", (words, commandLine, typed) => {
    expect(typedWords(words, commandLine)).toEqual(typed);
  });

  test.each(forms())("is restored by the $form: the next word is no option", async ({ path }) => {
    using folder = tempFolder();
    const result = await runProgram([path, "--", "--version"], { cwd: folder.path });
    expect(result).toMatchObject({ code: 127, stdout: "" });
    expect(result.stderr).toStartWith("statexec: --version: not found in PATH");
  });
});

describe("bytes that are not UTF-8", () => {
  test("come back unchanged from text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(rawBytes(rawText(bytes))).toEqual(bytes);
      }),
    );
  });

  test.each([
    ["text", [0x61, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x8e, 0x89], "a€🎉", false],
    ["a lone byte", [0x61, 0xff, 0x62], "a\udcffb", true],
    ["a character cut short", [0xe2, 0x82], "\udce2\udc82", true],
    ["a surrogate", [0xed, 0xa0, 0x80], "\udced\udca0\udc80", true],
  ])("%s", (_, bytes, text, raw) => {
    expect(rawText(Uint8Array.from(bytes))).toBe(text);
    expect(isRaw(text)).toBe(raw);
  });

  test.each([
    ["in the command's path", `$S "$odd/tool" a`],
    ["in PATH", `PATH="$odd:$PATH" $S tool a`],
    ["in the working directory", `cd "$odd"; $S ./tool a; test -s run.prom`],
    ["in a symlink on the way", `ln -s "$odd" way; cd way; $S "../$(basename "$odd")/tool" a; test -s run.prom`],
  ])("%s do not stop a command", async (_, script) => {
    using folder = tempFolder();
    const setUp = String.raw`odd=$PWD/$(printf 'a\377'); mkdir "$odd"; printf '#!/bin/sh\necho ran "$@"\n' >"$odd/tool"`;
    const words = ["dash", "-c", `${setUp}; chmod +x "$odd/tool"; ${script}`];
    const result = await runProgram(words, { cwd: folder.path, env: { S: `${BIN} -f run.prom` } });
    expect(result).toEqual({ code: 0, signal: null, stdout: "ran a\n", stderr: "" });
  });
});
