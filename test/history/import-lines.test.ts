import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { addRun, importRuns, readRuns } from "../../src/history/history-file.ts";
import { readImport } from "../../src/history/import-lines.ts";
import type { RememberedRun } from "../../src/history/remembered-run.ts";
import { runProgram, tempFolder } from "../helpers/statexec.ts";

const RUN: RememberedRun = {
  ...{ id: "one", startedMs: 1_700_000_000_000, project: "/p", command: "make", exitStatus: 0, exitSignal: null },
  ...{ file: "/p/run.prom", commit: null, branch: "main", isDirty: false, host: "h", machine: "x64" },
  ...{ cpuModel: null, cpus: 2, memoryBytes: 2 ** 30, figures: { wall: { value: 3, highest: 3, source: null } } },
};
const ALL = { project: "/p", branch: undefined, command: "", host: undefined, sinceMs: undefined, last: undefined };
const line = (run: object) => `${JSON.stringify(run)}\n`;

test("an export is the same history elsewhere, and a second import adds nothing", () => {
  using folder = tempFolder();
  const path = folder.file("h");
  const runs = [RUN, { ...RUN, id: "two", startedMs: 5, host: "other" }, { ...RUN, id: "three", later: [1] }];
  const content = runs.map(line).join("\n");
  const moved = readImport(content, "x.jsonl", "/q");
  expect(importRuns(path, moved)).toBe(3);
  expect(importRuns(path, readImport(content, "x.jsonl", "/q"))).toBe(0);
  expect(readRuns(path, { ...ALL, project: "/q" })).toEqual(runs.map((run) => ({ ...run, project: "/q" })));
  expect(readRuns(path, { ...ALL, project: "/q", host: "other" }).map(({ id }) => id)).toEqual(["two"]);
  expect(readRuns(path, { ...ALL, project: "/q", sinceMs: 6 }).map(({ id }) => id)).toEqual(["one", "three"]);
});

test("a run that was kept before there were ids has one that stays", () => {
  using folder = tempFolder();
  const path = folder.file("h");
  const { id: _, ...old } = RUN;
  addRun(path, RUN);
  new Database(path).run("UPDATE runs SET run = ?", [JSON.stringify(old)]);
  const [{ id }] = readRuns(path, ALL) as [RememberedRun];
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(importRuns(path, readImport(line(readRuns(path, ALL)[0]!), "x", "/p"))).toBe(0);
  expect(importRuns(path, readImport(line(old), "x", "/p"))).toBe(0);
});

test.each<[string, string, string]>([
  ["no JSON", "{", "x.jsonl:3: expected a JSON object"],
  ["a list", "[]", "x.jsonl:3: expected a JSON object"],
  ["a key that is missing", line({ ...RUN, branch: undefined }), "x.jsonl:3: branch: expected text or null, got"],
  ["a time that is none", line({ ...RUN, startedMs: 1e99 }), "x.jsonl:3: startedMs: expected whole milliseconds"],
  ["a figure as a number", line({ ...RUN, figures: { wall: 3 } }), "x.jsonl:3: figures: expected figures with value"],
  ["an id that is a number", line({ ...RUN, id: 7 }), "x.jsonl:3: id: expected text"],
])("a wrong line is named: %s", (_, wrong, message) => {
  expect(() => readImport(`${line(RUN)}\n${wrong}`, "x.jsonl", "/p")).toThrow(message);
});

test("on a full disk no empty file is left, and there is room again later", async () => {
  using folder = tempFolder();
  mkdirSync(folder.file("full"));
  const mounted = await runProgram(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder.file("full")]);
  if (mounted.code !== 0) return;
  try {
    writeFileSync(folder.file("full/other"), Buffer.alloc(12 << 10));
    const path = folder.file("full/h");
    expect(() => addRun(path, RUN)).toThrow(/full/);
    expect(readdirSync(folder.file("full"))).toEqual(["other"]);
    writeFileSync(folder.file("full/other"), "");
    const many = Array.from({ length: 40 }, (_, i) => ({ ...RUN, id: `run ${i}`, command: "x".repeat(500) }));
    expect(() => importRuns(path, many)).toThrow(/full/);
    expect(readRuns(path, ALL)).toEqual([]);
  } finally {
    await runProgram(["umount", folder.file("full")]);
  }
});
