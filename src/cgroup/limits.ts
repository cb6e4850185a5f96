import type { GroupSite } from "../collect/cgroup/site.ts";
import { fileStatus } from "../os/files.ts";
import { tell } from "./folder.ts";

type Limits = GroupSite["limits"];

/**
 * Gives a fresh group the limits that hold above it anyway: a program that reads its own from its group's files, as
 * runtimes do to choose their heap and threads, finds the same as without a group. Throws SystemError.
 */
export function repeatLimits(folder: string, version: 1 | 2, limits: Limits): void {
  for (const [file, text] of version === 1 ? ofV1(limits) : ofV2(limits)) {
    const path = `${folder}/${file}`;
    // What this hierarchy does not control has no file.
    if (text !== undefined && fileStatus(path)) tell(path, text);
  }
}

type File = readonly [file: string, text: string | undefined];

function ofV1({ memoryBytes, swapBytes, tasks, quotaMicroseconds, periodMicroseconds }: Limits): File[] {
  return [
    ["memory.limit_in_bytes", whole(memoryBytes)],
    ["memory.memsw.limit_in_bytes", whole(memoryBytes + swapBytes)],
    ["pids.max", whole(tasks)],
    ["cpu.cfs_period_us", whole(periodMicroseconds)],
    ["cpu.cfs_quota_us", whole(quotaMicroseconds)],
  ];
}

function ofV2({ memoryBytes, swapBytes, tasks, quotaMicroseconds, periodMicroseconds }: Limits): File[] {
  const quota = whole(quotaMicroseconds);
  return [
    ["memory.max", whole(memoryBytes)],
    ["memory.swap.max", whole(swapBytes)],
    ["pids.max", whole(tasks)],
    ["cpu.max", quota && `${quota} ${whole(periodMicroseconds)}`],
  ];
}

/** Undefined: there is no limit. */
function whole(limit: number): string | undefined {
  return Number.isNaN(limit) ? undefined : String(limit);
}
