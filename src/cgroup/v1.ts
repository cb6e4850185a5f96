import type { CgroupPlace, GroupSite } from "../collect/cgroup/site.ts";
import { closeFile, fileStatus, makeFolder, O_WRONLY, openFile, writeAll } from "../os/files.ts";
import { removeGroup, tell, wordsOf } from "./folder.ts";
import { repeatLimits } from "./limits.ts";

/** The thread that writes it. Told by its number it would be waited for longer: a whole grace period of the kernel. */
const MYSELF = new TextEncoder().encode("0");

/**
 * A group of the command's in a hierarchy of version 1. There a single thread can be moved, and a new process is where
 * the thread is that made it: ours goes in for as long as starting the command takes.
 */
export class GroupV1 {
  readonly place: CgroupPlace;
  private readonly home: string;
  private readonly entrance: number;
  private readonly exit: number;

  /** Makes it below `parent`, and tries the way in and back. Throws SystemError, and then leaves nothing behind. */
  constructor(parent: CgroupPlace, name: string, { own, limits }: GroupSite) {
    const home = own.find(
      (place) => place.version === 1 && place.controllers.every((c) => parent.controllers.includes(c)),
    );
    const folder = `${parent.folder}/${name}`;
    this.place = { ...parent, folder, path: `${parent.path}/${name}`, isRoot: false };
    this.home = `${(home ?? parent).folder}/tasks`;
    makeFolder(folder);
    try {
      repeatLimits(folder, 1, limits);
      this.exit = openFile(this.home, O_WRONLY);
      this.entrance = openFile(`${folder}/tasks`, O_WRONLY);
      this.enter();
      this.leave();
    } catch (error) {
      removeGroup(folder);
      throw error;
    }
  }

  /** The calling thread goes in. Throws SystemError. */
  enter(): void {
    writeAll(this.entrance, MYSELF, `${this.place.folder}/tasks`);
  }

  /** It goes back to where it was. Throws SystemError. */
  leave(): void {
    writeAll(this.exit, MYSELF, this.home);
  }

  /** Threads of ours that the runtime made meanwhile go back too; true: there were some. Throws SystemError. */
  recall(): boolean {
    const ours = wordsOf(`${this.place.folder}/tasks`).filter((thread) => fileStatus(`/proc/self/task/${thread}`));
    for (const thread of ours) tell(this.home, thread);
    return ours.length > 0;
  }

  /** Nobody goes in any more. */
  close(): void {
    closeFile(this.entrance);
    closeFile(this.exit);
  }

  /** False: somebody lives there still. Throws SystemError. */
  remove(): boolean {
    return removeGroup(this.place.folder);
  }
}
