import { describe, expect, test } from "bun:test";
import { cgroupAt } from "../../../src/collect/cgroup/cgroup-hierarchy.ts";
import { ContainerCollector } from "../../../src/collect/cgroup/container-cgroup.ts";
import { kernelFs } from "../../../src/proc/kernel-fs.ts";
import type { ProcFs } from "../../../src/proc/procfs.ts";
import { procTree, recordedTree } from "../../helpers/proc-tree.ts";
import { CGROUP, containerTree, describedBy, sampled } from "./container-samples.ts";

describe("the cgroup that statexec runs in", () => {
  const described = (proc: ProcFs) => describedBy(new ContainerCollector(proc));

  test("has no series where it is the root", () => {
    expect(described(containerTree().set("/proc/self/cgroup", "0::/\n"))).toEqual([]);
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
    ["no folder", CGROUP],
  ])("has no series with %s", (_, path) => {
    expect(described(containerTree().remove(path))).toEqual([]);
    expect(described(containerTree().forbid(path)).filter((name) => name !== "memory_limit_bytes")).toEqual([]);
  });

  test("has no series where it is above all that can be seen", () => {
    expect(described(containerTree().set("/proc/self/cgroup", "0::/../other\n"))).toEqual([]);
    const bound = "35 24 0:29 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    expect(
      described(containerTree().set("/proc/self/cgroup", "0::/ab/b\n").set("/proc/self/mountinfo", bound)),
    ).toEqual([]);
  });

  test("is not another one that version 2 has us in beside version 1", () => {
    const v1 = "3:memory:/docker/c\n0::/a/b\n";
    const mounts = "1 1 0:1 /docker/c /m rw - cgroup cgroup rw,memory\n35 24 0:29 / /sys/fs/cgroup rw - cgroup2 c rw\n";
    const proc = containerTree()
      .set("/proc/self/cgroup", v1)
      .set("/proc/self/mountinfo", mounts)
      .set("/m/memory.usage_in_bytes", "7\n");
    expect(described(proc)).toEqual(["memory_used_bytes"]);
  });

  test("is found through names with spaces, and through the mount that shows the most of the hierarchy", () => {
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

test("a folder is a cgroup of the nearest mount", () => {
  const proc = kernelFs(recordedTree("6.18-vm"));
  expect(cgroupAt(proc, "/sys/fs/cgroup/memory/batch")).toMatchObject({ version: 1, path: "/batch", isRoot: false });
  expect(cgroupAt(proc, "/sys/fs/cgroup/unified")).toMatchObject({ version: 2, path: "/", isRoot: true });
  expect(cgroupAt(proc, "/sys/fs/cgroup/memory/none")).toBeUndefined();
  expect(cgroupAt(proc, "/proc")).toBeUndefined();
  proc.close();
});
