import { describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ParseError } from "../../src/errors.ts";
import { createJournal, listJournals, openJournal } from "../../src/journal/journal-files.ts";
import { PROLOGUE_BYTES, TYPE } from "../../src/journal/journal-format.ts";
import { describeRecovery } from "../../src/journal/journal-recording.ts";
import { joinedSource, recordsOf } from "../../src/journal/journal-source.ts";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { HEADER, KEYS, read, Trial } from "./journals.ts";

describe("names", () => {
  test("all journals of a folder, and those of one metrics file", () => {
    using trial = new Trial();
    const others = ["run.prom", ".run.prom.part", ".run.prom.x.journal", "run.prom.1.journal"];
    const ours = [".run.prom.12.journal", ".run.prom.12.2.journal", ".run.prom.gz.7.journal", ".other.9.journal"];
    for (const name of [...others, ...ours]) writeFileSync(join(trial.folder, name), "");
    expect(listJournals(trial.folder)).toEqual([...ours].sort());
    expect(listJournals(trial.folder, "run.prom")).toEqual([".run.prom.12.2.journal", ".run.prom.12.journal"]);
  });

  test("an existing journal is not touched: the next one has a count in its name", () => {
    using trial = new Trial();
    const made = [1, 2, 3].map(() => createJournal(trial.folder, "run.prom", 1));
    expect(made.map(({ path }) => path.slice(trial.folder.length))).toEqual([
      "/.run.prom.1.journal",
      "/.run.prom.1.2.journal",
      "/.run.prom.1.3.journal",
    ]);
    expect(openJournalError(made[1]!.path)).toContain("expected a statexec journal");
    for (const { fd } of made) closeSync(fd);
  });

  test("an error names the reason", () => {
    using trial = new Trial();
    expect(() => createJournal(join(trial.folder, "none"), "run.prom", 1)).toThrow("No such file or directory");
  });
});

describe("opening", () => {
  test("a journal is alive as long as another descriptor holds its lock", () => {
    using trial = new Trial();
    const { path, fd } = createJournal(trial.folder, "run.prom", 99_999_999);
    const clock = new FakeClock();
    const writer = new JournalWriter({ header: HEADER, clock, places: [() => ({ path, fd })], isSynced: false });
    writer.layout(KEYS);
    writer.flush();
    const held = openJournal(path);
    expect([held.alive, held.header]).toEqual([true, HEADER]);
    held.close();
    closeSync(fd);
    const free = openJournal(path);
    expect(free.alive).toBe(false);
    expect(openJournal(path).alive).toBe(true);
    free.close();
  });

  test("another file is refused", () => {
    using trial = new Trial();
    const path = join(trial.folder, "x");
    writeFileSync(path, "# EOF\n");
    expect(openJournalError(path)).toBe(`${path}: expected a statexec journal, got "# EOF\\n"`);
    mkdirSync(join(trial.folder, "folder"));
    expect(() => openJournal(join(trial.folder, "folder"))).toThrow("Is a directory");
    expect(() => openJournal(join(trial.folder, "none"))).toThrow("No such file or directory");
  });
});

function openJournalError(path: string): string {
  try {
    openJournal(path);
    return "none";
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    return (error as Error).message;
  }
}

describe("the description of a recovery", () => {
  const journal = (end: boolean) => {
    using trial = new Trial();
    trial.layout(KEYS);
    for (let i = 0; i < 200; i++) trial.row(KEYS.map(() => i));
    if (end) trial.writer.end();
    return new Uint8Array(trial.bytes());
  };

  test("of a whole journal", () => {
    expect(describeRecovery(read(journal(true)))).toEqual([
      "200 samples, up to 2023-11-14T22:16:40.000Z (200.0 s after the start)",
    ]);
  });

  test("of a recorder that was stopped", () => {
    expect(describeRecovery(read(journal(false)))[1]).toBe(
      "missing: all after 2023-11-14T22:16:40.000Z (200.0 s after the start), when the recorder was stopped",
    );
  });

  test("of damaged rows and bytes", () => {
    const bytes = journal(true);
    const rows = [...recordsOf(joinedSource(undefined, 0, bytes), PROLOGUE_BYTES)].filter(
      (item) => "payload" in item && item.type === TYPE.rows,
    );
    bytes.fill(0, rows[50]!.offset, rows[50]!.offset + 4);
    const [, gap, damaged] = describeRecovery(read(bytes));
    expect(gap).toMatch(/^missing: \d+ samples between .* \(\d+\.0 s after the start\) and 2023.*\)$/);
    expect(damaged).toMatch(/^\d+ bytes of the journal are damaged: facts or events may be missing$/);
  });
});
