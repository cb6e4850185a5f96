import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BASIC } from "../../bench/lib/basic-sources.ts";
import { compileC, output } from "../../bench/lib/lab.ts";
import { machineCollectors } from "../../src/collect/registry.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { isMissing } from "../helpers/validators.ts";

const REPOSITORY = join(import.meta.dir, "..", "..");
const KERNELS = ["4.4-server", "5.4-offline-cpu", "5.10-vm-steal", "6.1-stacked", "6.8-64cpu", "6.18-vm"];

const COMPILE_MS = 60_000;

/** Without a C compiler these are skipped, except with CI=true. */
const withoutCompiler = isMissing("compiler");

/** The values that the four basic collectors read from a recorded tree. */
function collected(root: string): number[] {
  return machineCollectors(kernelFs(root), BASIC).flatMap((collector) => {
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
    const names = ["sources", "wrap", "stopwatch", "sampler", "idle", "reaped", "begun"];
    await Promise.all(names.map((name) => compileC(join(REPOSITORY, "bench/floor", `${name}.c`), program(name))));
  }, COMPILE_MS);
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

  test.skipIf(withoutCompiler).each(["wrap", "sampler"])("%s ends as its command does", async (name) => {
    const wrapper = [program(name), ...(name === "sampler" ? ["0.1", program("rows")] : [])];
    expect(await exitStatus(...wrapper, "sh", "-c", "exit 7")).toBe(7);
    expect(await exitStatus(...wrapper, "sh", "-c", "kill -TERM $$")).toBe(143);
    expect(await exitStatus(...wrapper, "/does/not/exist")).toBe(127);
  });

  test.skipIf(withoutCompiler)(
    "the sampler writes the sources and the processes of its command once a period",
    async () => {
      const [file, report] = [program("rows"), program("report")];
      const values = (await output([program("sources"), "values"])).trim().split("\n").length;
      // A row has the sources, the sum of the tree, the number of its processes, and eight details.
      const width = values + 2 + 8;
      let all = new Float64Array();
      // A machine may be so busy that it has no time for a sample in between.
      for (let tries = 5; tries > 0 && all.length < 3 * width; tries--) {
        await output([program("sampler"), "0.05", file, program("idle"), report, "0.3", "5"]);
        all = new Float64Array(await Bun.file(file).arrayBuffer());
      }
      const processes = Array.from({ length: all.length / width }, (_, row) => all[row * width + values + 1]);
      expect(all.length % width).toBe(0);
      expect(processes.length).toBeGreaterThanOrEqual(3);
      // The command has ended, and has not been waited for.
      expect(processes.at(-1)).toBe(1);
      expect(processes).toContain(5);
    },
  );

  test.skipIf(withoutCompiler)("a command's CPU time is not its wrapper's", async () => {
    const report = program("report");
    const burn = ["sh", "-c", `for i in $(seq 50000); do :; done; exec ${program("idle")} ${report} 0.01 1`];
    const [pid, end] = (await output([program("reaped"), program("wrap"), ...burn])).trim().split("\n");
    const [reapedAt, all] = end!.split(" ").map(Number);
    const [endedAt, command] = (await Bun.file(report).text()).split(" ").map(Number);
    expect(Number(pid)).toBeGreaterThan(0);
    expect(reapedAt).toBeGreaterThan(endedAt!);
    expect(all! - command!).toBeGreaterThan(0);
    expect(all! - command!).toBeLessThan(command! / 2);
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
  expect(
    await exitStatus(process.execPath, join(REPOSITORY, "bench/programs/bare-wrapper.ts"), "sh", "-c", "exit 7"),
  ).toBe(7);
});
