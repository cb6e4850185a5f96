import { type CgroupPlace, ownGroups } from "../../proc/cgroup-places.ts";
import type { ProcFs } from "../../proc/procfs.ts";

/** One group as it stands in all hierarchies: where the files of a controller are. */
export class GroupFolders {
  constructor(private readonly places: readonly CgroupPlace[]) {}

  get none(): boolean {
    return this.places.length === 0;
  }

  /** The place in version 2. */
  get unified(): CgroupPlace | undefined {
    return this.places.find(({ version }) => version === 2);
  }

  /** The place in the hierarchy of this controller, by version 1 where it is there, else in version 2. */
  of(controller: string): CgroupPlace | undefined {
    return (
      this.places.find(({ version, controllers }) => version === 1 && controllers.includes(controller)) ?? this.unified
    );
  }
}

/** What figures and limits of a group are read of. */
const CONTROLLERS = ["cpu", "cpuacct", "memory", "pids"];

/** The group that we are in. */
export function ownFolders(proc: ProcFs): GroupFolders {
  return limitedFolders(ownGroups(proc, CONTROLLERS));
}

/** Without roots, which are no groups: they have neither limits nor figures of their own. */
export function limitedFolders(places: readonly CgroupPlace[]): GroupFolders {
  const groups = places.filter(({ isRoot }) => !isRoot);
  const counted = groups.filter(({ version, controllers }) => version === 1 && isCounted(controllers));
  // Beside version 1 the other one may hold us in another group, one of our container's manager: that is not ours.
  return new GroupFolders(
    groups.filter(({ version, path }) => version === 1 || counted.every((other) => other.path === path)),
  );
}

function isCounted(controllers: readonly string[]): boolean {
  return ["cpu", "cpuacct", "memory"].some((name) => controllers.includes(name));
}
