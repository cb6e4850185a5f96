import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../src/journal/journal-files.ts";
import type { JournalRecording } from "../../src/journal/journal-recording.ts";
import { describeRecovery } from "../../src/journal/journal-recording.ts";
import { effort } from "../helpers/effort.ts";
import { renderBytes } from "../helpers/recording.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";
import { columnsAt, HEADER, pointLines, valuesAt } from "./journals.ts";

/** The lines of a process, which is killed when enough have come. */
async function linesUntil(enough: (line: string) => boolean, child: Bun.Subprocess<"ignore", "pipe", "inherit">) {
  const lines: string[] = [];
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    const parts = (rest + decoder.decode(chunk)).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    if (parts.some(enough)) child.kill("SIGKILL");
  }
  await child.exited;
  return lines;
}

/** The points of the first rows of endless.ts. */
function pointsOfRows(rows: number): string[] {
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const values = valuesAt(row);
    for (const [column, { metric, labels }] of columnsAt(row).entries())
      lines.push(`${metric.name}{${labels.join()}} ${values[column]} ${HEADER.startMs + row}`);
  }
  return lines.sort();
}

function expectRows(recording: JournalRecording, atLeast: number, place: string): void {
  expect(recording.rows, place).toBeGreaterThanOrEqual(atLeast);
  expect(recording.damage, place).toEqual({ ended: false, gaps: [], bytes: 0, unnamed: 0 });
  expect(pointLines(recording), place).toEqual(pointsOfRows(recording.rows));
  expect(recording.events.at(-1)?.text, place).toBe(String(recording.events.length * 7 - 7));
}

describe("a recorder that is killed", () => {
  test("has lost no row that it had written, and has none that it did not record", async () => {
    const seed = Math.floor(Math.random() * 1e6);
    for (let i = 0; i < effort(50); i++) {
      const folder = mkdtempSync(join(tmpdir(), "statexec-kill-"));
      try {
        const after = ((seed + i * 7919) % 6000) + 1;
        const script = join(import.meta.dir, "endless.ts");
        const child = Bun.spawn([process.execPath, script, folder], { stdin: "ignore", stdout: "pipe" });
        const lines = await linesUntil((line) => Number(line) >= after, child);
        const journal = openJournal(lines[0]!);
        expect(journal.alive).toBe(false);
        expect(journal.header.pid).toBe(child.pid);
        expectRows(journal.recording(), Number(lines.at(-1)), `seed ${seed}, kill ${i} after ${after}`);
        journal.close();
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
  }, 120_000);

  test("holds the lock of its journal while it lives, and the journal can be read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "statexec-kill-"));
    try {
      let alive: boolean | undefined;
      const look = (line: string) => {
        if (!(Number(line) >= 100)) return false;
        const journal = openJournal(join(folder, readdirSync(folder)[0]!));
        alive ??= journal.alive;
        expect(journal.recording().rows).toBeGreaterThanOrEqual(100);
        journal.close();
        return true;
      };
      const script = join(import.meta.dir, "endless.ts");
      await linesUntil(look, Bun.spawn([process.execPath, script, folder], { stdin: "ignore", stdout: "pipe" }));
      expect(alive).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.skipIf(areValidatorsMissing())(
    "leaves what becomes a file that the strict readers take",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "statexec-kill-"));
      try {
        const script = join(import.meta.dir, "endless.ts");
        const child = Bun.spawn([process.execPath, script, folder], { stdin: "ignore", stdout: "pipe" });
        const [path = ""] = await linesUntil((line) => Number(line) >= 700, child);
        const journal = openJournal(path);
        const recording = journal.recording();
        await Bun.write(join(folder, "run.prom"), renderBytes(recording));
        // One event a flush: the texts differ, so that each is a series.
        const points = pointLines(recording).length + recording.events.length;
        expect((await expectValid(join(folder, "run.prom"))).points).toBe(points);
        expect(describeRecovery(recording)[0]).toStartWith(`${recording.rows} samples, up to 2023-11-14T22:13:2`);
        journal.close();
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    120_000,
  );
});

describe("memory", () => {
  const peakKib = async (rows: number) => {
    const script = join(import.meta.dir, "footprint.ts");
    const child = Bun.spawn([process.execPath, script, String(rows)], { stdin: "ignore", stdout: "pipe" });
    const [out] = await Promise.all([child.stdout.text(), child.exited]);
    expect(child.exitCode).toBe(0);
    return Number(out);
  };

  test("of a day is nearly that of an hour", async () => {
    const [hour, day] = [await peakKib(3600), await peakKib(86_400)];
    // The rows of a day are 80 MiB, those of an hour 3.
    expect(day / hour).toBeLessThan(1.6);
    expect(hour).toBeGreaterThan(10_000);
  }, 120_000);
});
