import { ForbiddenError } from "../../errors.ts";
import { isExiting } from "../../proc/pid-flags.ts";
import type { Processes } from "../../proc/processes.ts";
import { GroupMembers, type GroupPlace } from "../cgroup/group-members.ts";
import type { Descendant } from "./descendant-tracker.ts";
import type { FileDamage } from "./file-damage.ts";

/**
 * Looks for processes of the command's tree that have left its control group: each when it is new, since it begins where
 * its parent is, one more at each look in turn, and all at the end. One that lives and leaves between two looks is not
 * found by this.
 */
export class GroupLeavers {
  /** Some process was seen outside of the group. It never becomes false again. */
  haveLeft = false;
  private readonly members: GroupMembers;
  private turn = 0;

  constructor(
    private readonly processes: Processes,
    places: readonly GroupPlace[],
    private readonly damage: FileDamage,
  ) {
    this.members = new GroupMembers(places);
  }

  /** Takes the processes of now. Throws SystemError. */
  update(descendants: readonly Descendant[], atEnd: boolean): void {
    const { length } = descendants;
    const turn = this.turn++ % Math.max(1, length);
    for (let i = 0; i < length && !this.haveLeft; i++) {
      const descendant = descendants[i]!;
      if (atEnd || i === turn || !descendant.isGroupKnown) this.look(descendant);
    }
  }

  private look(descendant: Descendant): void {
    // Of a first thread that has ended, the kernel says no more.
    const { thread } = descendant.memory;
    try {
      const bytes = this.processes.read(thread, "cgroup");
      if (bytes === undefined) return;
      if (this.members.isMember(bytes, false)) descendant.isGroupKnown = true;
      else this.haveLeft = this.isOutside(thread, bytes.slice());
    } catch (error) {
      if (!(error instanceof ForbiddenError)) this.damage.note(error);
    }
  }

  /** It seems to be outside: unless it is about to end. The flag of that stays set, and so is read after the text. */
  private isOutside(thread: number, cgroup: Uint8Array): boolean {
    const stat = this.processes.read(thread, "stat");
    return !this.members.isMember(cgroup, stat === undefined || isExiting(stat));
  }
}
