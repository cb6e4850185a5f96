import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { MACHINE, series } from "../../src/catalog/index.ts";
import { claimOutput } from "../../src/output/claim-output.ts";
import { writeMetrics } from "../../src/output/write-metrics.ts";
import { effort } from "../helpers/effort.ts";
import { processesBelow } from "../helpers/processes.ts";
import { Recorded } from "../helpers/recorded.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";
import { BIN, cleanEnv, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

/** A command that runs until its input ends, and prints a line at its start. */
const WAITING = ["sh", "-c", "echo begun; exec cat"];

/** Starts a run in a folder and kills its recorder `ms` milliseconds after the command's start. */
async function killAfter(
  folder: string,
  ms: number,
): Promise<{ readonly startedMs: number; readonly killedMs: number }> {
  const run = Bun.spawn([BIN, "--interval", "0.02", "-f", "run.prom", ...WAITING], {
    cwd: folder,
    env: cleanEnv(),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = run.stdout.getReader();
  await reader.read();
  const startedMs = Date.now();
  await Bun.sleep(ms);
  const killedMs = Date.now();
  run.kill("SIGKILL");
  await run.exited;
  run.stdin.end();
  return { startedMs, killedMs };
}

/** A busy machine is late by this, and by more only now and then. */
const LATE_MS = 300;
const TRIES = 4;

/** Kills a recorder, checks what is recovered, and returns how many milliseconds before the kill that ends. */
async function lostOf(ms: number): Promise<number> {
  using folder = tempFolder();
  const { startedMs, killedMs } = await killAfter(folder.path, ms);
  const [journal] = journalsIn(folder.path);
  if (journal === undefined) return killedMs - startedMs;
  const listed = await statexec(["--recover"], { cwd: folder.path });
  expect(listed.stdout).toContain(`${journal}  can be recovered`);
  const recovered = await statexec(["--recover", journal], { cwd: folder.path });
  expect(recovered.code).toBe(0);
  expect(recovered.stdout).toMatch(/^run\.prom: \d+ samples, up to /);
  expect(recovered.stderr).toStartWith(`[warn] ${journal}: missing: all after `);
  if (!areValidatorsMissing()) await expectValid(folder.file("run.prom"));
  const run = new Recorded(folder.file("run.prom"));
  const times = run.points("command_status").map(([at]) => at);
  expect(times.at(-1)!).toBeLessThanOrEqual(killedMs + 1);
  const missed = run.last("ticks_missed");
  expect(times.length + missed).toBeGreaterThanOrEqual(Math.floor((times.at(-1)! - times[0]!) / 20));
  expect(journalsIn(folder.path)).toEqual([]);
  return killedMs - times.at(-1)!;
}

function journalsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".journal"));
}

describe("a recorder that is killed", () => {
  const moments = fc.sample(fc.integer({ min: 0, max: 3500 }), {
    // Enough in the gate to notice that it is no second any more.
    numRuns: effort(200) === 200 ? 200 : 5,
    seed: Number(process.env.SEED ?? Date.now() % 1e9),
  });

  test.each(moments)(
    "%d ms after the command's start costs the last second at most",
    async (ms) => {
      let lost = await lostOf(ms);
      for (let tries = TRIES; tries > 1 && lost >= 1000 + LATE_MS; tries--) lost = await lostOf(ms);
      // A second, and what a busy machine is late by: its last sample, and the write of that.
      expect(lost).toBeLessThan(1000 + LATE_MS);
    },
    120_000,
  );

  test("is reported by the next run, which leaves the journal alone", async () => {
    using folder = tempFolder();
    await killAfter(folder.path, 1800);
    const [journal] = journalsIn(folder.path);
    const next = await statexec(["-f", "run.prom", "true"], { cwd: folder.path });
    const path = `./${journal}`;
    expect(next).toMatchObject({
      code: 0,
      stderr: `statexec: ${path} is left from an earlier run: statexec --recover ${path}\n`,
    });
    const recovered = await statexec(["--recover", journal!], { cwd: folder.path });
    expect(recovered.code).toBe(0);
    const pid = journal!.split(".")[3];
    expect(readdirSync(folder.path).sort()).toEqual([`run.${pid}.prom`, "run.prom"]);
  });
});

