import type { CgroupPlace } from "../proc/cgroup-places.ts";

export type { CgroupPlace } from "../proc/cgroup-places.ts";

/** One group as it stands in all hierarchies: where the files of a controller are. */
export class GroupFolders {
  private readonly places: readonly CgroupPlace[];

  /** Roots are no groups: they are left out. */
  constructor(places: readonly CgroupPlace[]) {
    const groups = places.filter(({ isRoot }) => !isRoot);
    const controlled = groups.filter(({ version, controllers }) => version === 1 && isCounted(controllers));
    // Beside version 1 the other one may hold us in another group, one of our container's manager: that is not ours.
    this.places = groups.filter(
      ({ version, path }) => version === 1 || controlled.every((other) => other.path === path),
    );
  }

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

function isCounted(controllers: readonly string[]): boolean {
  return ["cpu", "cpuacct", "memory"].some((name) => controllers.includes(name));
}
