import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { listCollectors } from "../../src/collect/list-collectors.ts";
import { COLLECTORS } from "../../src/collect/registry.ts";
import { procTree } from "../helpers/proc-tree.ts";
import { Recorded } from "../helpers/recorded.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

async function recorded(words: readonly string[], env: Record<string, string> = {}): Promise<Recorded> {
  using folder = tempFolder();
  const path = folder.file("run.prom");
  expect(await statexec(["-f", path, ...words], { env })).toMatchObject({ code: 0, stderr: "" });
  if (!areValidatorsMissing()) await expectValid(path);
  return new Recorded(path);
}

/** Returns the collectors that took time, by the recorder's own figures. */
const ran = (run: Recorded) =>
  [...run.family("recorder_collector_seconds").keys()].filter((name) => name !== "self" && name !== "tree").sort();

describe("--collectors", () => {
  test("chooses what is recorded; the recorder itself always is", async () => {
    const run = await recorded(["--collectors", "cpu,load", "true"]);
    expect(ran(run)).toEqual(["cpu", "load"]);
    expect(run.family("memory_total_bytes").size).toBe(0);
    expect(run.points("recorder_memory_anonymous_bytes").length).toBe(2);
  });

  test("leaves out what a dash precedes, also as a variable", async () => {
    const all = COLLECTORS.map(({ name }) => name).sort();
    const run = await recorded(["true"], { SE_COLLECTORS: "-disk,-network" });
    expect(ran(run)).toEqual(all.filter((name) => name !== "disk" && name !== "network"));
    const flag = await recorded(["--collectors", "-disk", "true"], { SE_COLLECTORS: "cpu" });
    expect(ran(flag)).toEqual(all.filter((name) => name !== "disk"));
  });

  test("cpu=total records the sum of all CPUs, and the summary does not change", async () => {
    const busy = ["sh", "-c", "timeout 1 sh -c 'while :; do :; done'; true"];
    const run = await recorded(["--collectors", "cpu=total", ...busy]);
    expect([...new Set([...run.family("cpu_seconds").keys()].map((key) => key.split(",")[0]))]).toEqual(["all"]);
    expect(run.family("memory_total_bytes").size).toBe(1);
    expect(run.last("summary_cpu_cores")).toBe(run.last("cpus_online"));
    const modes = ["user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal"];
    const seconds = modes.map((mode) => run.last("summary_cpu_mean_seconds", mode)).reduce((sum, value) => sum + value);
    // Every CPU is always in one of these modes; the margin is for ticks that the kernel has not accounted yet.
    expect(seconds).toBeGreaterThan(run.last("cpus_online") * 0.8);
    expect(seconds).toBeLessThan(run.last("cpus_online") * 1.2);
  });

  test.each([
    ["dsk", 'there is no collector "dsk": did you mean disk? statexec --list-collectors lists them'],
    ["-nothing_like_it", 'there is no collector "nothing_like_it": statexec --list-collectors lists them'],
    ["cpu=totl", 'there is no collector "cpu=totl": did you mean cpu=total? statexec --list-collectors lists them'],
    ["disk=total", 'there is no collector "disk=total": statexec --list-collectors lists them'],
  ])("%s is refused before the command starts", async (names, message) => {
    using folder = tempFolder();
    const result = await statexec(["--collectors", names, "touch", "started"], { cwd: folder.path });
    expect(result).toMatchObject({ code: 125, stderr: `statexec: --collectors (SE_COLLECTORS): ${message}\n` });
    expect(existsSync(folder.file("started"))).toBe(false);
  });

  test("an invalid list is refused with what is expected", async () => {
    const result = await statexec(["true"], { env: { SE_COLLECTORS: "cpu;disk" } });
    expect(result.stderr).toBe(
      'statexec: SE_COLLECTORS: got "cpu;disk", expected names with commas between them (e.g. cpu,memory or -disk or cpu=total)\n',
    );
  });
});

describe("--list-collectors", () => {
  test("lists every collector with what it reads and whether it works here, in 80 columns", async () => {
    const { code, stdout, stderr } = await statexec(["--list-collectors"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    for (const { name, files = [], reads = [] } of COLLECTORS) {
      expect(stdout).toMatch(new RegExp(`^${name} `, "m"));
      for (const path of [...files, ...reads]) expect(stdout).toContain(path);
    }
    expect(stdout).toMatch(/^ +\/proc\/stat\n +works, \d+ series$/m);
  });

  test("says what is absent, forbidden, malformed, or off for its cost", () => {
    const tree = procTree({ "/proc/loadavg": "what?", "/proc/vmstat": "pgfault 1\n" }).forbid("/proc/vmstat");
    for (let cpu = 0; cpu < 64; cpu++)
      tree.set(`/sys/devices/system/cpu/cpufreq/policy${cpu}/scaling_cur_freq`, "1000000\n");
    const entries = new Map(
      listCollectors(tree, "works", "absent")
        .split(/\n(?=\S)/)
        .map((entry) => [entry.split(" ")[0], entry.trim().split("\n").at(-1)!.trim()]),
    );
    expect(Object.fromEntries(entries)).toMatchObject({
      cpu: "absent",
      paging: "forbidden: /proc/vmstat",
      frequency: "off here; with frequency=all it works, 64 series",
      thermal: "absent",
    });
    expect(entries.get("load")).toStartWith("malformed: loadavg: expected three averages");
  });
});
