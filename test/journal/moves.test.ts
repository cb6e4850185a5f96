import { afterEach, expect, test } from "bun:test";
import { mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fallbackFolders } from "../../src/journal/fallback-folders.ts";
import type { JournalMaker } from "../../src/journal/journal-file.ts";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import { O_CREAT, O_EXCL, O_RDWR, openFile, SystemError } from "../../src/os/files.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { tempFolder } from "../helpers/statexec.ts";
import { HEADER, KEYS, pointLines, random, read } from "./journals.ts";

/** A journal that may move, with a folder for each of its places. */
class Moving {
  readonly clock = new FakeClock();
  readonly folder = tempFolder();
  readonly writer: JournalWriter;
  private readonly next = random(3);
  private atMs = HEADER.startMs;
  private names = 0;

  constructor(makers: (made: (folder: string) => JournalMaker) => JournalMaker[], isSynced = false) {
    const made = (folder: string) => () => {
      const path = join(this.folder.path, folder, `${++this.names}.journal`);
      return { path, fd: openFile(path, O_RDWR | O_CREAT | O_EXCL) };
    };
    for (const folder of ["a", "b", "c"]) mkdirSync(this.folder.file(folder));
    this.writer = new JournalWriter({ header: HEADER, clock: this.clock, places: makers(made), isSynced });
    this.writer.layout(KEYS);
  }

  rows(count: number): void {
    for (let i = 0; i < count; i++) {
      this.clock.stall(1000);
      this.atMs += 1000;
      this.writer.row(
        this.atMs,
        Float64Array.from(KEYS, () => this.next() * 1e12),
      );
    }
  }

  in(folder: string): string[] {
    return readdirSync(this.folder.file(folder));
  }

  /** Checks that the only file of a folder has all that was recorded. */
  expectWholeIn(folder: string): void {
    const [name = ""] = this.in(folder);
    const inFile = read(readFileSync(this.folder.file(`${folder}/${name}`)));
    expect(pointLines(inFile)).toEqual(pointLines(this.writer.recording()));
    expect(this.in(folder)).toHaveLength(1);
  }
}

let trial: Moving | undefined;
afterEach(() => trial?.folder[Symbol.dispose]());

const places = (made: (folder: string) => JournalMaker) => [made("a"), made("b"), made("c")];

test("a journal that was removed is made again at its usual place, whole", () => {
  trial = new Moving(places);
  trial.rows(30);
  rmSync(trial.folder.file("a/1.journal"));
  trial.rows(2);
  trial.expectWholeIn("a");
  expect(trial.writer.failure).toBeUndefined();
});

test("one whose folder was removed goes to the next place, and nowhere else", () => {
  trial = new Moving(places);
  trial.rows(30);
  rmSync(trial.folder.file("a"), { recursive: true });
  trial.rows(2);
  trial.expectWholeIn("b");
  expect(trial.in("c")).toEqual([]);
  rmSync(trial.folder.file("b"), { recursive: true });
  trial.rows(2);
  trial.expectWholeIn("c");
});

test("one whose folder was renamed stays in it, and is found there to be removed", () => {
  trial = new Moving(places);
  trial.rows(3);
  renameSync(trial.folder.file("a"), trial.folder.file("d"));
  trial.rows(3);
  trial.expectWholeIn("d");
  trial.writer.file!.discard();
  expect([...trial.in("d"), ...trial.in("b")]).toEqual([]);
});

test("one on a full disk goes to the next place that has room, and leaves no empty file", () => {
  trial = new Moving((made) => [() => ({ path: "/none", fd: openSync("/dev/full", "w+") }), made("b")]);
  trial.rows(3);
  trial.expectWholeIn("b");
  expect(trial.writer.failure).toMatchObject({ error: { code: "ENOSPC" }, hasUnwritten: false, lost: undefined });
  expect(trial.writer.unsaved).toEqual({ seconds: 0, all: false });
});

test("one that no place takes stays in memory, and says how many seconds are in no file", () => {
  const refuse = () => {
    throw new SystemError("EROFS", "open", "x", "Read-only file system");
  };
  trial = new Moving(() => [refuse, refuse]);
  trial.rows(12);
  expect(trial.writer.unsaved).toEqual({ seconds: 12, all: true });
  expect(trial.writer.recording().rows).toBe(12);
});

test("a long one is copied in steps, and is whole also while that goes on", () => {
  trial = new Moving(places);
  trial.rows(60_000);
  const before = trial.writer.writtenBytes;
  expect(before).toBeGreaterThan(8 * 1024 * 1024);
  rmSync(trial.folder.file("a/1.journal"));
  trial.rows(1);
  const [name = ""] = trial.in("a");
  expect(Bun.file(trial.folder.file(`a/${name}`)).size).toBe(4 * 1024 * 1024);
  expect(trial.writer.recording().rows).toBe(60_001);
  trial.writer.end();
  expect(read(readFileSync(trial.folder.file(`a/${name}`))).rows).toBe(60_001);
  trial.expectWholeIn("a");
}, 120_000);

test("what is synced is written as well", () => {
  trial = new Moving(places, true);
  trial.rows(30);
  trial.writer.file!.syncNow();
  trial.expectWholeIn("a");
});

test("the folders for what has no other place", () => {
  expect(fallbackFolders({})).toEqual(["/tmp"]);
  expect(fallbackFolders({ TMPDIR: "/t", HOME: "/home/a" })).toEqual(["/t", "/home/a/.local/state/statexec"]);
  expect(fallbackFolders({ TMPDIR: "", HOME: "/h", XDG_STATE_HOME: "/s" })).toEqual(["/tmp", "/s/statexec"]);
  expect(fallbackFolders({ XDG_STATE_HOME: "relative" })).toEqual(["/tmp"]);
});
