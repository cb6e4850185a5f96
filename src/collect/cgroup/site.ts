import { type CgroupPlace, groupAt, ownGroups } from "../../proc/cgroup-places.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { limitedFolders } from "./folders.ts";
import { GroupLimits } from "./limits.ts";

export type { CgroupPlace } from "../../proc/cgroup-places.ts";
export type { ProcFs } from "../../proc/procfs.ts";

/** Where a group for the command can be made. */
export interface GroupSite {
  /** The group above it, in each hierarchy that counts. */
  readonly parents: readonly CgroupPlace[];
  /** The groups that we are in ourselves. */
  readonly own: readonly CgroupPlace[];
  /** What holds for the group above it. */
  readonly limits: GroupLimits;
}

/** Below our own groups. */
export function ownSite(proc: ProcFs): GroupSite {
  const own = ownGroups(proc);
  return { parents: own, own, limits: limitsOf(proc, own) };
}

/** Below the group of one hierarchy that is at a folder; undefined: there is none. */
export function siteAt(proc: ProcFs, folder: string): GroupSite | undefined {
  const parent = groupAt(proc, folder);
  return parent && { parents: [parent], own: ownGroups(proc), limits: limitsOf(proc, [parent]) };
}

function limitsOf(proc: ProcFs, parents: readonly CgroupPlace[]): GroupLimits {
  return new GroupLimits(proc, limitedFolders(parents));
}
