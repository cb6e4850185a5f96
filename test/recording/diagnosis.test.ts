import { describe, expect, test } from "bun:test";
import type { Evidence } from "../../src/recording/diagnosis.ts";
import { type Diagnosis, diagnose, diagnoses, endingBy, usableCpus } from "../../src/recording/diagnosis.ts";

/** A command that used half a core of four and was not limited. */
const CALM: Evidence = {
  ...{
    seconds: 10,
    cpus: 4,
    machineCpus: 4,
    quotaCores: Number.NaN,
    ownCores: 0.5,
    machineCores: 0.6,
    throttledSeconds: Number.NaN,
  },
  ...{
    oomKills: 0,
    ownOomKills: Number.NaN,
    ending: "unknown",
    cpuPressure: 0,
    memoryPressure: 0,
    ioPressure: 0,
    pressureIsOwn: false,
  },
  ...{ swapInBytes: 0, diskBusy: 0.1, busiestDisk: "sda", iowaitCores: 0, ownDiskBytes: 1000, networkBytes: 0 },
  threadsMost: 1,
};

const CASES: readonly (readonly [what: Diagnosis["limitedBy"], evidence: Partial<Evidence>, text: string])[] = [
  ["memory", { oomKills: 2, ownOomKills: 2 }, "memory (the kernel killed 2 of its processes for memory)"],
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
  ["waiting", { ownCores: 0.02 }, "waiting on something else (0.02 cores busy with it)"],
  [
    ...(["waiting", { networkBytes: 125e6, ownCores: 0.02 }] as const),
    "waiting on something else (0.02 cores busy with it; the whole machine's network carried 100 Mbit/s)",
  ],
  [
    ...(["waiting", { machineCores: 3.9, cpuPressure: 0.9, ownCores: 0.02 }] as const),
    "waiting, perhaps for CPU that others used (3.90 of 4 cores busy, 0.02 of them with it)",
  ],
  // Pinned to one CPU of four.
  ["cpu", { ownCores: 0.97, cpus: 1 }, "CPU (0.97 of 1 core busy with it)"],
  // Killed below the command's own group, which counts none.
  [
    ...(["memory", { oomKills: 1, ownOomKills: 0, ending: "killed", seconds: 0.1 }] as const),
    "memory (the kernel killed 1 process here for memory, and SIGKILL ended it)",
  ],
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
    { networkBytes: 9e9 },
    // The kernel killed processes of others.
    { oomKills: 1, ownOomKills: 0, ending: "failed" },
    { oomKills: 1, ending: "done" },
  ])("is not said where the evidence is thin: %j", (evidence) => {
    expect(diagnose({ ...CALM, ...evidence })).toBeUndefined();
  });

  test("never names two limits that contradict each other", () => {
    const limits = (evidence: Partial<Evidence>) =>
      diagnoses({ ...CALM, ...evidence }).map(({ limitedBy }) => limitedBy);
    expect(limits({ ownCores: 0.05, throttledSeconds: 4 })).toEqual(["cpu_quota"]);
    expect(limits({ ownCores: 0.95, throttledSeconds: 4 })).toEqual(["cpu_quota"]);
    expect(limits({ ownCores: 0.05, memoryPressure: 0.5 })).toEqual(["memory"]);
    expect(limits({ ownCores: 0.95, diskBusy: 0.95 })).toEqual(["disk", "cpu_one_thread"]);
  });
});

describe("the CPUs that a command could use", () => {
  test.each<[number, Parameters<typeof usableCpus>[1], number]>([
    [4, {}, 4],
    [4, { allowed: 4 }, 4],
    [4, { allowed: 1 }, 1],
    [4, { quota: 1.5 }, 1.5],
    [4, { allowed: 2, quota: 1.5 }, 1.5],
    [4, { allowed: 8, quota: 64 }, 4],
    // It has widened its own mask.
    [4, { allowed: 1, used: 2.5 }, 4],
  ])("of %d with %j are %d", (online, limits, expected) => {
    expect(usableCpus(online, limits)).toBe(expected);
  });

  test("are unknown where those of the machine are", () => {
    expect(usableCpus(Number.NaN, { allowed: 1 })).toBeNaN();
  });

  test.each<[number | undefined, number | undefined, Evidence["ending"]]>([
    [0, undefined, "done"],
    [undefined, 9, "killed"],
    [137, undefined, "killed"],
    [1, undefined, "failed"],
    [undefined, 15, "failed"],
    [undefined, undefined, "unknown"],
  ])("status %p, signal %p: the command's ending is %s", (status, signal, ending) => {
    expect(endingBy(status, signal)).toBe(ending);
  });
});
