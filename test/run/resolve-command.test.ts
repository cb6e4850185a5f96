import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { CommandError } from "../../src/errors.ts";
import { resolveCommand } from "../../src/run/resolve-command.ts";
import { tempFolder } from "../helpers/statexec.ts";

function program(path: string, mode = 0o755): void {
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, mode);
}

function refusal(argv: string[], path: string | undefined): CommandError {
  try {
    resolveCommand(argv, path);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error("the command was found");
}

describe("as execvp(3) does", () => {
  test("the first folder of PATH that has the command wins, and argv stays as typed", () => {
    using folder = tempFolder();
    for (const name of ["a", "b"]) mkdirSync(folder.file(name));
    program(folder.file("b/tool"));
    const path = `${folder.file("missing")}:${folder.file("a")}:${folder.file("b")}`;
    expect(resolveCommand(["tool", "-x", ""], path)).toEqual({
      path: folder.file("b/tool"),
      argv: ["tool", "-x", ""],
    });
    program(folder.file("a/tool"));
    expect(resolveCommand(["tool"], path).path).toBe(folder.file("a/tool"));
  });

  test("a file that cannot be executed is skipped, and reported if there is no other", () => {
    using folder = tempFolder();
    for (const name of ["a", "b", "b/dir"]) mkdirSync(folder.file(name));
    program(folder.file("a/tool"), 0o644);
    const path = `${folder.file("a")}:${folder.file("b")}`;
    const error = refusal(["tool"], path);
    expect(error.reason).toBe("not executable");
    expect(error.message).toBe(
      `tool (${folder.file("a/tool")}): no permission to execute it; try chmod +x ${folder.file("a/tool")}`,
    );
    program(folder.file("b/tool"));
    expect(resolveCommand(["tool"], path).path).toBe(folder.file("b/tool"));
    expect(refusal(["dir"], path).message).toBe(`dir (${folder.file("b/dir")}): is a directory, not a command`);
  });

  test.each([[""], [":/bin"], ["/bin:"], ["/nowhere::/nowhere"]])(
    "an empty component of PATH=%p is the working directory",
    (path) => {
      using folder = tempFolder();
      program(folder.file("only-here"));
      const before = process.cwd();
      try {
        process.chdir(folder.path);
        expect(resolveCommand(["only-here"], path).path).toBe("./only-here");
      } finally {
        process.chdir(before);
      }
    },
  );

  test("without PATH it is /bin and /usr/bin", () => {
    expect(resolveCommand(["sh"], undefined).path).toBe("/bin/sh");
  });

  test("a name with a slash is not searched for", () => {
    expect(refusal(["./nowhere"], "/bin")).toMatchObject({
      reason: "not found",
      message: "./nowhere: there is no such file",
    });
    expect(refusal(["/etc"], "/bin")).toMatchObject({
      reason: "not executable",
      message: "/etc: is a directory, not a command",
    });
    expect(refusal(["/etc/hostname/x"], "/bin").reason).toBe("not found");
  });
});

test.each(["explore", "compare", "list-collectors"])("a word that is a mode of ours in other programs: %s", (word) => {
  expect(refusal([word, "a.prom"], "/bin").message).toBe(
    `${word}: not found in PATH; did you mean statexec --${word}?`,
  );
});

test("a command in no folder is not found", () => {
  expect(refusal(["no-such-command"], "/bin")).toMatchObject({
    reason: "not found",
    message: "no-such-command: not found in PATH; check the name, or give its path",
  });
  // A setting is no mode.
  expect(refusal(["delay"], "/bin").message).toEndWith("; check the name, or give its path");
  expect(refusal([""], "/bin")).toMatchObject({ reason: "not found", message: "the command is an empty word" });
});
