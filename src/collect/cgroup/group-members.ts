import { parseCgroupMemberships } from "../../proc/cgroup.ts";
import type { Cgroup } from "./cgroup-hierarchy.ts";

/** A group in one hierarchy, as the cgroup file of its members has it. */
export type GroupPlace = Pick<Cgroup, "version" | "controllers" | "path">;

/** Tells the members of a control group, and of those below it, from other processes: `proc_pid_cgroup(5)`. */
export class GroupMembers {
  /** The text of the member that was last asked for: most members have the same. */
  private known = new Uint8Array(0);

  constructor(private readonly places: readonly GroupPlace[]) {}

  /**
   * By the text of a process' cgroup file. `isExiting`: the process is ending, and the kernel has it in the root of each
   * hierarchy of version 1 by now, which says nothing. Throws ParseError.
   */
  isMember(bytes: Uint8Array, isExiting: boolean): boolean {
    if (isSame(bytes, this.known)) return true;
    const memberships = parseCgroupMemberships(bytes);
    for (const { version, controllers, path } of this.places) {
      if (isExiting && version === 1) continue;
      const one = memberships.find(
        (each) => each.version === version && each.controllers.join() === controllers.join(),
      );
      if (one && !isAtOrBelow(one.path, path)) return false;
    }
    if (!isExiting) this.known = bytes.slice();
    return true;
  }
}

/** A group that was removed has ` (deleted)` after its path. */
function isAtOrBelow(path: string, group: string): boolean {
  return path === group || path.startsWith(`${group}/`) || path.startsWith(`${group} (deleted)`);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
