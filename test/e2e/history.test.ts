import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { addRun } from "../../src/history/history-file.ts";
import type { RememberedRun } from "../../src/history/remembered-run.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

test("a remembered run is listed, and one that is not remembered makes no file", async () => {
  using folder = tempFolder();
  const at = { cwd: folder.path, env: { XDG_STATE_HOME: folder.file("state") } };
  expect((await statexec(["-f", "a.prom", "true"], at)).code).toBe(0);
  expect(existsSync(folder.file("state"))).toBe(false);
  expect(await statexec(["--remember", "-f", "b.prom", "sh", "-c", "exit 3"], at)).toMatchObject({
    code: 3,
    stderr: "",
  });
  const listed = await statexec(["--history", "--history-format", "json"], at);
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  const [run, ...others] = listed.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(others).toEqual([]);
  expect(run).toMatchObject({ exitStatus: 3, file: folder.file("b.prom"), project: folder.path, commit: null });
  expect(run.figures.wall.value).toBeGreaterThan(0);
  expect((await statexec(["--history", "sh"], at)).stdout).toContain("sh -c 'exit 3'");
  expect((await statexec(["--history", "make"], at)).stdout).toBe(`no run of make is remembered in ${folder.path}\n`);
});

test("in a repository the commit and the branch are known, with each way to record", async () => {
  using folder = tempFolder();
  const at = { cwd: folder.path, env: { SE_REMEMBER: "1", SE_HISTORY_FILE: folder.file("h") } };
  const author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  await runProgram(["git", "init", "-q", "-b", "topic"], at);
  await runProgram(["git", ...author, "commit", "-q", "--allow-empty", "-m", "a"], at);
  const commit = (await runProgram(["git", "rev-parse", "HEAD"], at)).stdout.trim();
  for (const words of [["true"], ["--runs", "2", "sh", "-c", "sleep 0.01 & exit 0"]])
    expect(await statexec(["--quiet", ...words], at)).toMatchObject({ code: 0, stderr: "" });
  const { stdout } = await statexec(["--history", "--branch", "topic", "--history-format", "json"], at);
  const runs = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(runs.map((run) => [run.commit, run.branch, run.isDirty])).toEqual(Array(3).fill([commit, "topic", false]));
});

test("runs that end at once are all remembered", async () => {
  using folder = tempFolder();
  const at = { cwd: folder.path, env: { SE_REMEMBER: "1", SE_HISTORY_FILE: folder.file("h") } };
  const ends = await Promise.all([1, 2, 3, 4, 5, 6].map((i) => statexec(["-f", `${i}.prom`, "true"], at)));
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(6).fill({ code: 0, stderr: "" }));
  const { stdout } = await statexec(["--history", "--history-format", "json"], at);
  expect(stdout.trimEnd().split("\n")).toHaveLength(6);
});

test("a history that cannot be written is said, and the run ends as it would", async () => {
  using folder = tempFolder();
  symlinkSync("/dev/full", folder.file("h"));
  const words = ["--remember", "--history-file", folder.file("h"), "-f", "a.prom", "true"];
  const { code, stderr } = await statexec(words, { cwd: folder.path });
  expect({ code, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 0, lines: 1 });
  expect(stderr).toContain("--remember: this run is not in the history: ");
  expect(readFileSync(folder.file("a.prom"), "utf8")).toEndWith("# EOF\n");
});

test("an import adds what is not there, says a wrong line with its number, and then adds nothing", async () => {
  using folder = tempFolder();
  const at = { cwd: folder.path, env: { SE_HISTORY_FILE: folder.file("h") } };
  for (const name of ["a.prom", "b.prom"]) await statexec(["-q", "--remember", "-f", name, "true"], at);
  const { stdout } = await statexec(["--history", "--history-format", "json"], at);
  const into = ["--history", "--history-file", folder.file("other"), "--import"];
  const [first, second] = stdout.split("\n") as [string, string];
  await Bun.write(folder.file("wrong.jsonl"), `${first}\n${second.replace('"command":', '"commando":')}\n`);
  expect(await statexec([...into, "wrong.jsonl"], { cwd: folder.path })).toMatchObject({
    code: 125,
    stdout: "",
    stderr: expect.stringContaining("--import: wrong.jsonl:2: command: expected text, got"),
  });
  expect(existsSync(folder.file("other"))).toBe(false);
  await Bun.write(folder.file("runs.jsonl"), stdout);
  const said = async (...words: string[]) => (await statexec(words, { cwd: folder.path })).stdout;
  await Bun.write(folder.file("first.jsonl"), first);
  expect(await said(...into, "first.jsonl")).toBe("1 run added\n");
  expect(await said(...into, "runs.jsonl")).toBe("1 run added, 1 known before\n");
  const list = ["--history", "--history-file", folder.file("other"), "--history-format", "json"];
  expect(await said(...list)).toBe(stdout);
});

