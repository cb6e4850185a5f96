import { describe, expect, test } from "bun:test";
import { ContainerCollector } from "../../src/collect/cgroup/container.ts";
import { ForbiddenError, ParseError } from "../../src/errors.ts";
import type { ProcFs } from "../../src/proc/procfs.ts";
import { procTree } from "../helpers/proc-tree.ts";
import { describedBy, sampled } from "./groups.ts";

const GROUP = "/sys/fs/cgroup/a/b";
const tree = () =>
  procTree({
    "/proc/self/cgroup": "0::/a/b\n",
    "/proc/self/mountinfo": "35 24 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    "/sys/fs/cgroup/cgroup.procs": "",
    "/sys/fs/cgroup/a/memory.max": "4096\n",
    [`${GROUP}/cgroup.events`]: "populated 1\n",
    [`${GROUP}/cpu.stat`]: "usage_usec 3\nuser_usec 2\nsystem_usec 1\n",
    [`${GROUP}/memory.max`]: "max\n",
    [`${GROUP}/memory.current`]: "1024\n",
    [`${GROUP}/pids.current`]: "3\n",
  });

describe("a file of the group", () => {
  const values = (proc: ProcFs, change: () => void): [Record<string, number>, unknown] => {
    const collector = new ContainerCollector(proc);
    const names = describedBy(collector);
    const row = new Float64Array(names.length);
    collector.sample(row); // the one that goes with the description
    row.fill(Number.NaN);
    change();
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
    expect(thrownBy(() => collector.sample(new Float64Array(9)))).toBeInstanceOf(ForbiddenError);
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

describe("the place of the group", () => {
  const described = (proc: ProcFs) => describedBy(new ContainerCollector(proc));

  test("that is the root of all groups has nothing to say", () => {
    expect(described(tree().set("/proc/self/cgroup", "0::/\n"))).toEqual([]);
    const v1 = {
      "/proc/self/cgroup": "3:memory:/\n",
      "/proc/self/mountinfo": "1 1 0:1 / /m rw - cgroup cgroup rw,memory\n",
    };
    expect(described(procTree({ ...v1, "/m/memory.usage_in_bytes": "1\n", "/m/release_agent": "" }))).toEqual([]);
    expect(described(procTree({ ...v1, "/m/memory.usage_in_bytes": "1\n" }))).toEqual(["memory_used_bytes"]);
  });

  test.each([
    ["no /proc/self/cgroup", "/proc/self/cgroup"],
    ["no mounts", "/proc/self/mountinfo"],
    ["no folder", GROUP],
  ])("%s: no series", (_, path) => {
    expect(described(tree().remove(path))).toEqual([]);
    expect(described(tree().forbid(path)).filter((name) => name !== "memory_limit_bytes")).toEqual([]);
  });

  test("that is above what can be seen is none", () => {
    expect(described(tree().set("/proc/self/cgroup", "0::/../other\n"))).toEqual([]);
    const bound = "35 24 0:29 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    expect(described(tree().set("/proc/self/cgroup", "0::/ab/b\n").set("/proc/self/mountinfo", bound))).toEqual([]);
  });

  test("in version 2 of another group than version 1's is not ours", () => {
    const v1 = "3:memory:/docker/c\n0::/a/b\n";
    const mounts = "1 1 0:1 /docker/c /m rw - cgroup cgroup rw,memory\n35 24 0:29 / /sys/fs/cgroup rw - cgroup2 c rw\n";
    const proc = tree()
      .set("/proc/self/cgroup", v1)
      .set("/proc/self/mountinfo", mounts)
      .set("/m/memory.usage_in_bytes", "7\n");
    expect(described(proc)).toEqual(["memory_used_bytes"]);
  });

  test("is found through names with spaces, and through the mount that shows most", () => {
    const mounts =
      "1 1 0:29 /a\\040x /one\\040 rw - cgroup2 c rw\n2 1 0:29 / /all rw - cgroup2 c rw\n3 1 0:29 / /gone rw - cgroup2 c rw\n";
    const files = { "/all/a x/pids.max": "5\n", "/all/a x/b/pids.max": "9\n", "/one /b/pids.max": "9\n" };
    const events = { "/all/a x/b/cgroup.events": "", "/one /b/cgroup.events": "" };
    const proc = procTree({ ...files, ...events, "/proc/self/cgroup": "0::/a x/b\n", "/proc/self/mountinfo": mounts });
    expect(sampled(new ContainerCollector(proc))).toEqual({ tasks_limit: 5 });
    proc.remove("/all");
    expect(sampled(new ContainerCollector(proc))).toEqual({ tasks_limit: 9 });
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