/** Grows by 2 MiB each 20 ms to 64 MiB, says so, and waits for its input. */
const GROWING = [
  "import sys, time",
  "held = []",
  "for step in range(32):",
  "    held.append(bytearray(2 << 20)); time.sleep(0.02)",
  "print('grown', flush=True); sys.stdin.read()",
].join("\n");

test("who held the memory survives the kill of the recorder and of the command", async () => {
  using folder = tempFolder();
  const script = 'sleep 60 & python3 -c "$0"; wait';
  const words = [BIN, "--interval", "0.1", "-f", "run.prom", "sh", "-c", script, GROWING];
  const run = Bun.spawn(words, { cwd: folder.path, env: cleanEnv(), stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  await run.stdout.getReader().read();
  // By then the newest maximum is in the journal.
  await Bun.sleep(1000 + LATE_MS);
  const pids = processesBelow(run.pid);
  for (const pid of [run.pid, ...pids]) process.kill(pid, "SIGKILL");
  await run.exited;
  const [journal] = journalsIn(folder.path);
  expect((await statexec(["--recover", journal!], { cwd: folder.path })).code).toBe(0);
  const holders = new Recorded(folder.file("run.prom")).family("command_memory_holder_bytes");
  const [[first, points] = []] = [...holders].sort(([, [a]], [, [b]]) => b![1] - a![1]);
  const [pid, parent, comm] = first!.split(",");
  expect([pids.includes(Number(pid)), pids.includes(Number(parent)), comm]).toEqual([true, true, "python3"]);
  expect(points![0]![1]).toBeGreaterThan(64 * 2 ** 20);
  expect([...holders.keys()].map((labels) => labels.split(",")[2]).sort()).toEqual(["python3", "sh", "sleep"]);
});

test("of several journals, each file is reported when it is made, even if a later one fails", async () => {
  using folder = tempFolder();
  await killAfter(folder.path, 1500);
  const result = await statexec(["--recover", ...journalsIn(folder.path), "no.journal"], { cwd: folder.path });
  expect(result.code).toBe(125);
  expect(result.stdout).toMatch(/^run\.prom: \d+ samples/);
  expect(result.stderr).toEndWith("statexec: no.journal: No such file or directory\n");
});

describe("--recover refuses", () => {
  test.each([
    ["a missing file", "no.journal", "no.journal: No such file or directory"],
    ["another file", "other", 'other: expected a statexec journal, got "hello'],
  ])("%s, with a line", async (_, name, message) => {
    using folder = tempFolder();
    writeFileSync(folder.file("other"), "hello, this is another file");
    const result = await statexec(["--recover", name], { cwd: folder.path });
    expect(result).toMatchObject({ code: 125, stdout: "" });
    expect(result.stderr).toStartWith(`statexec: ${message}`);
    expect(result.stderr.split("\n")).toHaveLength(2);
  });

  test("the journal of a run that is still going", async () => {
    using folder = tempFolder();
    const script = `sleep 1.3; ${BIN} --recover .run.prom.*.journal; ${BIN} --recover`;
    const result = await statexec(["-f", "run.prom", "sh", "-c", script], { cwd: folder.path });
    expect(result.stderr).toMatch(/^statexec: \.run\.prom\.\d+\.journal: its run \(pid \d+\) is still going\n$/);
    expect(result.stdout).toContain("its run is still going");
    expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  });
});

describe("what cannot be written", () => {
  test("at the end is kept in a journal, from which the file can be made", async () => {
    using folder = tempFolder();
    const result = await statexec(["-f", "/dev/full", "sh", "-c", "exit 3"], { env: { TMPDIR: folder.path } });
    const [journal] = journalsIn(folder.path);
    expect(result).toMatchObject({
      code: 3,
      stderr: `statexec: /dev/full: cannot be written (No space left on device); what was recorded is kept; make the file of it by: statexec --recover ${folder.file(journal!)}\n`,
    });
    expect(statSync(folder.file(journal!)).mode & 0o777).toBe(0o600);
    const recovered = await statexec(["--recover", folder.file(journal!), "-f", folder.file("run.prom")]);
    expect(recovered.stderr).toBe("");
    expect(new Recorded(folder.file("run.prom")).points("command_status").map(([, value]) => value)).toEqual([1, 2]);
  });

  test("since its folder was removed during the run, and no other takes it, is reported; the command goes on", async () => {
    using folder = tempFolder();
    const path = folder.file("gone");
    const script = `rm -r ${path}; sleep 1.2; exit 4`;
    expect(Bun.spawnSync(["mkdir", path]).success).toBe(true);
    const env = { TMPDIR: folder.file("none"), XDG_STATE_HOME: "/proc/none" };
    const result = await statexec(["-f", `${path}/run.prom`, "sh", "-c", script], { env });
    expect(result.code).toBe(4);
    expect(result.stderr).toMatch(
      /^statexec: \S+\/run\.prom: cannot be written \(No such file or directory\); nothing of the recording could be kept: 1\.[2-9] s are lost\n/,
    );
  });

  test.skipIf(process.getuid?.() !== 0)(
    "on a full disk leaves the old file, and is written elsewhere",
    async () => {
      using folder = tempFolder();
      using elsewhere = tempFolder();
      const script = [
        `mount -t tmpfs -o size=200k none ${folder.path} && cd ${folder.path} && echo old > run.prom`,
        `TMPDIR=${elsewhere.path} ${BIN} --interval 0.01 -f run.prom sh -c 'dd if=/dev/zero of=filler bs=1k count=150 2>/dev/null; sleep 2.5; exit 5'`,
        "echo status $?; cat run.prom",
      ].join("; ");
      const { stdout, stderr } = await runProgram(["unshare", "-m", "sh", "-c", script]);
      expect(stdout).toBe("status 5\nold\n");
      const [, path = ""] = /^statexec: run\.prom: its disk is full; the metrics file is (\S+)\n$/.exec(stderr) ?? [];
      expect(readdirSync(elsewhere.path).map((name) => elsewhere.file(name))).toEqual([path]);
      expect(new Recorded(path).points("command_status").length).toBeGreaterThan(10);
    },
    120_000,
  );

  test("past the limit of a file's size, likewise", async () => {
    using folder = tempFolder();
    const script = `ulimit -f 40; ${BIN} --interval 0.01 -f run.prom sh -c 'sleep 1.5; exit 6'; echo status $?`;
    const { stdout, stderr } = await runProgram(["bash", "-c", script], { cwd: folder.path });
    expect(stdout).toBe("status 6\n");
    expect(stderr).toContain("run.prom: cannot be written (File too large)");
    expect(stderr).toMatch(/; (0\.\d|1) s of the recording are lost, and the rest is kept; make the file of it by: /);
    expect(existsSync(folder.file("run.prom"))).toBe(false);
  }, 120_000);
});

test("an unfinished file is removed when its writing is stopped", async () => {
  using folder = tempFolder();
  const path = folder.file("run.prom");
  writeFileSync(path, "old");
  const columns = Array.from({ length: 40 }, (_, i) => series(MACHINE.networkSent, { interface: `eth${i}` }));
  const rows = Array.from({ length: 4000 }, (_, i) => [START_MS + i, ...columns.map(() => i / 7)] as const);
  const recording = recordingOf({ parts: [{ columns, rows }] });
  expect(await writeMetrics(claimOutput(path), recording, () => true)).toBe(false);
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  expect(await writeMetrics(claimOutput(path), recording, () => false)).toBe(true);
  expect(statSync(path).size).toBeGreaterThan(1e6);
  rmSync(path);
});

test("a command that cannot be started any more after a delay leaves neither journal nor file, and the old one stays", async () => {
  using folder = tempFolder();
  const program = folder.file("program");
  copyFileSync("/bin/true", program);
  writeFileSync(folder.file("run.prom"), "old");
  const words = ["--interval", "0.05", "--delay-before-command", "2", "-f", "run.prom", program];
  const run = statexec(words, { cwd: folder.path, env: { TMPDIR: folder.path, XDG_STATE_HOME: folder.path } });
  while (!readdirSync(folder.path).some((name) => name.endsWith(".journal"))) await Bun.sleep(20);
  rmSync(program);
  const { code, stderr } = await run;
  expect([126, 127]).toContain(code as number);
  expect(stderr).toStartWith(`statexec: ${program}: `);
  expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  expect(readFileSync(folder.file("run.prom"), "utf8")).toBe("old");
});
