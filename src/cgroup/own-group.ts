import type { CgroupPlace, GroupSite } from "../collect/cgroup/site.ts";
import { UsageError } from "../errors.ts";
import { SystemError } from "../os/files.ts";
import { type Launch, launchIn } from "../run/child.ts";
import { groupName, isInhabited, removeLeftovers } from "./folder.ts";
import { GroupV1 } from "./v1.ts";
import { GroupV2 } from "./v2.ts";

/** How long a group is waited for in the end, whose last process is gone but not quite. */
const WAITS_MS = [0, 1, 2, 4, 8, 16];

/** So often we look for threads of ours in the group; there are seldom any at all. */
const MOST_RECALLS = 10;

/** The command's own control group, in as many hierarchies as it takes; fresh, and gone with the run. */
export class OwnGroup {
  /** What it lacks, and why: said before the command starts. */
  readonly notices: readonly string[];
  /** Called where the command turns out not to be in it, or we ourselves to be: its figures are then nobody's. */
  onLost: (reason: string) => void = () => undefined;
  private readonly v1: readonly GroupV1[];
  private readonly v2: GroupV2 | undefined;

  constructor({ v1, v2, notices }: { v1: readonly GroupV1[]; v2: GroupV2 | undefined; notices: readonly string[] }) {
    this.v1 = v1;
    this.v2 = v2;
    this.notices = notices;
  }

  get places(): readonly CgroupPlace[] {
    return [...this.v1, ...(this.v2 ? [this.v2] : [])].map(({ place }) => place);
  }

  /** Starts the command in the group; where that turns out not to be possible after all, outside of it. */
  launching(plain: Launch, byRuntime: boolean): Launch {
    // The runtime makes a process in a version 2 group at once; else we have to go there ourselves.
    const launch = byRuntime ? launchIn(this.v2?.place.folder) : plain;
    const entered = [...this.v1, ...(this.v2 && !byRuntime ? [this.v2] : [])];
    return (path, argv, inherited) => {
      try {
        return this.within(entered, () => launch(path, argv, inherited));
      } catch (error) {
        // The command's own fault is met here once more.
        const child = plain(path, argv, inherited);
        this.onLost(reasonOf(error));
        return child;
      }
    };
  }

  /** False: processes of the command live on, and the group with them. A later run removes it. Throws SystemError. */
  async remove(): Promise<boolean> {
    for (const group of this.v1) group.close();
    for (const wait of WAITS_MS) {
      if (wait > 0) await Bun.sleep(wait);
      const left = [...this.v1, ...(this.v2 ? [this.v2] : [])].filter((group) => !group.remove());
      if (left.length === 0) return true;
      if (left.some(({ place }) => isInhabited(place.folder))) return false;
    }
    return false;
  }

  private within<T>(groups: readonly (GroupV1 | GroupV2)[], start: () => T): T {
    const entered: (GroupV1 | GroupV2)[] = [];
    try {
      for (const group of groups) {
        group.enter();
        entered.push(group);
      }
      return start();
    } finally {
      for (const group of entered) this.guard(() => group.leave());
      this.guard(() => {
        // A thread that is there may make another one until it is called back.
        for (let tries = 0; tries < MOST_RECALLS; tries++)
          if (entered.filter((group) => group instanceof GroupV1 && group.recall()).length === 0) break;
      });
    }
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.onLost(reasonOf(error));
    }
  }
}

/**
 * Makes it below the groups of a site, of which `named` was asked for by its folder: throws UsageError where that cannot
 * be used. Without a name it may come to no group at all, or one that lacks some figures; `notices` have the reason.
 */
export function makeOwnGroup(site: GroupSite, named: string | undefined): OwnGroup {
  const name = groupName();
  const faults: string[] = [];
  const attempt = <T>({ folder }: CgroupPlace, make: () => T): T[] => {
    try {
      removeLeftovers(folder);
      return [make()];
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      faults.push(error.message);
      return [];
    }
  };
  const above = site.parents.filter(({ version }) => version === 2);
  const [v2] = above.flatMap((parent) => attempt(parent, () => new GroupV2(parent, name, site)));
  const v1 = neededV1(site, v2 !== undefined).flatMap((parent) =>
    attempt(parent, () => new GroupV1(parent, name, site)),
  );
  if (v2?.lacking) faults.push(v2.lacking);
  if (v1.length === 0 && !v2) {
    if (named !== undefined) throw unusable(named, faults[0] ?? "its hierarchy has no figures");
    return noGroup(`${faults[0] ?? "none is to be seen here"}${advice(above)}`);
  }
  const notices =
    faults.length > 0 ? [`the command's control group lacks figures: ${faults.join("; ")}${advice(above)}`] : [];
  return new OwnGroup({ v1, v2, notices });
}

/** None in any hierarchy, and why. */
export function noGroup(why: string): OwnGroup {
  return new OwnGroup({ v1: [], v2: undefined, notices: [`no control group for the command: ${why}`] });
}

/** That a folder cannot have the command's group. */
export function unusable(folder: string, fault: string): UsageError {
  return new UsageError(
    `--cgroup (SE_CGROUP): "${folder}": ${fault}; name an empty control group of yours, or take auto`,
  );
}

/** The hierarchies of version 1 that have a figure which is not to be had otherwise. */
function neededV1({ parents, limits }: GroupSite, hasV2: boolean): readonly CgroupPlace[] {
  const times = hasV2 ? [] : ["cpuacct"];
  const quota = Number.isNaN(limits.cores) ? [] : ["cpu"];
  const wanted = ["memory", "pids", ...times, ...quota];
  return parents.filter(
    ({ version, controllers }) => version === 1 && wanted.some((name) => controllers.includes(name)),
  );
}

/** Where a service manager may have the machine's groups, it gives some of them away. */
function advice(above: readonly CgroupPlace[]): string {
  if (above.length === 0 || above[0]!.isRoot) return "";
  const user = process.getuid?.() === 0 ? "" : " --user";
  return `; under systemd this gives it one: systemd-run${user} --scope -p Delegate=yes -- statexec …`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
