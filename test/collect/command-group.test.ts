import { describe, expect, test } from "bun:test";
import { sampleName } from "../../src/catalog/index.ts";
import { CommandGroupCollector } from "../../src/collect/cgroup/command.ts";
import { GroupFigures } from "../../src/collect/cgroup/figures.ts";
import { GroupFolders } from "../../src/collect/cgroup/folders.ts";
import { ForbiddenError } from "../../src/errors.ts";
import type { CgroupPlace } from "../../src/proc/cgroup-places.ts";
import { procTree } from "../helpers/proc-tree.ts";

const place = (version: 1 | 2, folder: string, ...controllers: string[]): CgroupPlace => ({
  ...{ version, controllers, folder, path: "/statexec-1-2", top: "/", isRoot: false },
});

const V2 = {
  "/u/cpu.stat":
    "usage_usec 3500000\nuser_usec 2000000\nsystem_usec 1500000\nnr_periods 9\nnr_throttled 4\nthrottled_usec 250000\n",
  "/u/memory.current": "900\n",
  "/u/memory.peak": "1000\n",
  "/u/memory.stat": "anon 100\nfile 250\nkernel 40\nsock 2\nshmem 50\n",
  "/u/memory.events": "oom 2\noom_kill 1\n",
  "/u/pids.current": "3\n",
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

const unified = new GroupFolders([place(2, "/u")]);
const old = new GroupFolders([place(1, "/a", "cpuacct"), place(1, "/m", "memory")]);

const MEMORY = {
  anonymousBytes: 100,
  fileBytes: 200,
  sharedBytes: 50,
  kernelBytes: 42,
  peakWithCacheBytes: 1000,
  oomKills: 1,
};

describe("the figures of a group", () => {
  test("of version 2", () => {
    const figures = new GroupFigures(procTree(V2), unified, "command");
    expect(figures).toMatchObject({ ...MEMORY, userSeconds: 2, systemSeconds: 1.5, tasks: 3 });
    expect(figures).toMatchObject({
      throttledSeconds: 0.25,
      throttledPeriods: 4,
      diskReadBytes: 512,
      diskWriteBytes: 1024,
    });
    expect(figures.cpuPressure).toMatchObject({ someSeconds: 1, fullSeconds: 0.5 });
    expect(figures.ioPressure.someSeconds).toBeNaN();
    expect(figures.sources).toEqual([
      ["cpu", "cgroup2"],
      ["memory", "cgroup2"],
      ["memory_peak", "cgroup2"],
      ["io", "cgroup2"],
    ]);
  });

  test("of version 1, which has no bytes of storage", () => {
    const figures = new GroupFigures(procTree(V1), old, "command");
    expect(figures).toMatchObject({ ...MEMORY, userSeconds: 1, systemSeconds: 2.5 });
    for (const value of [figures.diskReadBytes, figures.diskWriteBytes, figures.tasks, figures.throttledSeconds])
      expect(value).toBeNaN();
    expect(figures.sources).toEqual([
      ["cpu", "cgroup1"],
      ["memory", "cgroup1"],
      ["memory_peak", "cgroup1"],
    ]);
  });

  test("of version 1 add up to its exact CPU time, and neither part ever falls", () => {
    const proc = procTree(V1);
    const figures = new GroupFigures(proc, old, "command");
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
      figures.update();
      expect(figures.userSeconds + figures.systemSeconds).toBeCloseTo(total / 1e9, 9);
      expect(figures.userSeconds).toBeGreaterThanOrEqual(user);
      expect(figures.systemSeconds).toBeGreaterThanOrEqual(system - 1e-9);
      [user, system] = [figures.userSeconds, figures.systemSeconds];
    }
    expect(user / (user + system)).toBeCloseTo(ticks[0]! / (ticks[0]! + ticks[1]!), 2);
  });

  test("that were given up are nobody's", () => {
    const figures = new GroupFigures(procTree(V2), unified, "command");
    figures.giveUp();
    figures.update();
    for (const value of [figures.userSeconds, figures.anonymousBytes, figures.tasks, figures.cpuPressure.someSeconds])
      expect(value).toBeNaN();
    expect([figures.diskReadBytes, figures.oomKills]).toEqual([Number.NaN, Number.NaN]);
    expect(figures.sources).toEqual([]);
  });

  test("that are refused are absent, one by one, and told of", () => {
    const proc = procTree(V2);
    const figures = new GroupFigures(proc, unified, "command");
    proc.forbid("/u/memory.stat");
    figures.update();
    expect(() => figures.check()).toThrow(ForbiddenError);
    expect(figures.anonymousBytes).toBeNaN();
    expect(figures).toMatchObject({ userSeconds: 2, tasks: 3, peakWithCacheBytes: 1000 });
    proc.allow("/u/memory.stat");
    figures.update();
    expect(() => figures.check()).not.toThrow();
    expect(figures.anonymousBytes).toBe(100);
  });
});

test("the command's series are absent until it is about to start, and those alone that the group offers", () => {
  const collector = new CommandGroupCollector(new GroupFigures(procTree(V2), unified, "command"));
  const names = collector.describe().map((key) => [sampleName(key.metric), ...key.labels].join(" "));
  const row = new Float64Array(names.length);
  expect(collector.sample(row)).toBe(true);
  expect([...row].every(Number.isNaN)).toBe(true);
  collector.commandStarting();
  expect(collector.sample(row)).toBe(true);
  expect(Object.fromEntries(names.map((name, i) => [name, row[i]]))).toEqual({
    statexec_command_memory_kernel_bytes: 42,
    statexec_command_memory_peak_with_cache_bytes: 1000,
    statexec_command_throttled_seconds_total: 0.25,
    statexec_command_throttled_periods_total: 4,
    statexec_command_oom_kills_total: 1,
    "statexec_command_pressure_seconds_total cpu some": 1,
    "statexec_command_pressure_seconds_total cpu full": 0.5,
  });
});
