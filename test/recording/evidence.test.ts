import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Finding,
  findingOf,
  incomparable,
  memoryBoundBytes,
  RESOURCES,
  type Resource,
} from "../../src/recording/evidence.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";

const MIB = 2 ** 20;
const INFINITE = Number.POSITIVE_INFINITY;

/** A run of one second; `sources` as an object. */
function run(
  figures: Partial<Omit<RunFigures, "sources">>,
  sources: Readonly<Record<string, string>> = {},
): RunFigures {
  return { command: "make", wallSeconds: 1, ...figures, sources: new Map(Object.entries(sources)) };
}

const cpu = (seconds: number) => ({ cpuUserSeconds: seconds, cpuSystemSeconds: 0 });

/** What is known of a resource: value, lowest and highest. */
function bounds(resource: Resource, figures: RunFigures): (number | undefined)[] {
  const { value, lowest, highest } = findingOf(resource, figures);
  return [value, lowest, highest];
}

describe("a figure", () => {
  test.each<[string, Resource, RunFigures, readonly (number | undefined)[]]>([
    ["wall time is exact", "wall", run({}), [1, 1, 1]],
    ["wait4 is exact", "cpu", run(cpu(3), { cpu: "wait4" }), [3, 3, 3]],
    ["a group is exact", "cpu", run(cpu(3), { cpu: "cgroup2" }), [3, 3, 3]],
    ["of an old file without sources is exact", "cpu", run(cpu(3)), [3, 3, 3]],
    ["a lower bound has no highest", "cpu", run(cpu(1), { cpu: "wait4_lower_bound" }), [1, 1, INFINITE]],
    [
      "but all CPUs together are a bound",
      "cpu",
      run({ ...cpu(1), cpus: 2 }, { cpu: "wait4_lower_bound" }),
      [1, 1, 2.12],
    ],
    [
      "and so is what nothing else accounts for",
      "cpu",
      run({ ...cpu(1), cpus: 2, cpuBoundSeconds: 1.2 }, { cpu: "wait4_lower_bound" }),
      [1, 1, 1.262],
    ],
    ["which says nothing of an exact one", "cpu", run({ ...cpu(1), cpuBoundSeconds: 9 }, { cpu: "wait4" }), [1, 1, 1]],
    [
      "a peak by samples is one of them",
      "memory",
      run({ memoryPeakBytes: 5 }, { memory_peak: "proc_sampled" }),
      [5, 5, INFINITE],
    ],
    ["a count by samples too", "processes", run({ processesMost: 5 }), [5, 5, INFINITE]],
    ["unless its group never had more", "processes", run({ processesMost: 5, tasksPeak: 7, forks: 90 }), [5, 5, 7]],
    ["or no more were started", "threads", run({ threadsMost: 5, forks: 9 }), [5, 5, 9]],
    ["bytes on storage are exact", "read", run({ diskReadBytes: 7 }, { io: "proc" }), [7, 7, 7]],
    ["or a lower bound", "written", run({ diskWriteBytes: 7 }, { io: "proc_lower_bound" }), [7, 7, INFINITE]],
    [
      "more where some was taken back",
      "written",
      run({ diskWriteBytes: 7, diskWriteCancelledBytes: 5 }, { io: "proc" }),
      [7, 7, 12],
    ],
    ["calls are not the group's", "read-calls", run({ ioReadBytes: 7 }, { io: "cgroup2" }), [7, 7, INFINITE]],
    ["instructions are exact", "instructions", run({ instructions: 7 }, { instructions: "perf" }), [7, 7, 7]],
    [
      "or a lower bound",
      "instructions",
      run({ instructions: 7 }, { instructions: "perf_lower_bound" }),
      [7, 7, INFINITE],
    ],
    [
      "or without a bound, where programs may have left the counter",
      "instructions",
      run({ instructions: 7 }, { instructions: "perf_unwatched" }),
      [7, 7, INFINITE],
    ],
    ["or not counted", "instructions", run({}), [undefined, 0, INFINITE]],
    ["nothing measured, nothing known", "memory", run({}), [undefined, 0, INFINITE]],
    [
      "a run without its end may have grown",
      "cpu",
      run({ ...cpu(3), isUnfinished: true }, { cpu: "wait4" }),
      [3, 3, INFINITE],
    ],
  ])("%s", (_, resource, figures, expected) => {
    const got = bounds(resource, figures);
    expect(got).toEqual(expected.map((value) => (value === undefined ? value : expect.closeTo(value, 6))));
  });

  test("by a group has the group's peak with cache above it", () => {
    const group = { memoryPeakBytes: 5 * MIB, memoryPeakWithCacheBytes: 9 * MIB, hugePagesMostBytes: 0 };
    expect(bounds("memory", run(group, { memory_peak: "cgroup2" }))).toEqual([5 * MIB, 5 * MIB, 9 * MIB]);
    expect(bounds("memory-with-cache", run(group, { memory_peak: "cgroup2" }))).toEqual([9 * MIB, 9 * MIB, 9 * MIB]);
    const left = run(group, { memory_peak: "cgroup2_lower_bound" });
    expect(bounds("memory", left)).toEqual([5 * MIB, 5 * MIB, INFINITE]);
    expect(bounds("memory-with-cache", left)).toEqual([9 * MIB, 9 * MIB, INFINITE]);
  });

  test.each<[Partial<RunFigures>, number]>([
    [{ hugePagesMostBytes: 0 }, 9],
    // A group does not count them.
    [{ hugePagesMostBytes: 4 * MIB }, 13],
    [{ hugePagesMostBytes: INFINITE }, INFINITE],
    [{}, INFINITE],
    [{ hugePagesMostBytes: 0, memoryLargestProcessBytes: 11 * MIB }, 11],
  ])("of memory beside huge pages, %p, is at most %p MiB", (beside, expected) => {
    const held = { memoryPeakBytes: 5 * MIB, ...beside };
    const own = run({ ...held, memoryPeakWithCacheBytes: 9 * MIB }, { memory_peak: "cgroup1" });
    expect(findingOf("memory", own).highest / MIB).toBe(expected);
    const container = run({ ...held, containerMemoryPeakBytes: 9 * MIB }, { memory_peak: "proc_sampled" });
    expect(findingOf("memory", container).highest / MIB).toBe(expected);
  });

  test("of CPU time is at most what its container used", () => {
    const bound = { cpu: "wait4_lower_bound" };
    const figures = { ...cpu(1), cpus: 64, wallSeconds: 10 };
    expect(bounds("cpu", run({ ...figures, containerCpuSeconds: 2 }, bound))).toEqual([1, 1, expect.closeTo(2.07)]);
    // Then it was not in it, or that counts otherwise.
    expect(bounds("cpu", run({ ...figures, containerCpuSeconds: 0.5 }, bound))[2]).toBeCloseTo(64 * 10.15);
  });

  test("has a bound above it only where the recorder vouches for that", () => {
    const figures = { memoryPeakBytes: 5, memoryPeakBoundBytes: 8 };
    expect(bounds("memory", run(figures, { memory_peak: "proc_sampled" }))).toEqual([5, 5, INFINITE]);
    const sources = { memory_peak: "proc_sampled", memory_peak_bound: "proc" };
    expect(bounds("memory", run(figures, sources))).toEqual([5, 5, 8]);
    const bound = { memory_peak: "proc_sampled", memory_peak_bound: "proc_lower_bound" };
    expect(bounds("memory", run(figures, bound))).toEqual([5, 5, INFINITE]);
  });

  test("has no bound of a machine that counts nothing", () => {
    expect(bounds("processes", run({ processesMost: 5, forks: 0 }))).toEqual([5, 5, INFINITE]);
    expect(bounds("processes", run({ processesMost: 5, forks: 3 }))).toEqual([5, 5, INFINITE]);
    expect(bounds("cpu", run({ ...cpu(9), cpus: 1 }, { cpu: "wait4" }))).toEqual([9, 9, 9]);
  });
});

