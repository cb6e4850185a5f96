import { expect, test } from "bun:test";
import { closeSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createJournal } from "../../src/journal/journal-files.ts";
import { ByteWriter, putRecord, TYPE } from "../../src/journal/journal-format.ts";
import { processesIn } from "../../src/journal/journal-reader.ts";
import { encodeFact, encodeProcesses } from "../../src/journal/journal-records.ts";
import { joinedSource } from "../../src/journal/journal-source.ts";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import { dropRows } from "../../src/journal/lost-rows.ts";
import { recoverMetrics } from "../../src/output/recover-metrics.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { HEADER, KEYS, read, Trial } from "./journals.ts";

function packed(lines: readonly object[]): Uint8Array {
  return Bun.gzipSync(new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
}

function line(pid: number, end: number | null, more: object = {}): object {
  return { type: "process", pid, start: 5, end, cpu_seconds: pid / 10, source: "perf", ...more };
}

/** Writes a journal of a run that was killed, a flush for each of some texts, and returns its path. */
function journalWith(trial: Trial, choice: string, texts: readonly Uint8Array[]): string {
  const { path, fd } = createJournal(trial.folder, "run.prom", 99_999_999);
  let taken = 0;
  const processes = {
    takeUnsaved: () => texts.slice(taken, ++taken).map((each) => ({ choice, packed: each })),
    takeUnsavedSamples: () => [],
  };
  const places = [() => ({ path, fd })];
  const writer = new JournalWriter({ header: HEADER, clock: new FakeClock(), places, isSynced: false, processes });
  writer.layout(KEYS);
  for (let i = 0; i < texts.length; i++) {
    writer.row(HEADER.startMs + i * 1000, new Float64Array(KEYS.length));
    writer.flush();
  }
  closeSync(fd);
  return path;
}

function recordIn(trial: Trial) {
  const text = new TextDecoder().decode(Bun.gunzipSync(readFileSync(join(trial.folder, "run.processes.jsonl.gz"))));
  return text
    .trimEnd()
    .split("\n")
    .map((each) => JSON.parse(each));
}

test("a process that ended is there once, one that lived as it was last seen, and rows are not touched", async () => {
  using trial = new Trial();
  const texts = [
    packed([line(7, null), line(8, null, { name: "sh" })]),
    packed([line(7, 6), line(8, null, { name: "cc" })]),
    packed([line(7, 9, { start: 8 })]),
  ];
  const path = journalWith(trial, "all", texts);
  expect(read(readFileSync(path)).rows).toBe(3);
  const { content, warnings } = await recoverMetrics(path, undefined);
  expect(content).toEndWith(`; 3 processes in ${join(trial.folder, "run.processes.jsonl.gz")}`);
  expect(warnings).toHaveLength(1);
  expect(recordIn(trial)).toEqual([
    line(7, 6),
    line(7, 9, { start: 8 }),
    line(8, null, { name: "cc" }),
    expect.objectContaining({ type: "end", processes: 3, complete: false, source: "perf" }),
  ]);
  expect(existsSync(path)).toBe(false);
});

test("lines that are damaged, or unpack without an end, cost themselves only, and the journal is kept", async () => {
  using trial = new Trial();
  // It would be a line of ours, were it not so long.
  const bomb = Bun.gzipSync(new TextEncoder().encode(JSON.stringify(line(9, 6)) + " ".repeat(64 * 1024 * 1024)));
  const texts = [bomb, packed([line(3, 6)]), Uint8Array.of(1, 2, 3), packed([{ type: "other" }])];
  const path = journalWith(trial, "all", texts);
  const { warnings } = await recoverMetrics(path, undefined);
  expect(warnings).toContain(`${join(trial.folder, "run.processes.jsonl.gz")} lacks processes whose lines are damaged`);
  expect(warnings).toContain(`${path} was kept`);
  expect(recordIn(trial).map(({ pid, processes }) => pid ?? processes)).toEqual([3, 1]);
});

test("a record of processes that is damaged is left out", () => {
  using trial = new Trial();
  const texts = [packed([line(1, 6)]), packed([line(2, 6)])];
  const bytes = new Uint8Array(readFileSync(journalWith(trial, "top", texts)));
  const at = Buffer.from(bytes).indexOf(Buffer.from(texts[0]!));
  bytes[at + 20]! ^= 255;
  const found = [...processesIn(joinedSource(undefined, 0, bytes), "test")];
  expect(found).toEqual([{ choice: "top", packed: Uint8Array.from(texts[1]!) }]);
});

test("lines of processes are given up where no file takes them, and facts are not", () => {
  const unwritten = new ByteWriter();
  putRecord(unwritten, TYPE.processes, (out) => encodeProcesses(out, { choice: "all", packed: packed([line(1, 6)]) }));
  const processBytes = unwritten.at;
  putRecord(unwritten, TYPE.fact, (out) => encodeFact(out, ["host", "a"], 0));
  const factBytes = unwritten.at - processBytes;
  dropRows(unwritten, false, unwritten.at, undefined);
  expect(unwritten.at).toBe(factBytes);
  expect(unwritten.bytes[6]).toBe(TYPE.fact);
});
