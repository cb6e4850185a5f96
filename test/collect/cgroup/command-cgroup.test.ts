import { describe, expect, test } from "bun:test";
import { sampleName } from "../../../src/catalog/index.ts";
import { type Cgroup, CgroupHierarchies } from "../../../src/collect/cgroup/cgroup-hierarchy.ts";
import { CgroupStats } from "../../../src/collect/cgroup/cgroup-stats.ts";
import { CommandCgroupCollector } from "../../../src/collect/cgroup/command-cgroup.ts";
import { ForbiddenError } from "../../../src/errors.ts";
import { procTree } from "../../helpers/proc-tree.ts";

const cgroup = (version: 1 | 2, folder: string, ...controllers: string[]): Cgroup => ({
  ...{ version, controllers, folder, path: "/statexec-1-2", mountPoint: "/", isRoot: false },
});

const V2 = {
  "/u/cpu.stat":
    "usage_usec 3500000\nuser_usec 2000000\nsystem_usec 1500000\nnr_periods 9\nnr_throttled 4\nthrottled_usec 250000\n",
  "/u/memory.current": "900\n",
  "/u/memory.peak": "1000\n",
  "/u/memory.stat": "anon 100\nfile 250\nkernel 40\nsock 2\nshmem 50\n",
  "/u/memory.events": "oom 2\noom_kill 1\n",
  "/u/pids.current": "3\n",
  "/u/pids.peak": "5\n",
  "/u/io.stat": "8:0 rbytes=512 wbytes=1024 rios=1 wios=1\n",
  "/u/cpu.pressure": "some avg10=0.00 total=1000000\nfull avg10=0.00 total=500000\n",
};

const V1 = {
  "/a/cpuacct.usage": "3500000000\n",
  "/a/cpuacct.stat": "user 100\nsystem 250\n",
  "/m/memory.usage_in_bytes": "900\n",
  "/m/memory.max_usage_in_bytes": "1000\n",
  "/m/memory.memsw.usage_in_bytes": "1100\n",
  "/m/memory.kmem.usage_in_bytes": "40\n",
  "/m/memory.kmem.tcp.usage_in_bytes": "2\n",
  "/m/memory.stat": "cache 1\nrss 1\ntotal_cache 250\ntotal_rss 100\ntotal_shmem 50\n",
  "/m/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
};

const unified = new CgroupHierarchies([cgroup(2, "/u")]);
const old = new CgroupHierarchies([cgroup(1, "/a", "cpuacct"), cgroup(1, "/m", "memory")]);

const NO_LIMITS = () => ({ cores: Number.NaN, hasCpu: false });

const MEMORY = {
  anonymousBytes: 100,
  fileBytes: 200,
  sharedBytes: 50,
  kernelBytes: 42,
  memory: { peakBytes: 1000, oomKills: 1 },
};

