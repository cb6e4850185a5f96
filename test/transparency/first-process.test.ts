import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { Counted } from "../helpers/counted.ts";
import { catches, childrenOf, until } from "../helpers/processes.ts";
import { BIN, cleanEnv, runProgram, tempFolder } from "../helpers/statexec.ts";

const CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc"];
const possible = Bun.spawnSync([...CONTAINER, "true"]).exitCode === 0;
const { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 } = constants.signals;

/** Runs a shell script under a statexec that is the first process. */
async function first(script: string) {
  using folder = tempFolder();
  const result = await runProgram([...CONTAINER, BIN, "-f", "run.prom", "sh", "-c", script], { cwd: folder.path });
  return { ...result, file: readFileSync(folder.file("run.prom"), "utf8") };
}

/** Makes orphans; ends with 5 once the first process has no zombies, with 9 where some stay. */
const ORPHANS = `
  zombies() { grep -ls '^[0-9]* ([^)]*) Z 1 ' /proc/[0-9]*/stat; }
  for i in 1 2 3 4 5 6 7 8 9 10; do (true &) ; (sleep 0.05 &) ; done
  tries=0
  while [ -n "$(zombies)" ] || pgrep -x sleep >/dev/null; do
    tries=$((tries + 1)); [ $tries -gt 300 ] && exit 9; sleep 0.01
  done
  exit 5`;

describe.skipIf(!possible)("as the first process of a container (needs the right to make namespaces)", () => {
  test.each([
    ["exit 0", 0],
    ["exit 7", 7],
    ["kill -TERM $$", 143],
    ["kill -KILL $$", 137],
    ["ulimit -c 0; kill -SEGV $$", 139],
  ])("the status of %p is %p", async (script, status) => {
    expect(await first(script)).toMatchObject({ code: status, signal: null, stderr: "" });
  });

  test("orphans are reaped", async () => {
    const { code, stderr, file } = await first(ORPHANS);
    expect({ code, stderr }).toEqual({ code: 5, stderr: "" });
    expect(file).toContain('text="Command done with status 5"');
  });

  test("the status stands while many orphans end", async () => {
    const { code, stderr } = await first("i=0; while [ $i -lt 200 ]; do (true &); i=$((i + 1)); done; exit 6");
    expect({ code, stderr }).toEqual({ code: 6, stderr: "" });
  });

  test("another process's zombie is left to its parent", async () => {
    const wait =
      "import os, subprocess, time; p = subprocess.Popen(['sh', '-c', 'exit 8']); time.sleep(0.2); print(p.wait())";
    expect(await first(`python3 -c "${wait}"`)).toMatchObject({ code: 0, stdout: "8\n", stderr: "" });
  });

  test("each signal reaches the command once", async () => {
    using folder = tempFolder();
    const counted = new Counted({ before: [...CONTAINER, BIN, "-f", folder.file("run.prom")] });
    await counted.ready;
    const [inner] = childrenOf(counted.pid);
    const signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2];
    for (const [sent, signal] of signals.entries()) {
      process.kill(inner!, signal);
      await counted.reaches(sent + 1);
    }
    expect(await counted.end()).toBe(0);
    expect(counted.caught.map(({ signal }) => signal)).toEqual(signals);
  });

  test("a signal in the delay before the command ends the run, with a complete file", async () => {
    using folder = tempFolder();
    const child = Bun.spawn([...CONTAINER, BIN, "-f", "run.prom", "-dbc", "60", "true"], {
      ...{ cwd: folder.path, env: cleanEnv() },
      stdio: ["ignore", "ignore", "inherit"],
    });
    await until(() => childrenOf(child.pid).some((pid) => catches(pid, SIGTERM)));
    process.kill(childrenOf(child.pid)[0]!, SIGTERM);
    expect(await child.exited).toBe(143);
    expect(readFileSync(folder.file("run.prom"), "utf8")).toEndWith("# EOF\n");
  });
});
