import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { program } from "../helpers/programs.ts";
import { BIN, cleanEnv, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { CTRL_C, Terminal } from "../helpers/terminal.ts";

const CORE_PATTERN = readFileSync("/proc/sys/kernel/core_pattern", "utf8").trim();
/** A core file of the runtime has gigabytes; one of a shell has less than this. */
const SMALL_CORE_BYTES = 64 * 2 ** 20;

/** A Python program that becomes sh, with no signal blocked. */
const PYTHON_END =
  "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp('sh', ['sh', '-c', sys.argv[1]])";

/** Runs a program that runs statexec. Fails where it does not print this, and nothing else. */
async function expectPrinted(words: readonly string[], stdout: string): Promise<void> {
  using folder = tempFolder();
  const result = await runProgram(words, { cwd: folder.path });
  expect(result).toEqual({ code: 0, signal: null, stdout, stderr: "" });
}

describe("a shell sees the command's own end", () => {
  test.each([
    ["bash", "TERM", "Terminated", 143],
    ["bash", "KILL", "Killed", 137],
    ["bash", "HUP", "Hangup", 129],
    ["bash", "SEGV", "Segmentation fault", 139],
    ["dash", "TERM", "Terminated", 143],
    ["dash", "KILL", "Killed", 137],
  ])("%s by SIG%s: it prints %p, and $? is %p", async (shell, signal, word, status) => {
    using folder = tempFolder();
    const text = `${BIN} -f run.prom sh -c 'kill -${signal} $$'; echo $?`;
    const result = await runProgram([shell, "-c", text], { cwd: folder.path });
    expect(result).toMatchObject({ code: 0, stdout: `${status}\n` });
    expect(result.stderr).toContain(word);
  });

  test.each(["bash", "dash"])("%s: $? is the exit status", async (shell) => {
    const once = (status: number) => `${BIN} -f run.prom sh -c 'exit ${status}'; echo $?;`;
    await expectPrinted([shell, "-c", [0, 1, 42, 255].map(once).join(" ")], "0\n1\n42\n255\n");
  });

  test("Python's subprocess has the signal as a negative return code", async () => {
    const lines = [
      "import subprocess, sys",
      "for end in ['exit 3', 'kill -TERM $$', 'kill -KILL $$', 'kill -QUIT $$']:",
      "    print(subprocess.run([sys.argv[1], '-f', 'run.prom', 'sh', '-c', 'ulimit -c 0; ' + end]).returncode)",
    ];
    await expectPrinted(["python3", "-c", lines.join("\n"), BIN], "3\n-15\n-9\n-3\n");
  });

  test("it is the same for every signal", async () => {
    const lines = [
      "import subprocess, sys",
      "for signal in [*range(1, 32), *range(34, 65)]:",
      "    end = ['sh', '-c', f'ulimit -c 0; kill -{signal} $$; exit 9']",
      "    if signal in (19, 20, 21, 22): continue",
      "    bare = subprocess.run(end).returncode",
      "    wrapped = subprocess.run([sys.argv[1], '-f', '/dev/null', *end]).returncode",
      "    if bare != wrapped: print(signal, bare, wrapped)",
    ];
    await expectPrinted(["python3", "-c", lines.join("\n"), BIN], "");
  }, 120_000);

  test.each([
    ["which the caller blocked", "-b 15", "kill -TERM $$", 143],
    ["where the caller ignores SIGCHLD", "-i 17", "exit 7", 7],
    ["where the caller blocks SIGCHLD", "-b 17", "exit 7", 7],
  ])("an end %s is the command's own", async (_, how, script, status) => {
    using folder = tempFolder();
    const run = [program("launch"), ...how.split(" "), BIN, "-f", folder.file("run.prom")];
    const result = await runProgram([...run, "python3", "-c", PYTHON_END, script]);
    expect(result).toMatchObject(status > 128 ? { signal: "SIGTERM" } : { code: status });
  });

  test("a loop in bash stops on Ctrl-C", async () => {
    using folder = tempFolder();
    const loop = `for i in 1 2 3; do ${BIN} -f run.prom sh -c "echo turn=$i; exec sleep 100"; done; echo after`;
    const terminal = new Terminal(["bash", "-c", loop], { cwd: folder.path });
    await terminal.shows(/turn=1/);
    terminal.type(CTRL_C);
    await terminal.child.exited;
    expect(terminal.child.signalCode ?? terminal.child.exitCode).toBeOneOf(["SIGINT", 130]);
    expect(terminal.shown).not.toMatch(/turn=2|after/);
  });
});

describe.skipIf(CORE_PATTERN !== "core")(`a core file (core_pattern is ${CORE_PATTERN})`, () => {
  test.each(["SEGV", "ABRT", "QUIT"])(
    "of a command that SIG%s ends is the command's own, and the only one",
    async (signal) => {
      using folder = tempFolder();
      const text = `ulimit -c unlimited; ${BIN} -f run.prom sh -c 'kill -${signal} $$'`;
      await runProgram(["bash", "-c", text], { cwd: folder.path });
      const cores = readdirSync(folder.path).filter((name) => name.startsWith("core"));
      expect(cores).toHaveLength(1);
      expect(statSync(folder.file(cores[0]!)).size).toBeLessThan(SMALL_CORE_BYTES);
    },
  );
});

test("processes that a command leaves running are left alone and not waited for", async () => {
  using folder = tempFolder();
  const child = Bun.spawn([BIN, "-f", folder.file("run.prom"), "sh", "-c", "sleep 100 >/dev/null & echo $!"], {
    env: cleanEnv(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const left = Number(await child.stdout.text());
  expect(await child.exited).toBe(0);
  const stat = readFileSync(`/proc/${left}/stat`, "latin1");
  process.kill(left, "SIGKILL");
  expect(stat).toMatch(/^\d+ \(sleep\) [SR]/);
});

describe("two runs in one folder", () => {
  test("at once: both record", async () => {
    using folder = tempFolder();
    const commands = [3, 4].map((status) => statexec(["sh", "-c", `sleep 0.2; exit ${status}`], { cwd: folder.path }));
    expect((await Promise.all(commands)).map(({ code }) => code)).toEqual([3, 4]);
    expectFiles(folder.path, ["Command done with status 3", "Command done with status 4"]);
  });

  test("one inside the other: both record, and the status is the inner command's", async () => {
    using folder = tempFolder();
    const result = await statexec([BIN, "sh", "-c", "exit 5"], { cwd: folder.path });
    expect(result.code).toBe(5);
    expectFiles(folder.path, ["Command done with status 5", "Command done with status 5"]);
  });
});

/** Expects exactly one complete metrics file for each text. */
function expectFiles(folder: string, texts: readonly string[]): void {
  const files = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8"));
  expect(files).toHaveLength(texts.length);
  for (const file of files) expect(file).toEndWith("# EOF\n");
  expect(files.map((file) => /text="(Command done[^"]*)"/.exec(file)?.[1]).sort()).toEqual([...texts].sort());
}
