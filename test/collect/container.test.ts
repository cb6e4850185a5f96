import { describe, expect, test } from "bun:test";
import { ContainerCollector } from "../../src/collect/container.ts";
import { ForbiddenError, ParseError } from "../../src/errors.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import type { ProcFs } from "../../src/proc/procfs.ts";
import { recordedTree, recordedTrees } from "../helpers/proc-tree.ts";
import { describedBy, GROUP, sampled, tree } from "./group-rows.ts";

const MIB = 2 ** 20;

/** Of the recorded trees; the others have no group. */
const KNOWN: Record<string, Record<string, number>> = {
  "4.4-server": {
    "cpu_seconds_total user": (73.129384756 * 6103) / (6103 + 1179),
    "cpu_seconds_total system": 73.129384756 - (73.129384756 * 6103) / (6103 + 1179),
    cpu_periods_total: 0,
    cpu_throttled_periods_total: 0,
    cpu_throttled_seconds_total: 0,
    memory_limit_bytes: 512 * MIB,
    swap_limit_bytes: 512 * MIB,
    memory_used_bytes: 192 * MIB,
    memory_anonymous_bytes: 84 * MIB,
    memory_file_bytes: 100 * MIB,
    memory_peak_bytes: 512 * MIB,
    swap_used_bytes: 8 * MIB,
    tasks: 17,
  },
  "6.1-container": {
    cpu_limit_cores: 0.4,
    "cpu_seconds_total user": 4.05,
    "cpu_seconds_total system": 0.14,
    cpu_periods_total: 105,
    cpu_throttled_periods_total: 104,
    cpu_throttled_seconds_total: 6.19,
    memory_limit_bytes: 160 * MIB,
    swap_limit_bytes: 64 * MIB,
    memory_used_bytes: 16367616,
    memory_anonymous_bytes: 4050944,
    memory_file_bytes: 11845632,
    memory_peak_bytes: 160 * MIB,
    swap_used_bytes: 0,
    oom_kills_total: 1,
    tasks_limit: 64,
    tasks: 2,
  },
  "6.1-stacked": {
    cpu_limit_cores: 8,
    "cpu_seconds_total user": 1,
    "cpu_seconds_total system": 0.234567,
    memory_limit_bytes: 2 ** 34,
    memory_used_bytes: 70 * MIB,
    memory_anonymous_bytes: 40 * MIB,
    memory_file_bytes: 20 * MIB,
    memory_peak_bytes: 95 * MIB,
    swap_used_bytes: 0,
    oom_kills_total: 0,
    tasks_limit: 10813,
    tasks: 9,
    "pressure_seconds_total cpu some": 1.5,
    "pressure_seconds_total cpu full": 0,
    "pressure_seconds_total memory some": 0.002,
    "pressure_seconds_total memory full": 0.001,
    "pressure_seconds_total io some": 0.75,
    "pressure_seconds_total io full": 0.5,
  },
  "6.18-vm": {
    cpu_limit_cores: 0.5,
    "cpu_seconds_total user": (1.814397861 * 163) / (163 + 17),
    "cpu_seconds_total system": 1.814397861 - (1.814397861 * 163) / (163 + 17),
    cpu_periods_total: 38,
    cpu_throttled_periods_total: 35,
    cpu_throttled_seconds_total: 3.500628942,
    memory_limit_bytes: 128 * MIB,
    // The group above has 256 MiB of memory, 300 MiB with swap.
    swap_limit_bytes: 172 * MIB,
    memory_used_bytes: 37715968,
    memory_anonymous_bytes: 32935936,
    memory_file_bytes: 4259840,
    memory_peak_bytes: 128 * MIB,
    swap_used_bytes: 0,
    oom_kills_total: 1,
    tasks_limit: 100,
    tasks: 1,
    "pressure_seconds_total cpu some": 2.588648,
    "pressure_seconds_total cpu full": 2.202294,
    "pressure_seconds_total memory some": 0.004635,
    "pressure_seconds_total memory full": 0.004635,
    "pressure_seconds_total io some": 0.004816,
    "pressure_seconds_total io full": 0.004816,
  },
  "6.8-64cpu": {
    cpu_limit_cores: 1.5,
    "cpu_seconds_total user": 80000,
    "cpu_seconds_total system": 6400.123456,
    cpu_periods_total: 864000,
    cpu_throttled_periods_total: 4321,
    cpu_throttled_seconds_total: 987.654321,
    memory_limit_bytes: 4096 * MIB,
    swap_limit_bytes: 0,
    memory_used_bytes: 2048 * MIB,
    memory_anonymous_bytes: 1536 * MIB,
    memory_file_bytes: 384 * MIB,
    memory_peak_bytes: 4096 * MIB,
    swap_used_bytes: 0,
    oom_kills_total: 2,
    tasks_limit: 4194304,
    tasks: 181,
    ...Object.fromEntries(
      ["cpu", "memory", "io"].flatMap((resource) => [
        [`pressure_seconds_total ${resource} some`, 18446744.073709],
        [`pressure_seconds_total ${resource} full`, 9223372.036854],
      ]),
    ),
  },
};

