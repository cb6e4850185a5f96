import { type Cgroup, CgroupHierarchies } from "../collect/cgroup/cgroup-hierarchy.ts";
import { CgroupLimits } from "../collect/cgroup/cgroup-limits.ts";
import { CgroupStats } from "../collect/cgroup/cgroup-stats.ts";
import { CommandCgroupCollector } from "../collect/cgroup/command-cgroup.ts";
import { SystemError } from "../os/files.ts";
import type { ProcFs } from "../proc/procfs.ts";
import { hasProcesses } from "./cgroup-files.ts";
import { CgroupV1 } from "./cgroup-v1.ts";
import type { CgroupV2 } from "./cgroup-v2.ts";

/** Pauses between attempts to remove a cgroup: the kernel may take a moment to see that its last process has ended. */
const REMOVE_PAUSES_MS = [0, 1, 2, 4, 8, 16];

/** How often threads are moved back in a row: one that is still in the cgroup may make another. */
const MOST_MOVES_BACK = 10;

/** The command's own cgroup, in each hierarchy where that was possible. It is made for this run and removed after it. */
export class CommandCgroup {
  readonly stats: CgroupStats;
  readonly collector: CommandCgroupCollector;
  /** Why the statistics were given up, or the cgroup was left behind. */
  readonly failures = new Set<string>();
  private readonly all: readonly (CgroupV1 | CgroupV2)[];

  /** `warn` says something on stderr after the command has ended. */
  constructor(
    proc: ProcFs,
    private readonly v1: readonly CgroupV1[],
    private readonly v2: CgroupV2 | undefined,
    private readonly warn: (message: string) => void,
  ) {
    this.all = v2 ? [...v1, v2] : v1;
    const hierarchies = new CgroupHierarchies(this.cgroups);
    this.stats = new CgroupStats(proc, hierarchies, "command");
    this.collector = new CommandCgroupCollector(this.stats, () => new CgroupLimits(proc, hierarchies));
  }

  get cgroups(): readonly Cgroup[] {
    return this.all.map(({ cgroup }) => cgroup);
  }

  /**
   * Returns a launcher that starts the command in the cgroup, or by `launch` outside of it where that fails; the
   * statistics are then given up. `launchInto` makes a launcher that starts a process directly in a version 2 cgroup;
   * without it our own process enters that, too.
   */
  launcher<Words extends readonly unknown[], Child>(
    launch: (...words: Words) => Child,
    launchInto?: (folder: string) => (...words: Words) => Child,
  ): (...words: Words) => Child {
    const { v1, v2, all } = this;
    const isDirect = v2 !== undefined && launchInto !== undefined;
    const launchInside = isDirect ? launchInto(v2.cgroup.folder) : launch;
    const entered = isDirect ? v1 : all;
    return (...words) => {
      try {
        return this.inside(entered, () => launchInside(...words));
      } catch (error) {
        // A command that cannot be executed at all throws the same here, and the cgroup is not to blame.
        const child = launch(...words);
        this.giveUp(error);
        return child;
      }
    };
  }

  /** Removes the cgroup, unless processes of the command live on in it, and warns of all that failed. */
  async end(): Promise<void> {
    try {
      await this.remove();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.failures.add(`it could not be removed: ${error.message}`);
    }
    if (this.failures.size > 0) this.warn(`the command's control group failed: ${[...this.failures].join("; ")}`);
  }

  /** Removes the cgroup; where processes live on in it, a later run does. Throws SystemError. */
  private async remove(): Promise<void> {
    for (const group of this.v1) group.close();
    for (const pause of REMOVE_PAUSES_MS) {
      if (pause > 0) await Bun.sleep(pause);
      const left = this.all.filter((group) => !group.remove());
      if (left.length === 0) return;
      if (left.some(({ cgroup }) => hasProcesses(cgroup.folder))) return;
    }
  }

  /** Has our process in these cgroups while `start` runs. */
  private inside<T>(groups: readonly (CgroupV1 | CgroupV2)[], start: () => T): T {
    const entered: (CgroupV1 | CgroupV2)[] = [];
    try {
      for (const group of groups) {
        group.enter();
        entered.push(group);
      }
      return start();
    } finally {
      for (const group of entered) this.guard(() => group.leave());
      this.guard(() => this.moveThreadsBack(entered));
    }
  }

  /** Moves back threads of ours that were made while our process was inside. */
  private moveThreadsBack(entered: readonly (CgroupV1 | CgroupV2)[]): void {
    const groups = entered.filter((group) => group instanceof CgroupV1);
    for (let move = 0; move < MOST_MOVES_BACK; move++) {
      let moved = false;
      for (const group of groups) if (group.moveThreadsBack()) moved = true;
      if (!moved) return;
    }
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** The command is not in the cgroup, or we are: what the statistics count is not the command's. */
  private giveUp(error: unknown): void {
    this.stats.giveUp();
    this.failures.add(error instanceof Error ? error.message : String(error));
  }
}
