import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

/** Of a run that is over; its header names a metrics file of another folder. */
const JOURNAL = join(import.meta.dir, "../fixtures/journal-1.0.journal");
const NOBODY = 65534;

describe("--recover", () => {
  test("writes beside the journal, whatever the journal says, and where -f says", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("elsewhere"));
    for (const pid of [11, 12]) copyFileSync(JOURNAL, folder.file(`.other.prom.${pid}.journal`));
    const first = await statexec(["--recover", folder.file(".other.prom.11.journal")], {
      cwd: folder.file("elsewhere"),
    });
    expect(first.stdout).toStartWith(`${folder.file("other.prom")}: `);
    const second = await statexec(["--recover", ".other.prom.12.journal", "-f", "elsewhere/x.prom"], {
      cwd: folder.path,
    });
    expect(second.stdout).toStartWith("elsewhere/x.prom: ");
    expect(
      readdirSync(folder.path)
        .filter((name) => !name.endsWith(".journal"))
        .sort(),
    ).toEqual(["elsewhere", "other.prom"]);
  });

  test("gives the file no more permissions than its journal has", async () => {
    using folder = tempFolder();
    for (const [mode, name] of [
      [0o600, "a"],
      [0o640, "b"],
    ] as const) {
      const journal = folder.file(`.${name}.prom.7.journal`);
      copyFileSync(JOURNAL, journal);
      chmodSync(journal, mode);
      await runProgram(["sh", "-c", 'umask 022; exec "$0" --recover "$1"', BIN, journal]);
      expect(statSync(folder.file(`${name}.prom`)).mode & 0o7777).toBe(mode);
    }
  });

  test("refuses a fifo that is named like a journal, at once", async () => {
    using folder = tempFolder();
    const fifo = folder.file(".run.prom.9.journal");
    expect(Bun.spawnSync(["mkfifo", fifo]).success).toBe(true);
    const result = await statexec(["--recover", fifo]);
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("expected a journal, got");
  });
});

describe("the next run", () => {
  test("names three journals that were left, and counts the others", async () => {
    using folder = tempFolder();
    for (const pid of [1, 2, 3, 4, 5]) copyFileSync(JOURNAL, folder.file(`.run.prom.${pid}.journal`));
    const { stderr } = await statexec(["-f", "run.prom", "true"], { cwd: folder.path });
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[3]).toBe("statexec: 2 more journals are left: statexec --recover lists them");
  });

  test.skipIf(process.getuid?.() !== 0)("does not name one of another user", async () => {
    using folder = tempFolder();
    copyFileSync(JOURNAL, folder.file(".run.prom.1.journal"));
    chownSync(folder.file(".run.prom.1.journal"), NOBODY, NOBODY);
    expect((await statexec(["-f", "run.prom", "true"], { cwd: folder.path })).stderr).toBe("");
    expect(existsSync(folder.file(".run.prom.1.journal"))).toBe(true);
  });
});

test("a signal ends the wait for a fifo's reader, and that is said", async () => {
  using folder = tempFolder();
  expect(Bun.spawnSync(["mkfifo", folder.file("f.prom")]).success).toBe(true);
  const child = Bun.spawn([BIN, "-f", "f.prom", "true"], { cwd: folder.path, stderr: "pipe", stdout: "ignore" });
  const stderr = child.stderr.text();
  const ended = () => Bun.file(`/proc/${child.pid}/task/${child.pid}/children`).text();
  while ((await ended()).trim() === "") await Bun.sleep(1);
  while ((await ended()).trim() !== "") await Bun.sleep(1);
  // The handler for this is set after the command's end: signals are sent until one arrives there.
  while (child.exitCode === null && child.signalCode === null) {
    await Bun.sleep(50);
    child.kill("SIGTERM");
  }
  expect(await stderr).toContain("f.prom: not written: it had no reader when a signal ended the wait for one");
}, 120_000);

test("the second of two equal signals, as timeout(1) sends them, ends no wait for a fifo's reader", async () => {
  using folder = tempFolder();
  expect(Bun.spawnSync(["mkfifo", folder.file("f.prom")]).success).toBe(true);
  // The shell starts nothing after it is ready: dash forgets a signal that comes meanwhile.
  const command = ["sh", "-c", "trap 'kill $!; exit 0' TERM; sleep 600 & echo ready; wait"];
  const child = Bun.spawn([BIN, "-f", "f.prom", "--", ...command], {
    cwd: folder.path,
    stdout: "pipe",
    stderr: "pipe",
  });
  await child.stdout.getReader().read();
  child.kill("SIGTERM");
  const children = Bun.file(`/proc/${child.pid}/task/${child.pid}/children`);
  while ((await children.text()).trim() !== "") await Bun.sleep(1);
  child.kill("SIGTERM");
  await Bun.sleep(50);
  expect(child.exitCode).toBeNull();
  expect(await Bun.file(folder.file("f.prom")).text()).toEndWith("# EOF\n");
  expect([await child.stderr.text(), await child.exited]).toEqual(["", 0]);
}, 120_000);
