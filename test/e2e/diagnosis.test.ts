import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { availableParallelism } from "node:os";
import { program } from "../helpers/programs.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

// The loads use CPU time, and get less of it on a machine that others use.
setDefaultTimeout(30_000);

const LOAD = program("load");

/** What limited a command, by a real run. */
async function limitedBy(command: readonly string[]): Promise<string | undefined> {
  using folder = tempFolder();
  const words = ["--interval", "0.1", "--summary-json", "s.json", ...command];
  await statexec(words, { cwd: folder.path });
  return (await Bun.file(folder.file("s.json")).json()).limited_by?.what;
}

describe("a real run", () => {
  test("that sleeps waits on something else", async () => {
    expect(await limitedBy(["sleep", "1"])).toBe("waiting");
  });

  /*
   * On a machine that others use a busy command may get less than its cores: then nothing is said of it, and what is said
   * is never anything else.
   */
  test.skipIf(availableParallelism() < 2)("of one busy thread is limited by that", async () => {
    expect(["cpu_one_thread", undefined]).toContain(await limitedBy([LOAD, "cpu", "1", "1500"]));
  });

  test("of as many busy processes as there are CPUs is limited by all of them", async () => {
    const cpus = availableParallelism();
    const words = [LOAD, "cpu", String(cpus), "1500"];
    expect([cpus === 1 ? "cpu_one_thread" : "cpu", "cpu", "cpu_one_thread", undefined]).toContain(
      await limitedBy(words),
    );
  });
});
