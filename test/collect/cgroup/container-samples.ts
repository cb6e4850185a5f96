import { expect } from "bun:test";
import { sampleName } from "../../../src/catalog/index.ts";
import type { ContainerCollector } from "../../../src/collect/cgroup/container-cgroup.ts";
import { procTree } from "../../helpers/proc-tree.ts";

/** The cgroup of `containerTree()`. */
export const CGROUP = "/sys/fs/cgroup/a/b";

/** A scripted machine on which statexec runs in a cgroup of version 2, with a memory limit above it. */
export const containerTree = () =>
  procTree({
    "/proc/self/cgroup": "0::/a/b\n",
    "/proc/self/mountinfo": "35 24 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    "/sys/fs/cgroup/cgroup.procs": "",
    "/sys/fs/cgroup/a/memory.max": "4096\n",
    [`${CGROUP}/cgroup.events`]: "populated 1\n",
    [`${CGROUP}/cpu.stat`]: "usage_usec 3\nuser_usec 2\nsystem_usec 1\n",
    [`${CGROUP}/memory.max`]: "max\n",
    [`${CGROUP}/memory.current`]: "1024\n",
    [`${CGROUP}/pids.current`]: "3\n",
  });

/** Takes a sample, by series without the common beginning of their names. */
export function sampled(collector: ContainerCollector): Record<string, number> {
  const names = describedBy(collector);
  const row = new Float64Array(names.length).fill(-1);
  expect(collector.sample(row)).toBe(true);
  return Object.fromEntries(names.map((name, i) => [name, row[i]!]));
}

export function describedBy(collector: ContainerCollector): string[] {
  const short = (key: ReturnType<ContainerCollector["describe"]>[number]) =>
    [sampleName(key.metric).replace(/^statexec_container_/, ""), ...key.labels].join(" ");
  return collector.describe().map(short);
}
