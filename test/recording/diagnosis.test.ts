import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Diagnosis, diagnose, diagnosisText } from "../../src/recording/diagnosis.ts";
import { endingBy, type LimitEvidence, type RunEvidence, usableCpus } from "../../src/recording/limit-evidence.ts";

/** A step of a command that used a third of a core of four and was not limited. */
const CALM: LimitEvidence = {
  ...{ seconds: 10, cpus: 4, machineCpus: 4, quotaCores: Number.NaN, ownCores: 0.3, machineCores: 0.4 },
  ...{ runDelaySeconds: Number.NaN, hasUnseen: false, throttledSeconds: Number.NaN },
  ...{ cpuPressure: 0, memoryPressure: 0, ioPressure: 0, pressureIsOwn: false },
  ...{
    swapInBytes: 0,
    ownReadBytes: 0,
    ownRefaultBytes: 0,
    diskBusy: 0.1,
    busiestDisk: "sda",
    iowaitCores: 0,
    ownDiskBytes: 1000,
    networkBytes: 0,
  },
};
const QUIET = { oomKills: 0, ownOomKills: Number.NaN, ending: "unknown" } as const;

const CC1 = { pid: 7, comm: "cc1", bytes: 3 * 2 ** 20 };
const LOGGED: RunEvidence["oom"] = {
  victims: [CC1],
  holder: { ...CC1, isAtPeak: false },
  limit: undefined,
  rise: undefined,
};

type Step = Partial<LimitEvidence>;

/** A run of some steps, each of ten seconds unless told. */
function runOf(steps: readonly Step[], end: Partial<RunEvidence> = {}): RunEvidence {
  const all = steps.map((step) => ({ ...CALM, ...step }));
  return { ...QUIET, seconds: all.reduce((sum, { seconds }) => sum + seconds, 0), steps: all, ...end };
}

function texts(evidence: RunEvidence): string[] {
  return diagnose(evidence).map((one, at) => diagnosisText(one, at === 0));
}

