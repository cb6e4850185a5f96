import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { addRun, defaultHistoryFile, readRunLines, readRuns } from "../../src/history/history-file.ts";
import { historyTable } from "../../src/history/history-table.ts";
import type { RememberedRun } from "../../src/history/remembered-run.ts";
import { tempFolder } from "../helpers/statexec.ts";

const RUN: RememberedRun = {
  id: "a",
  ...{ startedMs: 1_700_000_000_000, project: "/p", command: "make test", exitStatus: 0, exitSignal: null },
  ...{ file: "/p/run.prom", commit: "0123456789abcdef", branch: "main", isDirty: true, host: "h", machine: "x64" },
  ...{ cpuModel: null, cpus: 2, memoryBytes: 2 ** 30 },
  figures: {
    wall: { value: 3, highest: 3, source: null },
    cpu: { value: 2, highest: 2, source: "wait4" },
    memory: { value: 2 ** 20, highest: null, source: "proc_sampled" },
  },
};
const ALL = { project: "/p", branch: undefined, command: "", host: undefined, sinceMs: undefined, last: undefined };

test("what was added is read again, by project, branch and command, the newest of them in their order", () => {
  using folder = tempFolder();
  const path = folder.file("deep/down/history.sqlite");
  const runs = ["make test", "make", "make test -j2"].map((command, i) => ({ ...RUN, command, startedMs: 9 - i }));
  for (const run of [...runs, { ...RUN, project: "/q" }, { ...RUN, branch: null }]) addRun(path, run);
  expect(readRuns(path, { ...ALL, branch: "main" })).toEqual(runs);
  expect(readRuns(path, { ...ALL, branch: "main", command: "make test" })).toEqual([runs[0]!, runs[2]!]);
  expect(readRuns(path, { ...ALL, last: 2 }).map(({ branch }) => branch)).toEqual(["main", null]);
  expect(readRuns(path, { ...ALL, project: "/q" })).toHaveLength(1);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test.each<[string, (path: string) => void, RegExp]>([
  ["text", (path) => writeFileSync(path, "my notes, which matter\n".repeat(99)), /not a history of statexec/],
  ["another program's", (path) => new Database(path).run("CREATE TABLE t (a)"), /not a history of statexec/],
  ["a symlink", (path) => symlinkSync("/dev/null", path), /not a regular file/],
  [
    "a newer one",
    (path) => {
      addRun(path, RUN);
      new Database(path).run("PRAGMA user_version = 7");
    },
    /of a newer statexec \(format 7; this one knows 1\)/,
  ],
])("a file that is not ours stays as it is: %s", (_, make, message) => {
  using folder = tempFolder();
  const path = folder.file("h");
  make(path);
  const before = readFileSync(path);
  expect(() => addRun(path, RUN)).toThrow(message);
  expect(() => readRuns(path, ALL)).toThrow(message);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("lines are the runs as they are read, whatever is wanted of them", () => {
  using folder = tempFolder();
  const path = folder.file("h");
  for (const [i, command] of ["make test", "make"].entries()) addRun(path, { ...RUN, id: `run ${i}`, command });
  const { id: _, ...old } = RUN;
  new Database(path).run("INSERT INTO runs (project, branch, run) VALUES ('/p', 'main', ?)", [JSON.stringify(old)]);
  for (const wanted of [ALL, { ...ALL, command: "make test" }, { ...ALL, last: 1 }, { ...ALL, host: "none" }])
    expect(readRunLines(path, wanted).map((line) => JSON.parse(line))).toEqual(readRuns(path, wanted));
  expect(readRunLines(path, ALL).every((line) => line.includes('"id":'))).toBe(true);
});

test("an empty file is a history without runs", () => {
  using folder = tempFolder();
  writeFileSync(folder.file("h"), "");
  expect(readRuns(folder.file("h"), ALL)).toEqual([]);
  addRun(folder.file("h"), RUN);
  expect(readRuns(folder.file("h"), ALL)).toEqual([RUN]);
});

test("without a history the reader says what makes one, and makes none", () => {
  using folder = tempFolder();
  for (let i = 0; i < 2; i++)
    expect(() => readRuns(folder.file("h"), ALL)).toThrow("no such file; --remember makes it");
});

test.each([
  [{ XDG_STATE_HOME: "/s", HOME: "/h" }, "/s/statexec/history.sqlite"],
  [{ XDG_STATE_HOME: "relative", HOME: "/h" }, "/h/.local/state/statexec/history.sqlite"],
])("the place by %j is %s", (env, path) => {
  expect(defaultHistoryFile(env)).toBe(path);
  expect(() => defaultHistoryFile({})).toThrow("--history-file");
});

test("the table says which figure may be higher, and what is not known", () => {
  const bare = { ...RUN, commit: null, branch: null, isDirty: null, exitStatus: null, exitSignal: 9, figures: {} };
  const [, first, second, ...notes] = historyTable([RUN, bare]).trimEnd().split("\n");
  expect(first).toMatch(/^2023-11-14 22:13:20 {2}0123456789\+ {2}main +0 +3\.00\ss +2\.00\ss +≥ 1\sMiB {2}make test$/);
  expect(second).toMatch(/ {2}- +- +signal 9 +- +- +- {2}make test$/);
  expect(notes).toHaveLength(2);
});
