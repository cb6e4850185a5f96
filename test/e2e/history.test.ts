import { expect, test } from "bun:test";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
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