test.each([
  ["a group does not count", "proc_sampled_lower_bound", 300 * MIB, "grew by 300 MiB, for it or for others"],
  ["is less than what samples saw", "proc_sampled_lower_bound", 4 * MIB, "samples do not see"],
  ["the command's group would have counted", "cgroup2", 300 * MIB, "samples do not see"],
])(
  "shared memory of the machine that %s is a doubt, and never a figure",
  (_, source, machineSharedGrownBytes, reason) => {
    const figures = run({ memoryPeakBytes: 5 * MIB, machineSharedGrownBytes }, { memory: source, memory_peak: source });
    const finding = findingOf("memory", figures);
    expect(finding).toMatchObject({ value: 5 * MIB, lowest: 5 * MIB, highest: INFINITE });
    expect(finding.reason).toContain(reason);
  },
);

describe("a process that left the control group", () => {
  const group = { cpu: "cgroup2", memory_peak: "cgroup2", io: "cgroup2" };
  const figures = {
    ...cpu(0.01),
    memoryPeakBytes: MIB,
    memoryPeakWithCacheBytes: 2 * MIB,
    diskReadBytes: 5,
    hugePagesMostBytes: 0,
  };

  test.each<[string, Partial<RunFigures>]>([
    ["used more CPU time than the group counted", { commCpuSeconds: 3 }],
    ["is one more than the group ever had", { tasksPeak: 2, processesMost: 3 }],
    ["has one more thread", { tasksPeak: 2, threadsMost: 3 }],
  ])("%s: nothing of the group is exact or a bound", (_, seen) => {
    const left = run({ ...figures, ...seen }, group);
    for (const resource of ["memory", "memory-with-cache", "read"] as const) {
      expect(findingOf(resource, left).highest).toBe(INFINITE);
      expect(findingOf(resource, run(figures, group)).highest).toBeLessThan(INFINITE);
      expect(incomparable(resource, [left], [left])).toBe("some of its processes left its control group");
    }
  });

  test("was seen elsewhere: likewise, and the reason of CPU time by the group says so", () => {
    const sources = { cpu: "cgroup2_lower_bound", memory_peak: "proc_sampled_lower_bound", group: "proc_lower_bound" };
    const left = run({ ...figures, tasksPeak: 2, cpuBoundSeconds: 4 }, sources);
    for (const resource of ["memory", "memory-with-cache", "processes"] as const)
      expect(findingOf(resource, left).highest).toBe(INFINITE);
    expect(findingOf("memory-with-cache", left).reason).toBe("some of its processes left its control group");
    expect(findingOf("cpu", left)).toMatchObject({ value: 0.01, highest: expect.closeTo(4.09) });
    expect(findingOf("cpu", run({ ...figures }, sources)).reason).toBe("some of its processes left its control group");
  });
});

