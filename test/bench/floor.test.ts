import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileC, output } from "../../bench/lab.ts";
import { basicCollectors } from "../../src/collect/index.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { isMissing } from "../helpers/validators.ts";

const REPOSITORY = join(import.meta.dir, "..", "..");
const KERNELS = ["4.4-server", "5.4-offline-cpu", "5.10-vm-steal", "6.1-stacked", "6.8-64cpu", "6.18-vm"];

/** Without a C compiler these are skipped, except where CI promises one. */
const withoutCompiler = isMissing("compiler");

/** The basic collectors' own values of a recorded tree. */
function collected(root: string): number[] {
  return basicCollectors(kernelFs(root)).flatMap((collector) => {
    const slice = new Float64Array(collector.describe().length);
    expect(collector.sample(slice)).toBe(true);
    return Array.from(slice);
  });
}

async function exitStatus(...command: string[]): Promise<number> {
  return await Bun.spawn(command, { stdio: ["ignore", "ignore", "ignore"] }).exited;
}

describe("the C floor", () => {
  let folder: string;
  const program = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statexec-test-"));
    if (withoutCompiler) return;
    const names = ["sources", "wrap", "stopwatch"];
    await Promise.all(names.map((name) => compileC(join(REPOSITORY, "bench/floor", `${name}.c`), program(name))));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.skipIf(withoutCompiler).each(KERNELS)("reads the values that the collectors read: %s", async (kernel) => {
    const root = join(REPOSITORY, "test/fixtures/proc", kernel);
    const lines = (await output([program("sources"), "values", root])).trim().split("\n");
    expect(lines.map(Number)).toEqual(collected(root));
  });

  test.skipIf(withoutCompiler)("counts its ticks and values", async () => {
    const values = (await output([program("sources"), "values"])).trim().split("\n").length;
    const [ns, ticks, counted] = (await output([program("sources"), "hot", "3"])).split(" ").map(Number);
    expect(ns).toBeGreaterThan(0);
    expect([ticks, counted]).toEqual([3, values]);
  });

  test.skipIf(withoutCompiler)("a wrapper ends as its command does", async () => {
    expect(await exitStatus(program("wrap"), "sh", "-c", "exit 7")).toBe(7);
    expect(await exitStatus(program("wrap"), "sh", "-c", "kill -TERM $$")).toBe(143);
    expect(await exitStatus(program("wrap"), "/does/not/exist")).toBe(127);
  });

  test.skipIf(withoutCompiler)("the stopwatch times every command in every round", async () => {
    const [yes, sleep] = [Bun.which("true")!, Bun.which("sleep")!];
    const lines = (await output([program("stopwatch"), "4", "--", yes, "--", sleep, "0.02"])).trim().split("\n");
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const [first, second] = line.split(" ").map(Number);
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThanOrEqual(20e6);
    }
  });

  test.skipIf(withoutCompiler)("the stopwatch does not time a failure", async () => {
    const words = ["2", "--", Bun.which("true")!, "--", Bun.which("false")!];
    await expect(output([program("stopwatch"), ...words])).rejects.toThrow("false: wait status 0x100, expected exit 0");
  });
});

test("the bare Bun wrapper ends as its command does", async () => {
  expect(await exitStatus(process.execPath, join(REPOSITORY, "bench/bare.ts"), "sh", "-c", "exit 7")).toBe(7);
});