describe("the statistics of a cgroup", () => {
  test("of version 2", () => {
    const stats = new CgroupStats(procTree(V2), unified, "command");
    expect(stats).toMatchObject({ ...MEMORY, userSeconds: 2, systemSeconds: 1.5, tasks: 3, tasksPeak: 5 });
    expect(stats).toMatchObject({
      cpu: { quota: { throttledSeconds: 0.25, throttledPeriods: 4 } },
      diskReadBytes: 512,
      diskWriteBytes: 1024,
    });
    expect(stats.pressure.cpu).toMatchObject({ someSeconds: 1, fullSeconds: 0.5 });
    expect(stats.pressure.io.someSeconds).toBeNaN();
    expect(stats.sources).toEqual([
      ["cpu", "cgroup2"],
      ["memory", "cgroup2"],
      ["memory_peak", "cgroup2"],
      ["io", "cgroup2"],
    ]);
  });

  test("of version 1, which has no bytes of storage", () => {
    const stats = new CgroupStats(procTree(V1), old, "command");
    expect(stats).toMatchObject({ ...MEMORY, userSeconds: 1, systemSeconds: 2.5 });
    for (const value of [stats.diskReadBytes, stats.diskWriteBytes, stats.tasks, stats.cpu.quota.throttledSeconds])
      expect(value).toBeNaN();
    expect(stats.sources).toEqual([
      ["cpu", "cgroup1"],
      ["memory", "cgroup1"],
      ["memory_peak", "cgroup1"],
    ]);
  });

  test("of version 1 add up to its exact CPU time, and neither time ever falls", () => {
    const proc = procTree(V1);
    const stats = new CgroupStats(proc, old, "command");
    let [user, system] = [0, 0];
    let total = 0;
    let seed = 7;
    const random = (most: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % most;
    };
    let ticks = [100, 250];
    total = 3_500_000_000;
    for (let i = 0; i < 500; i++) {
      total += random(40_000_000);
      ticks = [ticks[0]! + random(3), ticks[1]! + random(3)];
      proc.set("/a/cpuacct.usage", `${total}\n`).set("/a/cpuacct.stat", `user ${ticks[0]}\nsystem ${ticks[1]}\n`);
      stats.refresh();
      expect(stats.userSeconds + stats.systemSeconds).toBeCloseTo(total / 1e9, 9);
      expect(stats.userSeconds).toBeGreaterThanOrEqual(user);
      expect(stats.systemSeconds).toBeGreaterThanOrEqual(system - 1e-9);
      [user, system] = [stats.userSeconds, stats.systemSeconds];
    }
    expect(user / (user + system)).toBeCloseTo(ticks[0]! / (ticks[0]! + ticks[1]!), 2);
  });

  test("that were given up have no value", () => {
    const stats = new CgroupStats(procTree(V2), unified, "command");
    stats.giveUp();
    stats.refresh();
    for (const value of [stats.userSeconds, stats.anonymousBytes, stats.tasks, stats.pressure.cpu.someSeconds])
      expect(value).toBeNaN();
    expect([stats.diskReadBytes, stats.memory.oomKills]).toEqual([Number.NaN, Number.NaN]);
    expect(stats.sources).toEqual([]);
  });

  test("that are refused have no value, one by one, and are reported", () => {
    const proc = procTree(V2);
    const stats = new CgroupStats(proc, unified, "command");
    proc.forbid("/u/memory.stat");
    stats.refresh();
    expect(() => stats.check()).toThrow(ForbiddenError);
    expect(stats.anonymousBytes).toBeNaN();
    expect(stats).toMatchObject({ userSeconds: 2, tasks: 3, memory: { peakBytes: 1000 } });
    proc.allow("/u/memory.stat");
    stats.refresh();
    expect(() => stats.check()).not.toThrow();
    expect(stats.anonymousBytes).toBe(100);
  });
});

test("the command's series have values from its start on, and only those that its cgroup offers", () => {
  const collector = new CommandCgroupCollector(new CgroupStats(procTree(V2), unified, "command"), NO_LIMITS);
  const names = collector.describe().map((key) => [sampleName(key.metric), ...key.labels].join(" "));
  const row = new Float64Array(names.length);
  expect(collector.sample(row)).toBe(true);
  expect([...row].every(Number.isNaN)).toBe(true);
  collector.commandStarting();
  expect(collector.sample(row)).toBe(true);
  // Read after the start, of a group that was empty at it.
  expect([...row].every((value) => value === 0)).toBe(true);
  expect(collector.sample(row)).toBe(true);
  expect(Object.fromEntries(names.map((name, i) => [name, row[i]]))).toEqual({
    statexec_command_memory_kernel_bytes: 42,
    statexec_command_memory_peak_with_cache_bytes: 1000,
    statexec_command_tasks_peak: 5,
    statexec_command_throttled_seconds_total: 0.25,
    statexec_command_throttled_periods_total: 4,
    statexec_command_oom_kills_total: 1,
    "statexec_command_pressure_seconds_total cpu some": 1,
    "statexec_command_pressure_seconds_total cpu full": 0.5,
  });
});

test("a series that appears has the command's files read once for that sample", () => {
  const proc = procTree(V2).forbid("/u/memory.peak");
  const collector = new CommandCgroupCollector(new CgroupStats(proc, unified, "command"), NO_LIMITS);
  const count = collector.describe().length;
  const sample = () => collector.sample(new Float64Array(count + 1));
  collector.commandStarting();
  expect(sample).toThrow(ForbiddenError);
  proc.allow("/u/memory.peak");
  const reads = proc.readsOf("/u/memory.peak");
  expect(sample()).toBe(false);
  expect(collector.describe()).toHaveLength(count + 1);
  expect(sample()).toBe(true);
  expect(proc.readsOf("/u/memory.peak")).toBe(reads + 1);
});

test.each([
  [{ cores: 1.5, hasCpu: true }, [["cpus_quota", "1.5"]]],
  // No quota, whatever the group of statexec has.
  [{ cores: Number.NaN, hasCpu: true }, [["cpus_quota", "max"]]],
  // The command is in our own group of that hierarchy.
  [{ cores: Number.NaN, hasCpu: false }, []],
])("of %p the fact is %p", (limits, facts) => {
  const stats = new CgroupStats(procTree(V2), unified, "command");
  const collector = new CommandCgroupCollector(stats, () => limits);
  expect(collector.facts()).toEqual(facts as never);
  stats.giveUp();
  expect(collector.facts()).toEqual([]);
});