test.each([
  [0.04, undefined],
  [0.4, "a lower bound: processes that no one waited for, of it or of others, may have used more"],
])("CPU time that may be %p s more is not comparable: %p", (more, expected) => {
  const bound = run({ ...cpu(1), cpus: 2, cpuBoundSeconds: 1 + more }, { cpu: "wait4_lower_bound" });
  const exact = run({ ...cpu(1), cpus: 2 }, { cpu: "wait4" });
  expect(incomparable("cpu", [exact], [bound])).toBe(expected as never);
  expect(incomparable("cpu", [bound], [exact])).toBe(expected as never);
});

describe("runs of other machines", () => {
  const on = (figures: Partial<RunFigures>) => run({ ...cpu(1), memoryPeakBytes: MIB, ...figures }, { cpu: "wait4" });

  test.each<[Partial<RunFigures>, Partial<RunFigures>, string | undefined]>([
    [{ cpus: 2 }, { cpus: 8 }, "on machines of 2 CPUs of the base, 8 CPUs now"],
    [{ architecture: "x64" }, { architecture: "arm64" }, "on machines of x64 of the base, arm64 now"],
    [{ cpus: 2 }, {}, undefined],
    [{ cpus: 2, host: "a", kernel: "6.1" }, { cpus: 2, host: "b", kernel: "6.5" }, undefined],
  ])("%j and %j: time is not comparable: %p", (base, now, reason) => {
    for (const resource of ["wall", "cpu"] as const) {
      expect(incomparable(resource, [on(base)], [on(now)])).toBe(reason as never);
      expect(incomparable(resource, [on(base)], [on(base)])).toBeUndefined();
    }
    expect(incomparable("memory", [on(base)], [on(now)])).toBe(incomparable("memory", [on(base)], [on(base)]) as never);
  });

  test("one of several is enough", () => {
    const reason = "on machines of 2 and 8 CPUs of the base, 2 CPUs now";
    expect(incomparable("wall", [on({ cpus: 2 }), on({ cpus: 8 })], [on({ cpus: 2 })])).toBe(reason);
  });
});