const CASES: readonly (readonly [what: Diagnosis["limitedBy"], step: Step, text: string])[] = [
  [
    "cpu_quota",
    { throttledSeconds: 4, quotaCores: 0.5 },
    "by its CPU quota of 0.50 cores (held back for 4.00 s in all)",
  ],
  ["cpu", { ownCores: 3.7 }, "by CPU, all cores (3.70 of 4 cores busy with it)"],
  ["cpu_one_thread", { ownCores: 0.99 }, "by CPU, one thread (0.99 of 4 cores busy with it)"],
  ["cpu_one_thread", { ownCores: 0.84 }, "by CPU 84 % of the time (0.84 of 4 cores busy with it)"],
  ["cpu_part", { ownCores: 3.5 }, "by CPU, some cores (3.50 of 4 cores busy with it)"],
  ["cpu_part", { ownCores: 1.75, cpus: 2, machineCpus: 2 }, "by CPU, some cores (1.75 of 2 cores busy with it)"],
  ["memory", { memoryPressure: 0.3 }, "by memory (tasks here waited for memory 30 % of the time)"],
  ["memory", { swapInBytes: 2 ** 30 }, "by memory (1 GiB came back from swap)"],
  [
    ...(["memory", { diskBusy: 0.97, ownReadBytes: 2 ** 28, ownRefaultBytes: 2 ** 27 + 2 ** 26 }] as const),
    "by memory (at least 192 MiB of 256 MiB that it read had just been dropped from memory)",
  ],
  // It read other files, too; and a little that it had read before.
  [
    ...(["disk", { diskBusy: 0.97, ownReadBytes: 2 ** 28, ownRefaultBytes: 2 ** 26 }] as const),
    "by disk (sda busy 97 % of the time)",
  ],
  [
    ...(["disk", { diskBusy: 0.97, ownReadBytes: 2 ** 21, ownRefaultBytes: 2 ** 21 }] as const),
    "by disk (sda busy 97 % of the time)",
  ],
  ["disk", { diskBusy: 0.97 }, "by disk (sda busy 97 % of the time)"],
  [
    "disk",
    { ioPressure: 0.4, pressureIsOwn: true, ownCores: 0.95 },
    "by disk (it waited for storage 40 % of the time)",
  ],
  ["disk", { ioPressure: Number.NaN, iowaitCores: 0.8 }, "by disk (0.80 cores waited for it)"],
  ["disk", { diskBusy: 0.5, ownCores: 0.05 }, "by disk 50 % of the time (sda busy 50 % of the time)"],
  [
    ...(["cpu_starved", { runDelaySeconds: 8.7, machineCores: 4, ownCores: 0.1 }] as const),
    "starved of CPU: it waited 8.70 s to run, others used 3.90 of 4 cores",
  ],
  // What it did not want a CPU for is left to other limits.
  [
    ...(["cpu_starved", { runDelaySeconds: 5, machineCores: 3.2, ownCores: 0.1 }] as const),
    "starved of CPU 60 % of the time: it waited 5.00 s to run, others used 3.10 of 4 cores",
  ],
  // Pinned to one CPU of four, which others use too.
  [
    ...(["cpu_starved", { runDelaySeconds: 5, machineCores: 1.2, ownCores: 0.5, cpus: 1 }] as const),
    "starved of CPU: it waited 5.00 s to run, it may use 1 core",
  ],
  // One thread of its own that is held up now and then.
  [
    ...(["cpu_one_thread", { runDelaySeconds: 1.2, machineCores: 4, ownCores: 0.86 }] as const),
    "by CPU, one thread (0.86 of 4 cores busy with it)",
  ],
  // Its own threads wait for each other: it has all cores.
  [
    ...(["cpu", { runDelaySeconds: 300, machineCores: 4, ownCores: 3.9 }] as const),
    "by CPU, all cores (3.90 of 4 cores busy with it)",
  ],
  // Its own threads are in each other's way for a moment.
  [
    ...(["cpu_part", { runDelaySeconds: 20, machineCores: 3.3, ownCores: 3.2 }] as const),
    "by CPU, some cores (3.20 of 4 cores busy with it)",
  ],
  // Its threads wake together now and then, while CPUs are free.
  [
    ...(["waiting", { runDelaySeconds: 3, ownCores: 0.05 }] as const),
    "by waiting on something else (0.05 cores busy with it)",
  ],
  [
    ...(["cpu_others", { pressureIsOwn: true, cpuPressure: 0.6, machineCores: 3.9, ownCores: 0.3 }] as const),
    "by CPU, which others used (3.90 of 4 cores busy, 0.30 of them with it)",
  ],
  ["waiting", { ownCores: 0.02 }, "by waiting on something else (0.02 cores busy with it)"],
  [
    ...(["waiting", { networkBytes: 125e6, ownCores: 0.02 }] as const),
    "by waiting on something else (0.02 cores busy with it; the whole machine's network carried 100 Mbit/s)",
  ],
  [
    ...(["waiting", { machineCores: 3.9, cpuPressure: 0.9, ownCores: 0.02 }] as const),
    "by waiting, perhaps for CPU that others used (3.90 of 4 cores busy, 0.02 of them with it)",
  ],
  // Its own waits are known, and it had none; or they are of processes that no sample saw.
  [
    ...(["waiting", { machineCores: 3.9, cpuPressure: 0.9, ownCores: 0.02, runDelaySeconds: 0 }] as const),
    "by waiting on something else (0.02 cores busy with it)",
  ],
  [
    ...([
      "waiting",
      { machineCores: 3.5, cpuPressure: 0.9, ownCores: 0.02, runDelaySeconds: 0, hasUnseen: true },
    ] as const),
    "by waiting, perhaps for CPU that others used (3.50 of 4 cores busy, 0.02 of them with it)",
  ],
  // Pinned to one CPU of four.
  ["cpu", { ownCores: 0.97, cpus: 1 }, "by CPU (0.97 of 1 core busy with it)"],
  ["unclear", {}, "unclear 70 % of the time (0.30 of 4 cores busy with it; --cgroup auto would tell more)"],
  [
    "unclear",
    { pressureIsOwn: true },
    "unclear 70 % of the time (0.30 of 4 cores busy with it; a shorter --interval would tell more)",
  ],
  // Other programs that keep the CPUs or a disk busy do not limit it.
  [
    "unclear",
    { machineCores: 4, cpuPressure: 0.9 },
    "unclear 70 % of the time (0.30 of 4 cores busy with it; --cgroup auto would tell more)",
  ],
  [
    "unclear",
    { diskBusy: 1, ownDiskBytes: 0 },
    "unclear 70 % of the time (0.30 of 4 cores busy with it; --cgroup auto would tell more)",
  ],
];

describe("what limited a command", () => {
  test.each(CASES)("%s: %j", (what, step, text) => {
    const evidence = runOf([step]);
    expect(diagnose(evidence)[0]?.limitedBy).toBe(what);
    expect(texts(evidence)[0]).toBe(text);
  });

  test.each<[Partial<RunEvidence>, Step, string | undefined]>([
    [{ oomKills: 2, ownOomKills: 2 }, {}, "by memory (the kernel killed 2 of its processes for memory)"],
    [{ oomKills: 1 }, { ownCores: 3.9 }, "by memory (the kernel killed 1 process here for memory)"],
    // Killed below the command's own group, which counts none, and however short it ran.
    [
      { oomKills: 1, ownOomKills: 0, ending: "killed", seconds: 0.1 },
      {},
      "by memory (the kernel killed 1 process here for memory, and SIGKILL ended it)",
    ],
    // The kernel's log names one of its processes, which no group of its own counts.
    [
      { oomKills: 1, ending: "done", seconds: 0.1, oom: LOGGED },
      {},
      "by memory (the kernel killed cc1 (pid 7) for memory; it held most, 3 MiB)",
    ],
    // The kernel killed processes of others.
    [{ oomKills: 1, ownOomKills: 0, ending: "failed", seconds: 0.1 }, {}, undefined],
    [{ oomKills: 1, ending: "done", seconds: 0.1 }, {}, undefined],
    // Another signal stopped it: that is no end by memory, whoever was killed here.
    [{ oomKills: 2, ending: "stopped", seconds: 0.1 }, {}, undefined],
    [{ seconds: 0.1 }, { ownCores: 4 }, undefined],
    [{}, { ownCores: Number.NaN, machineCores: Number.NaN, networkBytes: Number.NaN }, undefined],
  ])("%j, %j: %p", (end, step, text) => {
    expect(texts(runOf([step], end))[0]).toBe(text);
  });
});

