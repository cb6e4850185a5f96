import { describe, expect, test } from "bun:test";
import { ContainerCollector } from "../../src/collect/container.ts";
import type { ProcFs } from "../../src/proc/procfs.ts";
import { procTree } from "../helpers/proc-tree.ts";
import { describedBy, GROUP, sampled, tree } from "./group-rows.ts";

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