test("a trend in each form, of what was recorded", async () => {
  using folder = tempFolder();
  const at = { cwd: folder.path, env: { SE_HISTORY_FILE: folder.file("h"), LANG: "C.UTF-8" } };
  for (const name of ["a.prom", "b.prom"])
    await statexec(["-q", "--remember", "-f", name, "sh", "-c", "sleep 0.2"], at);
  const said = async (...words: string[]) => await statexec(["--history", ...words], at);
  const text = await said("--trend", "wall,switches");
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toMatch(/^wall time of sh -c 'sleep 0.2'\n/);
  expect(text.stdout).toMatch(/^context switches of sh/m);
  expect(text.stdout.match(/^no branch: 2 points, /gm)).toHaveLength(2);
  expect((await said("--history-format", "markdown")).stdout).toContain("not judged: 1 earlier run of 19");
  expect((await said("--history-format", "html")).stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  const refused = await said("--trend", "speed");
  expect(refused).toMatchObject({ code: 125, stdout: "" });
  expect(refused.stderr).toContain("expected some of wall, cpu, memory");
  expect((await said("--trend", "wall", "--history-format", "json")).code).toBe(125);
});

/** Puts twenty runs of a command into the history, as one on this machine is, with the wall time times a factor. */
async function twentyOf(words: readonly string[], factor: number, at: { cwd: string; env: Record<string, string> }) {
  const first = ["--history-file", "first.sqlite"];
  await statexec(["-q", "--remember", ...first, "-f", "first.prom", ...words], at);
  const { stdout } = await statexec(["--history", ...first, "--history-format", "json"], at);
  const run = JSON.parse(stdout);
  const wall = run.figures.wall.value * factor;
  const figures = { ...run.figures, wall: { value: wall, highest: wall, source: null } };
  const lines = Array.from({ length: 20 }, (_, n) => `${JSON.stringify({ ...run, id: `copy ${n}`, figures })}\n`);
  await Bun.write(`${at.cwd}/runs.jsonl`, lines.join(""));
  expect((await statexec(["--history", "--import", "runs.jsonl"], at)).stdout).toBe("20 runs added\n");
}

test("a run that is worse than usual is over its budget; one that is not keeps it; both are remembered", async () => {
  using folder = tempFolder();
  const at = { cwd: folder.path, env: { SE_HISTORY_FILE: folder.file("h") } };
  const command = ["sh", "-c", "sleep 0.3"];
  await twentyOf(command, 0.1, at);
  const budget = ["--budget", "wall<+10% of history", "--remember", "-f", "a.prom"];
  const over = await statexec(["-q", ...budget, ...command], at);
  expect(over.stderr).toMatch(/budget wall<\+10% of history exceeded: .*; 20 comparable runs had .* in the middle/);
  expect(over.code).toBe(124);
  const kept = await statexec(["-q", "--budget", "wall<+1000000% of history", "-f", "a.prom", ...command], at);
  expect(kept).toMatchObject({ code: 0, stderr: "" });
  const few = await statexec(["-q", ...budget, "true"], at);
  expect(few.code).toBe(0);
  expect(few.stderr).toContain("inconclusive: ");
  expect(few.stderr).toContain(": 0 comparable runs in the history, 19 are needed");
  expect((await statexec(["-q", ...budget, "--budget-strict", "true"], at)).code).toBe(124);
  const { stdout } = await statexec(["--history", "--history-format", "json"], at);
  expect(stdout.trimEnd().split("\n")).toHaveLength(23);
});

test.each<[string, (path: string) => unknown, RegExp]>([
  ["missing", () => undefined, /no such file; --remember makes it/],
  ["another program's", (path) => new Database(path).run("CREATE TABLE t (a)"), /not a history of statexec/],
  ["no database", (path) => writeFileSync(path, "notes\n".repeat(999)), /not a history of statexec/],
  ["damaged", damaged, /the history cannot be read: .*malformed/],
  ["locked for longer than is waited", locked, /the history cannot be read: .*locked/],
])(
  "a history that cannot be read does not harm the run: %s",
  async (_, make, message) => {
    using folder = tempFolder();
    const kept = make(folder.file("h"));
    const at = { cwd: folder.path, env: { SE_HISTORY_FILE: folder.file("h") } };
    const { code, stderr } = await statexec(["-q", "--budget", "cpu<+10% of history", "sh", "-c", "exit 7"], at);
    expect(code).toBe(7);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    if (kept instanceof Database) kept.close();
  },
  120_000,
);

const ANY_RUN: RememberedRun = {
  ...{ id: "a", startedMs: 0, project: "/p", command: "x".repeat(9000), exitStatus: 0, exitSignal: null, file: "" },
  ...{ commit: null, branch: null, isDirty: null, host: "h", machine: "x64", cpuModel: null, cpus: 1 },
  ...{ memoryBytes: 1, figures: {} },
};

function locked(path: string): Database {
  addRun(path, ANY_RUN);
  const database = new Database(path);
  database.run("BEGIN EXCLUSIVE");
  return database;
}

/** A history whose header is whole, and whose table is not. */
function damaged(path: string): void {
  addRun(path, ANY_RUN);
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096);
  writeFileSync(path, bytes);
}
