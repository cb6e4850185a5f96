import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { catches, childrenOf, until } from "../helpers/processes.ts";
import { program } from "../helpers/programs.ts";
import { BIN, cleanEnv, tempFolder } from "../helpers/statexec.ts";

const { SIGHUP, SIGTERM } = constants.signals;

/** Starts statexec in a folder, with words before it. */
function start(cwd: string, words: readonly string[], before: readonly string[] = []) {
  return Bun.spawn([...before, BIN, "-f", "run.prom", ...words], {
    ...{ cwd, env: cleanEnv() },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

describe("a signal in the delay before the command", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)(
    "%s ends the run: no command, a complete file, the end that the signal makes",
    async (signal) => {
      using folder = tempFolder();
      const child = start(folder.path, ["-dbc", "60", "touch", "started"]);
      await until(() => catches(child.pid, SIGTERM));
      child.kill(signal);
      await child.exited;
      expect(child.signalCode).toBe(signal);
      expect(existsSync(folder.file("started"))).toBe(false);
      const file = readFileSync(folder.file("run.prom"), "utf8");
      expect(file).toContain(`text="Stopped by ${signal} before the command was started"`);
      expect(file).toEndWith("# EOF\n");
    },
  );

  test("has no effect where the caller ignores it (nohup)", async () => {
    using folder = tempFolder();
    const child = start(folder.path, ["-dbc", "0.3", "touch", "started"], [program("launch"), "-i", String(SIGHUP)]);
    await until(() => catches(child.pid, SIGTERM));
    child.kill(SIGHUP);
    expect(await child.exited).toBe(0);
    expect(existsSync(folder.file("started"))).toBe(true);
  });
});

describe("a signal in the delay after the command", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s cuts it short: the command's own status", async (signal) => {
    using folder = tempFolder();
    const child = start(folder.path, ["-dac", "60", "sh", "-c", "touch started; exit 3"]);
    await until(() => existsSync(folder.file("started")) && childrenOf(child.pid).length === 0);
    child.kill(signal);
    expect(await child.exited).toBe(3);
    expect(child.signalCode).toBeNull();
    expect(readFileSync(folder.file("run.prom"), "utf8")).toContain('text="Command done with status 3"');
  });

  test("has no effect where the caller ignores it (nohup)", async () => {
    using folder = tempFolder();
    const words = ["-dac", "0.3", "sh", "-c", "touch started; exit 3"];
    const child = start(folder.path, words, [program("launch"), "-i", String(SIGHUP)]);
    await until(() => existsSync(folder.file("started")) && childrenOf(child.pid).length === 0);
    child.kill(SIGHUP);
    expect(await child.exited).toBe(3);
    const file = readFileSync(folder.file("run.prom"), "utf8");
    const done = Number(/event="command_done".*\} ([\d.]+) /.exec(file)![1]);
    const last = Number([...file.matchAll(/^statexec_command_status.*\} 2 ([\d.]+)$/gm)].at(-1)![1]);
    expect(last - done).toBeGreaterThanOrEqual(0.29);
  });
});
