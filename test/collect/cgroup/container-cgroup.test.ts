import { describe, expect, test } from "bun:test";
import { ContainerCollector } from "../../../src/collect/cgroup/container-cgroup.ts";
import { ForbiddenError, ParseError } from "../../../src/errors.ts";
import type { ProcFs } from "../../../src/proc/procfs.ts";
import { CGROUP, containerTree, describedBy, sampled } from "./container-samples.ts";

describe("a file of the container's cgroup", () => {
  const values = (proc: ProcFs, change: () => void): [Record<string, number>, unknown] => {
    const collector = new ContainerCollector(proc);
    const names = describedBy(collector);
    const row = new Float64Array(names.length);
    collector.sample(row); // Uses what describing it has read.
    row.fill(Number.NaN);
    change();
    const failure = thrownBy(() => collector.sample(row));
    return [Object.fromEntries(names.map((name, i) => [name, row[i]!])), failure];
  };

  test.each([
    ["forbidden", ForbiddenError, (proc: ReturnType<typeof containerTree>) => proc.forbid(`${CGROUP}/memory.current`)],
    [
      "malformed",
      ParseError,
      (proc: ReturnType<typeof containerTree>) => proc.set(`${CGROUP}/memory.current`, "lots\n"),
    ],
  ])("that is %s costs its own value, and is reported", (_, error, spoil) => {
    const proc = containerTree();
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

  test("that goes away has no value, and is no failure", () => {
    const proc = containerTree();
    const [row, failure] = values(proc, () => proc.remove(`${CGROUP}/pids.current`));
    expect(failure).toBeUndefined();
    expect(row.tasks).toBeNaN();
  });

  test("that was refused at first is described once it can be read", () => {
    const proc = containerTree().forbid(`${CGROUP}/memory.current`);
    const collector = new ContainerCollector(proc);
    expect(describedBy(collector)).not.toContain("memory_used_bytes");
    expect(thrownBy(() => collector.sample(new Float64Array(9)))).toBeInstanceOf(ForbiddenError);
    proc.allow(`${CGROUP}/memory.current`);
    expect(collector.sample(new Float64Array(9))).toBe(false);
    expect(sampled(collector).memory_used_bytes).toBe(1024);
  });

  test("with a limit that changes is read within ten samples", () => {
    const proc = containerTree();
    const collector = new ContainerCollector(proc);
    expect(sampled(collector).memory_limit_bytes).toBe(4096);
    proc.set(`${CGROUP}/memory.max`, "2048\n").set("/sys/fs/cgroup/a/memory.max", "max\n");
    for (let i = 0; i < 10; i++) sampled(collector);
    expect(sampled(collector).memory_limit_bytes).toBe(2048);
    proc.set(`${CGROUP}/memory.max`, "max\n");
    for (let i = 0; i < 10; i++) sampled(collector);
    expect(sampled(collector).memory_limit_bytes).toBeNaN();
  });

  test("is read once a sample, those of limits at every tenth, also when a series appears", () => {
    const proc = containerTree().forbid(`${CGROUP}/memory.current`);
    const collector = new ContainerCollector(proc);
    const readsBySample: [current: number, limit: number][] = [];
    const sample = () => collector.sample(new Float64Array(9));
    collector.describe();
    for (let i = 0; i <= 20; i++) {
      if (i === 5) proc.allow(`${CGROUP}/memory.current`);
      if (i < 5) expect(sample).toThrow(ForbiddenError);
      else if (!sample()) {
        collector.describe();
        expect(sample()).toBe(true);
      }
      readsBySample.push([proc.readsOf(`${CGROUP}/memory.current`), proc.readsOf(`${CGROUP}/memory.max`)]);
    }
    expect(readsBySample).toEqual(readsBySample.map((_, i) => [i + 1, 1 + Math.floor(i / 10)]));
  });
});

test.each([
  ["50000 100000", "max 100000", [["cpus_quota", "0.5"]]],
  ["300000 100000", "150000 100000", [["cpus_quota", "1.5"]]],
  ["max 100000", "max 100000", []],
])("the CPU quota of its group, %p, and of one above it, %p, is the fact %p", (own, above, facts) => {
  const proc = containerTree().set(`${CGROUP}/cpu.max`, `${own}\n`).set("/sys/fs/cgroup/a/cpu.max", `${above}\n`);
  const collector = new ContainerCollector(proc);
  collector.describe();
  expect(collector.facts()).toEqual(facts as never);
});

test.each([
  ["-1", "250000", [["cpus_quota", "2.5"]]],
  ["80000", "-1", [["cpus_quota", "0.8"]]],
])("the same in version 1: %p, and above it %p", (own, above, facts) => {
  const cpu = "/sys/fs/cgroup/cpu/a/b";
  const proc = containerTree()
    .set("/proc/self/cgroup", "1:cpu:/a/b\n")
    .set("/proc/self/mountinfo", "35 24 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
  proc.set(`${cpu}/cpu.cfs_quota_us`, `${own}\n`).set(`${cpu}/cpu.cfs_period_us`, "100000\n");
  proc.set("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", `${above}\n`);
  proc.set("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  const collector = new ContainerCollector(proc);
  collector.describe();
  expect(collector.facts()).toEqual(facts as never);
});

test.each([
  ["35 24 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", []],
  // A container sees its own group as the highest.
  ["35 24 0:29 /a/b /sys/fs/cgroup/a/b rw - cgroup2 cgroup2 rw", [["container_is_closed", "yes"]]],
])("seen through the mount %p, the facts are %p", (mount, facts) => {
  const collector = new ContainerCollector(containerTree().set("/proc/self/mountinfo", `${mount}\n`));
  collector.describe();
  expect(collector.facts()).toEqual(facts as never);
});

test("before it was described, and without a group, there is no fact", () => {
  expect(new ContainerCollector(containerTree()).facts()).toEqual([]);
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