describe("sources that contradict each other", () => {
  test("show the larger figure, and both in the reason", () => {
    const left = findingOf("cpu", run({ ...cpu(0.001), commCpuSeconds: 1 }, { cpu: "cgroup2" }));
    expect(left).toEqual({
      ...{
        value: 1,
        lowest: 1,
        highest: INFINITE,
        source: "wait4_lower_bound",
        settledBy: undefined,
        isContradicted: true,
      },
      reason: "its control group counted 1.00 ms, but its processes used 1.00 s",
    } satisfies Finding);
    const memory = { memoryPeakBytes: 300 * MIB, memoryPeakWithCacheBytes: MIB, hugePagesMostBytes: 0 };
    expect(findingOf("memory", run(memory, { memory_peak: "cgroup2" }))).toMatchObject({
      ...{ value: 300 * MIB, highest: INFINITE, isContradicted: true },
      reason: "its control group held at most 1 MiB, but samples saw 300 MiB",
    });
  });

  test("agree within what the kernel rounds", () => {
    const figures = run({ ...cpu(1), commCpuSeconds: 1.05 }, { cpu: "wait4" });
    expect(findingOf("cpu", figures)).toMatchObject({ value: 1, highest: 1, isContradicted: false });
  });
});

test("whatever the sources say, the figure is within its bounds, and no bound that stands is below another source", () => {
  const amount = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });
  const names = [
    ...(["cpuUserSeconds", "cpuSystemSeconds", "commCpuSeconds", "cpus", "memoryPeakBytes", "forks"] as const),
    ...(["memoryPeakBoundBytes", "memoryPeakWithCacheBytes", "memoryLargestProcessBytes", "tasksPeak"] as const),
    ...(["processesMost", "threadsMost", "diskReadBytes", "diskWriteBytes", "ioReadBytes", "ioWriteBytes"] as const),
  ];
  const source = fc.constantFrom(
    "wait4",
    "wait4_lower_bound",
    "proc_sampled",
    "cgroup1",
    "cgroup2_lower_bound",
    "proc",
  );
  const sources = fc.dictionary(fc.constantFrom("cpu", "memory_peak", "memory_peak_bound", "io"), source);
  const figures = fc.record(Object.fromEntries(names.map((name) => [name, amount])));
  fc.assert(
    fc.property(figures, sources, (made, named) => {
      const known = run(Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)), named);
      for (const resource of RESOURCES) {
        const { value, lowest, highest, reason } = findingOf(resource, known);
        expect(lowest).toBeLessThanOrEqual(highest);
        expect(lowest).toBe(value ?? 0);
        if (value !== undefined && highest > lowest) expect(reason).toBeDefined();
      }
      const peak = Math.max(known.memoryPeakBytes ?? 0, known.memoryLargestProcessBytes ?? 0);
      expect(memoryBoundBytes(known) ?? peak).toBeGreaterThanOrEqual(peak);
      const { highest } = findingOf("memory", known);
      expect(highest).toBeGreaterThanOrEqual(peak);
    }),
  );
});