describe.each(recordedTrees())("%s", (kernel) => {
  test("has every figure of its group, to the last digit", () => {
    const proc = kernelFs(recordedTree(kernel));
    const figures = sampled(new ContainerCollector(proc));
    proc.close();
    const known = KNOWN[kernel] ?? {};
    expect(Object.keys(figures).sort()).toEqual(Object.keys(known).sort());
    for (const [name, value] of Object.entries(figures)) expect(value, name).toBeCloseTo(known[name]!, 9);
  });
});

describe("a file of the group", () => {
  const values = (proc: ProcFs, change: () => void): [Record<string, number>, unknown] => {
    const collector = new ContainerCollector(proc);
    const names = describedBy(collector);
    change();
    const row = new Float64Array(names.length).fill(Number.NaN);
    const failure = thrownBy(() => collector.sample(row));
    return [Object.fromEntries(names.map((name, i) => [name, row[i]!])), failure];
  };

  test.each([
    ["forbidden", ForbiddenError, (proc: ReturnType<typeof tree>) => proc.forbid(`${GROUP}/memory.current`)],
    ["malformed", ParseError, (proc: ReturnType<typeof tree>) => proc.set(`${GROUP}/memory.current`, "lots\n")],
  ])("that is %s costs its own value, and is told of", (_, error, spoil) => {
    const proc = tree();
    const [row, failure] = values(proc, () => spoil(proc));
    expect(failure).toBeInstanceOf(error);
    expect(row).toEqual({
      "cpu_seconds_total user": 0.000002,
      "cpu_seconds_total system": 0.000001,
      memory_limit_bytes: 4096,
      memory_used_bytes: Number.NaN,
      tasks: 3,
    });
  });

  test("that goes away is absent, and no failure", () => {
    const proc = tree();
    const [row, failure] = values(proc, () => proc.remove(`${GROUP}/pids.current`));
    expect(failure).toBeUndefined();
    expect(row.tasks).toBeNaN();
  });

  test("that was refused at first is described when it is let", () => {
    const proc = tree().forbid(`${GROUP}/memory.current`);
    const collector = new ContainerCollector(proc);
    expect(describedBy(collector)).not.toContain("memory_used_bytes");
    proc.allow(`${GROUP}/memory.current`);
    expect(collector.sample(new Float64Array(9))).toBe(false);
    expect(sampled(collector).memory_used_bytes).toBe(1024);
  });

  test("of limits that changes is seen within ten samples, and a limit that is new has its series then", () => {
    const proc = tree();
    const collector = new ContainerCollector(proc);
    expect(sampled(collector).memory_limit_bytes).toBe(4096);
    proc.set(`${GROUP}/memory.max`, "2048\n").set("/sys/fs/cgroup/a/memory.max", "max\n");
    for (let i = 0; i < 10; i++) sampled(collector);
    expect(sampled(collector).memory_limit_bytes).toBe(2048);
    proc.set(`${GROUP}/memory.max`, "max\n");
    for (let i = 0; i < 10; i++) sampled(collector);
    expect(sampled(collector).memory_limit_bytes).toBeNaN();
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
