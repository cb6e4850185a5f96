import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { Counted } from "../helpers/counted.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

const INDEX = join(import.meta.dir, "../../index.ts");
const { SIGINT, SIGTERM } = constants.signals;
const possible = Bun.spawnSync(["unshare", "--mount", "true"]).exitCode === 0;

describe("a recording that cannot be written at the end", () => {
  test.each([
    [0, 125],
    [3, 3],
  ])("a command that ends with %p: %p, and one line that says so", async (own, status) => {
    using folder = tempFolder();
    mkdirSync(folder.file("out"));
    const words = ["-f", "out/run.prom", "sh", "-c", `rm -r out; sleep 0.05; exit ${own}`];
    const result = await statexec(words, { cwd: folder.path });
    expect(result).toMatchObject({ code: status, signal: null, stdout: "" });
    expect(result.stderr).toMatch(/^statexec: [^\n]+\n$/);
  });

  test("a command that a signal ends: the same signal", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("out"));
    const words = ["-f", "out/run.prom", "sh", "-c", "rm -r out; kill -TERM $$"];
    expect(await statexec(words, { cwd: folder.path })).toMatchObject({ code: null, signal: "SIGTERM" });
  });
});

describe.skipIf(!possible)("a broken /proc (needs the right to make namespaces)", () => {
  const BROKEN = [
    ...["stat", "meminfo", "net/dev", "diskstats"].map((name) => [name, "no sense at all\n"] as const),
    ...["stat", "meminfo", "net/dev", "diskstats"].map((name) => [name, ""] as const),
  ];

  test.each(BROKEN)("from the start, %s of %p: the command runs, and failures are counted", async (name, content) => {
    using folder = tempFolder();
    writeFileSync(folder.file("bad"), content);
    const mount = `mount --bind bad /proc/${name === "net/dev" ? "self/net/dev" : name} && exec "$@"`;
    const command = ["sh", "-c", "touch ran; exit 3"];
    const words = ["unshare", "--mount", "sh", "-c", mount, "sh", BIN, "-f", "run.prom", ...command];
    expect(await runProgram(words, { cwd: folder.path })).toMatchObject({ code: 3, signal: null });
    expect(readFileSync(folder.file("ran"), "utf8")).toBe("");
    expect(readFileSync(folder.file("run.prom"), "utf8")).toContain('text="Command done with status 3"');
  });

  test.each([
    ["gone", "umount -l /proc"],
    ["empty", "mount -t tmpfs none /proc"],
  ])("%s while the command runs: it is waited for, and its status stands", async (_, harm) => {
    using folder = tempFolder();
    const run = `${harm}; sleep 0.2; touch end; exit 3`;
    const words = ["unshare", "--mount", BIN, "--interval", "0.05", "-f", "run.prom", "sh", "-c", run];
    expect(await runProgram(words, { cwd: folder.path })).toMatchObject({ code: 3, signal: null });
    expect(readFileSync(folder.file("end"), "utf8")).toBe("");
    expect(readFileSync(folder.file("run.prom"), "utf8")).toContain('text="Command done with status 3"');
  });
});