describe("limits that hold for a part of the time", () => {
  test("are ranked by their share of it", () => {
    const steps = [
      { ownCores: 4 },
      { ownCores: 3.9 },
      { ownCores: 1 },
      { diskBusy: 1, ownCores: 0.2 },
      { diskBusy: 1 },
    ];
    expect(texts(runOf([...steps, { ownCores: 3.8 }]))).toEqual([
      "by CPU, all cores 50 % of the time (3.90 of 4 cores busy with it)",
      "disk 33 % of the time (sda busy 100 % of the time)",
      "CPU, one thread 17 % of the time (1 of 4 cores busy with it)",
    ]);
  });

  test("have no cliff: a little more or less of a step changes no more than a little", () => {
    // Each step is just above or just below the border of `all cores`.
    const steps = Array.from({ length: 20 }, (_, at) => ({ ownCores: at % 4 === 0 ? 3.59 : 3.65 }));
    expect(texts(runOf(steps))).toEqual(["by CPU, all cores (3.63 of 4 cores busy with it)"]);
    const idle = Array.from({ length: 20 }, (_, at) => ({ ownCores: at % 4 === 0 ? 0.11 : 0.05 }));
    expect(texts(runOf(idle))).toEqual(["by waiting on something else (0.06 cores busy with it)"]);
  });

  test("of a few moments are left out", () => {
    const steps = Array.from({ length: 30 }, (_, at) => ({ ownCores: at === 0 ? 1 : 3.9 }));
    expect(texts(runOf(steps))).toEqual(["by CPU, all cores (3.90 of 4 cores busy with it)"]);
  });

  test("a wait for a CPU that is counted at its end was in the steps before it", () => {
    const waiting = { runDelaySeconds: 0, machineCores: 4, ownCores: 0 };
    const steps = [waiting, waiting, { ...waiting, runDelaySeconds: 29 }];
    expect(texts(runOf(steps))).toEqual(["starved of CPU: it waited 29.0 s to run, others used 4 of 4 cores"]);
  });
});

const step = fc.record({
  seconds: fc.constantFrom(0.2, 1, 30),
  cpus: fc.constantFrom(1, 2, 4),
  ownCores: fc.double({ min: 0, max: 4, noNaN: true }),
  machineCores: fc.double({ min: 0, max: 4, noNaN: true }),
  runDelaySeconds: fc.constantFrom(Number.NaN, 0, 0.1, 3, 100),
  throttledSeconds: fc.constantFrom(Number.NaN, 0, 0.3),
  ioPressure: fc.constantFrom(Number.NaN, 0, 0.15, 0.9),
  diskBusy: fc.double({ min: 0, max: 1, noNaN: true }),
  ownDiskBytes: fc.constantFrom(0, 1e9),
});

test("the limits of a run never take more than all of its time, and each is named once", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const found = diagnose(runOf(steps));
      expect(found.length).toBeGreaterThan(0);
      expect(found.reduce((sum, { share = 0 }) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
      expect(new Set(found.map(({ limitedBy }) => limitedBy)).size).toBe(found.length);
    }),
  );
});

test("a command that waits for a CPU on a full machine is never said to wait for something else", () => {
  const starved = fc.record({
    seconds: fc.constantFrom(1, 5),
    machineCores: fc.double({ min: 3.7, max: 4, noNaN: true }),
    ownCores: fc.double({ min: 0, max: 0.09, noNaN: true }),
    waiting: fc.double({ min: 0.5, max: 12, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(starved, { minLength: 1, maxLength: 20 }), (drawn) => {
      const steps = drawn.map(({ waiting, ...step }) => ({ ...step, runDelaySeconds: waiting * step.seconds }));
      expect(diagnose(runOf(steps)).map(({ limitedBy }) => limitedBy)).toEqual(["cpu_starved"]);
      expect(diagnosisText(diagnose(runOf(steps))[0]!)).toMatch(
        /^starved of CPU( \d+ % of the time)?: it waited .* to run, others used .* of 4 cores$/,
      );
    }),
  );
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

  test.each<[number | undefined, number | undefined, RunEvidence["ending"]]>([
    [0, undefined, "done"],
    [undefined, 9, "killed"],
    [137, undefined, "killed"],
    [1, undefined, "failed"],
    [undefined, 15, "stopped"],
    [undefined, undefined, "unknown"],
  ])("status %p, signal %p: the command's ending is %s", (status, signal, ending) => {
    expect(endingBy(status, signal)).toBe(ending);
  });
});
