import { describe, expect, test } from "bun:test";
import { ContainerCollector } from "../../../src/collect/cgroup/container-cgroup.ts";
import { kernelFs } from "../../../src/proc/kernel-fs.ts";
import { recordedTree, recordedTrees } from "../../helpers/proc-tree.ts";
import { sampled } from "./container-samples.ts";

const MIB = 2 ** 20;

/** By recorded tree; the others have no cgroup. */
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
    // The cgroup above has 256 MiB of memory, 300 MiB with swap.
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

describe.each(recordedTrees())("%s", (tree) => {
  test("has every value of its cgroup, to the last digit", () => {
    const proc = kernelFs(recordedTree(tree));
    const values = sampled(new ContainerCollector(proc));
    proc.close();
    const known = KNOWN[tree] ?? {};
    expect(Object.keys(values).sort()).toEqual(Object.keys(known).sort());
    for (const [name, value] of Object.entries(values)) expect(value, name).toBeCloseTo(known[name]!, 9);
  });
});