test("a bound is never below the peak or the largest process", () => {
  expect(memoryBoundBytes(run({ memoryPeakBoundBytes: 1, memoryPeakBytes: 5 }))).toBe(5);
  expect(memoryBoundBytes(run({ memoryPeakBoundBytes: 1, memoryLargestProcessBytes: 7 }))).toBe(7);
  expect(memoryBoundBytes(run({ memoryPeakBytes: 5 }))).toBeUndefined();
});

describe("runs are not comparable", () => {
  const peak = (bytes: number, more: Partial<RunFigures> = {}) =>
    run({ memoryPeakBytes: bytes, intervalSeconds: 1, ...more }, { memory_peak: "proc_sampled" });

  test("where they were sampled at different intervals", () => {
    const [base, now] = [peak(5 * MIB), peak(9 * MIB, { intervalSeconds: 0.05 })];
    expect(incomparable("memory", [base], [now])).toBe("sampled every 1 s of the base, every 0.05 s now");
    expect(incomparable("wall", [base], [now])).toBeUndefined();
    expect(incomparable("memory", [base], [peak(9 * MIB)])).toBeUndefined();
  });

  test("where one process held more than the samples of all, more than its files", () => {
    const spike = peak(MIB / 4, { memoryLargestProcessBytes: 301 * MIB });
    const reason = "one process held 301 MiB, files included; samples saw 256 KiB";
    expect(incomparable("memory", [spike], [peak(MIB)])).toBe(reason);
    expect(incomparable("memory", [peak(MIB)], [spike])).toBe(reason);
    const files = peak(MIB, { memoryLargestProcessBytes: 60 * MIB, memoryFileMostBytes: 59 * MIB });
    expect(incomparable("memory", [files], [files])).toBeUndefined();
  });

  test("where the end of one is not recorded, or its sources contradict each other", () => {
    expect(incomparable("wall", [run({})], [run({ isUnfinished: true })])).toBe("the end of its run is not recorded");
    const left = run({ ...cpu(0.001), commCpuSeconds: 1 }, { cpu: "cgroup2" });
    expect(incomparable("cpu", [left], [left])).toContain("its control group counted 1.00 ms");
  });
});

test("whatever sources two runs have, the doubt names none as files do, and tells them apart", () => {
  const exact = ["wait4", "proc", "perf", "perf_unwatched", "proc_sampled", "cgroup1", "cgroup2", "cgroup2_sampled"];
  const sources = [...exact, ...exact.map((source) => `${source}_lower_bound`)];
  const resources = [
    ["cpu", "cpu", cpu(1)],
    ["memory", "memory_peak", { memoryPeakBytes: 9e6 }],
    ["memory-with-cache", "memory_peak", { memoryPeakWithCacheBytes: 9e6 }],
    ["read", "io", { diskReadBytes: 5 }],
    ["read-calls", "io", { ioReadBytes: 5 }],
    ["instructions", "instructions", { instructions: 5 }],
  ] as const;
  for (const [resource, named, figures] of resources)
    for (const old of sources)
      for (const now of sources) {
        const doubt = incomparable(resource, [run(figures, { [named]: old })], [run(figures, { [named]: now })]) ?? "";
        expect(doubt).not.toMatch(/_|wait4|cgroup|no source|undefined/);
        const [, before, after] = /^(.*) for the base, (.*) now$/.exec(doubt) ?? ["", "a", "b"];
        expect(before).not.toBe(after);
      }
  const unnamed = incomparable("read", [run({ diskReadBytes: 5 }, {})], [run({ diskReadBytes: 5 }, { io: "proc" })]);
  expect(unnamed).toBe("in an unknown way for the base, as the kernel counted it now");
});
