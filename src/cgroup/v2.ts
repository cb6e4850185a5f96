import type { CgroupPlace, GroupSite } from "../collect/cgroup/site.ts";
import { fileStatus, listFolder, makeFolder, mayAccess, SystemError } from "../os/files.ts";
import { isInhabited, removeGroup, tell, wordsOf } from "./folder.ts";
import { repeatLimits } from "./limits.ts";

/** What a group is asked for; CPU time and pressure it has without. */
const CONTROLLERS = ["memory", "pids", "io"];

const MYSELF = "0";

/**
 * A group of the command's in version 2. It has the figures of a controller if the group above it hands that down, and
 * that may then hold no process itself, but for the root: where we are alone in it, we go into one of our own first.
 */
export class GroupV2 {
  readonly place: CgroupPlace;
  /** Why some figures are missing; undefined: none is. */
  readonly lacking: string | undefined;
  private readonly parent: CgroupPlace;
  /** Where we are while the command runs. */
  private home: string;
  /** The group that we went into. */
  private refuge: string | undefined;
  /** Controllers that were handed down for this run. */
  private readonly added: string[] = [];

  /** Makes it below `parent`. Throws SystemError, and then leaves nothing behind. */
  constructor(parent: CgroupPlace, name: string, { own, limits }: GroupSite) {
    const folder = `${parent.folder}/${name}`;
    this.place = { ...parent, folder, path: `${parent.path === "/" ? "" : parent.path}/${name}`, isRoot: false };
    this.parent = parent;
    this.home = own.find(({ version }) => version === 2)?.folder ?? parent.folder;
    makeFolder(folder);
    try {
      // A quota of the group's own is worth a controller only where there is one to repeat: it has a price.
      const wanted = [...CONTROLLERS, ...(Number.isNaN(limits.cores) ? [] : ["cpu"])];
      this.lacking = this.handDown(
        wanted.filter((controller) => !isOfV1(controller, own)),
        name,
      );
      repeatLimits(folder, 2, limits);
      this.check();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** We go in, every thread: a process that is made then is in it, too. Throws SystemError. */
  enter(): void {
    tell(`${this.place.folder}/cgroup.procs`, MYSELF);
  }

  leave(): void {
    tell(`${this.home}/cgroup.procs`, MYSELF);
  }

  /** Undoes everything; false: somebody lives in the group still. Throws SystemError. */
  remove(): boolean {
    const removed = removeGroup(this.place.folder);
    this.takeBack();
    if (this.refuge === undefined) return removed;
    tell(`${this.parent.folder}/cgroup.procs`, MYSELF);
    this.home = this.parent.folder;
    removeGroup(this.refuge);
    this.refuge = undefined;
    return removed;
  }

  /** Has the group above hand controllers down; why it does not, if so. */
  private handDown(wanted: readonly string[], name: string): string | undefined {
    const { folder, isRoot } = this.parent;
    const offered = wordsOf(`${folder}/cgroup.controllers`);
    const given = wordsOf(`${folder}/cgroup.subtree_control`);
    const missing = wanted.filter((controller) => offered.includes(controller) && !given.includes(controller));
    try {
      if (missing.length > 0 && !isRoot && isInhabited(folder)) {
        const others = wordsOf(`${folder}/cgroup.procs`).filter((pid) => Number(pid) !== process.pid).length;
        if (others > 0)
          return `${folder} holds other processes than statexec, and may then have no controllers below it`;
        this.takeRefuge(`${folder}/${name}.self`);
      }
      for (const controller of missing) {
        tell(`${folder}/cgroup.subtree_control`, `+${controller}`);
        this.added.push(controller);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return error.message;
    }
    const without = wanted.filter((controller) => !offered.includes(controller));
    return without.length > 0 ? `${folder} is not given ${without.join(", ")}` : undefined;
  }

  private takeRefuge(folder: string): void {
    makeFolder(folder);
    try {
      tell(`${folder}/cgroup.procs`, MYSELF);
    } catch (error) {
      removeGroup(folder);
      throw error;
    }
    this.refuge = folder;
    this.home = folder;
  }

  /** Of the root's controllers only those that no other group has come to use. */
  private takeBack(): void {
    const { folder, isRoot } = this.parent;
    const others = isRoot && listFolder(folder).some((name) => fileStatus(`${folder}/${name}/cgroup.procs`));
    if (!others) for (const controller of this.added) tell(`${folder}/cgroup.subtree_control`, `-${controller}`);
    this.added.length = 0;
  }

  /** Throws SystemError where a process could not be made in it: asked without making one. */
  private check(): void {
    const { folder } = this.place;
    const common = commonFolder(folder, this.home);
    for (const file of [`${folder}/cgroup.procs`, `${common}/cgroup.procs`])
      if (fileStatus(file) && !mayAccess(file, "write"))
        throw new SystemError("EACCES", "access", file, "Permission denied");
    const [type] = wordsOf(`${folder}/cgroup.type`).slice(-1);
    if (type !== "domain") throw new SystemError("EOPNOTSUPP", "access", folder, "is threaded, and takes no process");
  }
}

/** Whether a controller is version 1's on this machine; it is then not to be had here. */
function isOfV1(controller: string, own: readonly CgroupPlace[]): boolean {
  const name = controller === "io" ? "blkio" : controller;
  return own.some(({ version, controllers }) => version === 1 && controllers.includes(name));
}

/** The lowest folder that both are below. */
function commonFolder(a: string, b: string): string {
  const [left, right] = [a.split("/"), b.split("/")];
  const differ = left.findIndex((name, i) => name !== right[i]);
  return left.slice(0, differ < 0 ? left.length : differ).join("/");
}
