import { describe, expect, test } from "bun:test";
import type { Evidence } from "../../src/recording/diagnosis.ts";
import { type Diagnosis, diagnose } from "../../src/recording/diagnosis.ts";

/** A command that used half a core of four and was not limited. */
const CALM: Evidence = {
  ...{ seconds: 10, cpus: 4, quotaCores: Number.NaN, ownCores: 0.5, machineCores: 0.6, throttledSeconds: Number.NaN },
  ...{ oomKills: 0, oomKillsAreOwn: false, cpuPressure: 0, memoryPressure: 0, ioPressure: 0, pressureIsOwn: false },
  ...{ swapInBytes: 0, diskBusy: 0.1, busiestDisk: "sda", iowaitCores: 0, ownDiskBytes: 1000, networkBytes: 0 },
  threadsMost: 1,
};

const CASES: readonly (readonly [what: Diagnosis["limitedBy"], evidence: Partial<Evidence>, text: string])[] = [
  ["memory", { oomKills: 2, oomKillsAreOwn: true }, "memory (the kernel killed 2 of its processes for memory)"],
  ["memory", { oomKills: 1, ownCores: 3.9 }, "memory (the kernel killed 1 process here for memory)"],
  ["cpu_quota", { throttledSeconds: 4, quotaCores: 0.5 }, "its CPU quota of 0.50 cores (held back for 4.00 s in all)"],
  ["cpu", { ownCores: 3.7 }, "CPU, all cores (3.70 of 4 cores busy with it)"],
  ["cpu_one_thread", { ownCores: 0.99 }, "CPU, one thread (0.99 of 4 cores busy with it)"],
  ["memory", { memoryPressure: 0.3 }, "memory (tasks here waited for memory 30 % of the time)"],
  ["memory", { swapInBytes: 2 ** 30 }, "memory (1 GiB came back from swap)"],
  ["disk", { diskBusy: 0.97 }, "disk (sda busy 97 % of the time)"],
  ["disk", { ioPressure: 0.4, pressureIsOwn: true, ownCores: 0.95 }, "disk (it waited for storage 40 % of the time)"],
  ["disk", { ioPressure: Number.NaN, iowaitCores: 0.8 }, "disk (0.80 cores waited for it)"],
  [
    "cpu_others",
    { pressureIsOwn: true, cpuPressure: 0.6, machineCores: 3.9, ownCores: 0.3 },
    "CPU, which others used (3.90 of 4 cores busy, 0.30 of them with it)",
  ],
  ["network", { networkBytes: 125e6, ownCores: 0.2 }, "network (100 Mbit/s in and out, 0.20 cores busy with it)"],
  ["waiting", { ownCores: 0.02 }, "waiting on something else (0.02 cores busy with it)"],
];

describe("what limited a command", () => {
  test.each(CASES)("%s: %j", (what, evidence, text) => {
    const diagnosis = diagnose({ ...CALM, ...evidence });
    expect(diagnosis?.limitedBy).toBe(what);
    expect(`${diagnosis?.text} (${diagnosis?.evidence})`).toBe(text);
  });

  test.each<Partial<Evidence>>([
    {},
    { seconds: 0.1, ownCores: 4 },
    // Other programs that keep the CPUs or a disk busy do not limit it.
    { machineCores: 4, cpuPressure: 0.9 },
    { diskBusy: 1, ownDiskBytes: 0 },
    { ownCores: Number.NaN, machineCores: Number.NaN, networkBytes: Number.NaN },
    { ownCores: 0.02, ioPressure: 0.15 },
  ])("is not said where the evidence is thin: %j", (evidence) => {
    expect(diagnose({ ...CALM, ...evidence })).toBeUndefined();
  });
});