describe("an exception in the recorder is printed; the command is waited for, and its status stands", () => {
  /** Breaks the runtime from the command's start on: that is the second process that statexec starts. */
  const breaking = (harm: string) => `
    const real = { spawn: Bun.spawn, setTimeout };
    let started = 0;
    Bun.spawn = (...words) => {
      const child = real.spawn(...words);
      if (++started === 2) { ${harm} }
      return child;
    };`;

  test.each([
    ["timers", `globalThis.setTimeout = () => { throw new Error("broken on purpose"); };`],
    ["the wall clock", `Date.now = () => { throw new Error("broken on purpose"); };`],
    ["handlers of signals", `process.on = process.off = () => { throw new Error("broken on purpose"); };`],
    ["the monotonic clock", `performance.now = () => { throw new Error("broken on purpose"); };`],
    ["a callback", `real.setTimeout(() => { throw new Error("broken on purpose"); }, 1);`],
    ["a promise", `Promise.reject(new Error("broken on purpose"));`],
    ["the store", `Float64Array.prototype.set = () => { throw new Error("broken on purpose"); };`],
    ["files", `Bun.file = () => { throw new Error("broken on purpose"); };`],
    ["text", `TextEncoder.prototype.encodeInto = () => { throw new Error("broken on purpose"); };`],
  ])("%s", async (_, harm) => {
    using folder = tempFolder();
    writeFileSync(folder.file("break.js"), breaking(harm));
    const flags = ["--config=/dev/null", "--no-env-file", `--preload=${folder.file("break.js")}`];
    for (const own of [3, 0]) {
      const words = ["--interval", "0.05", "-f", "run.prom", "sh", "-c", `sleep 0.2; touch end; exit ${own}`];
      const result = await runProgram([process.execPath, ...flags, INDEX, ...words], { cwd: folder.path });
      expect(readFileSync(folder.file("end"), "utf8")).toBe("");
      const isPrinted = result.stderr.includes("broken on purpose");
      expect(result).toMatchObject({ code: own === 0 && isPrinted ? 125 : own, signal: null, stdout: "" });
      expect(result.stderr).toMatch(isPrinted ? /^(statexec: [^\n]*\n)+$/ : /^$/);
    }
  });
});

test("without free descriptors the command is waited for, and its status stands", async () => {
  using folder = tempFolder();
  // Once statexec has the pidfds of its two children: before that, it cannot know that the command was started.
  const started = 'for i in $(seq 200); do [ "$(ls -l /proc/$PPID/fd | grep -c pidfd)" -ge 2 ] && break; done';
  const run = `${started}; prlimit --pid $PPID --nofile=3:; sleep 0.2; touch end; exit 3`;
  const result = await statexec(["--interval", "0.05", "-f", "run.prom", "sh", "-c", run], { cwd: folder.path });
  expect(result).toMatchObject({ code: 3, signal: null, stdout: "" });
  expect(readFileSync(folder.file("end"), "utf8")).toBe("");
});

describe("without the helper that tells whom a signal was for", () => {
  /** Returns a PATH with only a shell. */
  function bare(folder: { file(name: string): string }): string {
    mkdirSync(folder.file("bin"));
    symlinkSync("/bin/sh", folder.file("bin/sh"));
    return folder.file("bin");
  }

  test("a command runs as usual", async () => {
    using folder = tempFolder();
    const words = ["-f", folder.file("run.prom"), "sh", "-c", "exit 3"];
    expect(await statexec(words, { env: { PATH: bare(folder) } })).toEqual({
      ...{ code: 3, signal: null, stdout: "", stderr: "" },
    });
  });

  test("a signal to the pid reaches the command once", async () => {
    using folder = tempFolder();
    const counted = new Counted({ before: ["env", `PATH=${bare(folder)}`, BIN, "-f", folder.file("run.prom")] });
    await counted.ready;
    process.kill(counted.pid, SIGTERM);
    await counted.reaches(1);
    process.kill(counted.pid, SIGINT);
    await counted.reaches(2);
    expect(await counted.end()).toBe(0);
    expect(counted.caught.map(({ signal }) => signal)).toEqual([SIGTERM, SIGINT]);
  });

  test("so does a typed key", async () => {
    using folder = tempFolder();
    const before = ["env", `PATH=${bare(folder)}`, BIN, "-f", folder.file("run.prom")];
    const counted = new Counted({ before, terminal: true });
    await counted.ready;
    for (let typed = 1; typed <= 5; typed++) {
      counted.type("\x03");
      await counted.reaches(typed);
      await Bun.sleep(25);
    }
    expect(await counted.end()).toBe(0);
    expect(counted.caught).toEqual(Array(5).fill({ signal: SIGINT, code: 128 }));
  });
});
