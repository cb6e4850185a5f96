import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { BIN, cleanEnv, statexec, tempFolder } from "../helpers/statexec.ts";
import { Terminal } from "../helpers/terminal.ts";

/** Starts a run that lasts until its input ends, and waits for its journal. */
async function running(folder: string, words: readonly string[] = []) {
  const run = Bun.spawn([BIN, "-q", "--interval", "0.1", "-f", "run.prom", ...words, "cat"], {
    ...{ cwd: folder, env: cleanEnv(), stdin: "pipe", stdout: "ignore", stderr: "inherit" },
  });
  while (!readdirSync(folder).some((name) => name.endsWith(".journal"))) await Bun.sleep(20);
  return run;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const REPAINT = /\u001b\[(\d+)A\r\u001b\[J.*running for /s;

describe("--watch", () => {
  test("shows a run once where there is no terminal: by its metrics file, its pid, its journal, or the folder", async () => {
    using folder = tempFolder();
    const run = await running(folder.path);
    const [journal] = readdirSync(folder.path).filter((name) => name.endsWith(".journal"));
    for (const name of ["run.prom", String(run.pid), journal!, "."]) {
      const { code, stdout, stderr } = await statexec(["--watch", name], { cwd: folder.path });
      expect({ code, stderr }, name).toEqual({ code: 0, stderr: "" });
      expect(stdout, name).toMatch(/^cat: running for /);
    }
    const budgets = ["--watch", "--budget", "memory<1GiB"];
    expect((await statexec(budgets, { cwd: folder.path })).stdout).toContain("budget   memory<1GiB: ");
    run.stdin.end();
    await run.exited;
    expect((await statexec(["--watch", "run.prom"], { cwd: folder.path })).stdout).toContain("ended    with status 0");
  }, 120_000);

  test("paints the picture over the last one on a terminal, until the run ends", async () => {
    using folder = tempFolder();
    const run = await running(folder.path);
    const env = { TERM: "xterm", LANG: "C.UTF-8" };
    const terminal = new Terminal([BIN, "--watch", "run.prom"], { cwd: folder.path, env });
    await terminal.shows(/running for /);
    // Back to the first row, and all below it cleared.
    const [, above] = await terminal.shows(REPAINT);
    expect(Number(above)).toBeGreaterThan(3);
    run.stdin.end();
    await terminal.shows(/ended .*with status 0/);
    expect(await terminal.child.exited).toBe(0);
    await run.exited;
  }, 120_000);

  test("says when the run is likely to end, by what is remembered of the same command", async () => {
    using folder = tempFolder();
    const history = ["--history-file", folder.file("h")];
    const before = await running(folder.path, ["--remember", ...history]);
    before.stdin.end();
    expect(await before.exited).toBe(0);
    const run = await running(folder.path);
    const { stdout } = await statexec(["--watch", ...history], { cwd: folder.path });
    expect(stdout).toMatch(/^end +(expected (in|within)|later than) .*the run before took /m);
    expect(
      (await statexec(["--watch"], { cwd: folder.path, env: { XDG_STATE_HOME: folder.path } })).stdout,
    ).not.toMatch(/^end /m);
    run.stdin.end();
    expect(await run.exited).toBe(0);
  }, 120_000);

  test("ends with 0 at a signal, and leaves the run alone", async () => {
    using folder = tempFolder();
    const run = await running(folder.path);
    const terminal = new Terminal([BIN, "--watch"], { cwd: folder.path, env: { TERM: "xterm" } });
    await terminal.shows(/running for /);
    terminal.type("\u0003");
    expect(await terminal.child.exited).toBe(0);
    run.stdin.end();
    expect(await run.exited).toBe(0);
  }, 120_000);

  test.each([
    [["--watch"], "--watch: no run goes on in this folder; name its metrics file, or its pid"],
    [["--watch", "none.prom"], "--watch: none.prom: no such run"],
    [["--watch", "1"], "--watch: no journal is open in process 1"],
    [["--watch", "a", "b"], '--watch shows one run; leave out "b"'],
    [["--watch", "--budget", "cpu<+10%"], "is relative to earlier runs; --watch takes amounts"],
    [["--watch", "-f", "x"], "has no effect with --watch"],
  ])("%j is refused", async (words, message) => {
    using folder = tempFolder();
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(code).toBe(125);
    expect(stderr).toContain(message);
  });
});
