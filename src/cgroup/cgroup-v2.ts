import type { Cgroup } from "../collect/cgroup/cgroup-hierarchy.ts";
import type { CgroupLimits } from "../collect/cgroup/cgroup-limits.ts";
import { fileStatus, listFolder, makeFolder, mayAccess, SystemError } from "../os/files.ts";
import {
  hasProcesses,
  type LimitFile,
  limitText,
  readWords,
  removeCgroup,
  writeControlFile,
  writeLimits,
} from "./cgroup-files.ts";

/** The controllers that a cgroup's statistics need. CPU time and pressure need none. */
const CONTROLLERS = ["memory", "pids", "io"];

/** The process that writes. */
const CALLER = "0";

/**
 * The command's cgroup in version 2. It has a controller if the cgroup above enables that for the cgroups below it. A
 * cgroup that does may have no processes itself, except the root: where statexec is alone in it, it moves into a leaf
 * cgroup of its own first.
 */
export class CgroupV2 {
  readonly cgroup: Cgroup;
  /** Why some statistics are missing; undefined: none is. */
  readonly lacking: string | undefined;
  /** Where we are while the command runs. */
  private ownFolder: string;
  /** The leaf cgroup that we moved into. */
  private leaf: string | undefined;
  /** The controllers that were enabled for this run. */
  private readonly enabled: string[] = [];

  /** Makes it below `parent`. Throws SystemError, after undoing everything. */
  constructor(
    private readonly parent: Cgroup,
    name: string,
    own: readonly Cgroup[],
    limits: CgroupLimits,
  ) {
    const folder = `${parent.folder}/${name}`;
    this.cgroup = { ...parent, folder, path: `${parent.path === "/" ? "" : parent.path}/${name}`, isRoot: false };
    this.ownFolder = own.find(({ version }) => version === 2)?.folder ?? parent.folder;
    makeFolder(folder);
    try {
      // The cpu controller has a price: it is enabled only where there is a quota to copy.
      const wanted = [...CONTROLLERS, ...(Number.isNaN(limits.cores) ? [] : ["cpu"])];
      this.lacking = this.enable(
        wanted.filter((controller) => !isInV1(controller, own)),
        name,
      );
      writeLimits(folder, limitFiles(limits));
      this.checkMayStart();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Moves our process into the cgroup, so that a process which it makes then is in it, too. Throws SystemError. */
  enter(): void {
    writeControlFile(`${this.cgroup.folder}/cgroup.procs`, CALLER);
  }

  /** Moves our process back. Throws SystemError. */
  leave(): void {
    writeControlFile(`${this.ownFolder}/cgroup.procs`, CALLER);
  }

  /** Undoes everything; false: there are processes in the cgroup, which stays. Throws SystemError. */
  remove(): boolean {
    const isRemoved = removeCgroup(this.cgroup.folder);
    this.disable();
    if (this.leaf === undefined) return isRemoved;
    writeControlFile(`${this.parent.folder}/cgroup.procs`, CALLER);
    this.ownFolder = this.parent.folder;
    removeCgroup(this.leaf);
    this.leaf = undefined;
    return isRemoved;
  }

  /** Enables controllers in the cgroup above; returns why some are missing, if so. */
  private enable(wanted: readonly string[], name: string): string | undefined {
    const { folder, isRoot } = this.parent;
    const available = readWords(`${folder}/cgroup.controllers`);
    const enabled = readWords(`${folder}/cgroup.subtree_control`);
    const missing = wanted.filter((controller) => available.includes(controller) && !enabled.includes(controller));
    try {
      if (missing.length > 0 && !isRoot && hasProcesses(folder)) {
        const others = readWords(`${folder}/cgroup.procs`).filter((pid) => Number(pid) !== process.pid).length;
        if (others > 0)
          return `${folder} holds other processes than statexec, and may then have no controllers below it`;
        this.moveIntoLeaf(`${folder}/${name}.self`);
      }
      for (const controller of missing) {
        writeControlFile(`${folder}/cgroup.subtree_control`, `+${controller}`);
        this.enabled.push(controller);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return error.message;
    }
    const unavailable = wanted.filter((controller) => !available.includes(controller));
    return unavailable.length > 0 ? `${folder} is not given ${unavailable.join(", ")}` : undefined;
  }

  private moveIntoLeaf(folder: string): void {
    makeFolder(folder);
    try {
      writeControlFile(`${folder}/cgroup.procs`, CALLER);
    } catch (error) {
      removeCgroup(folder);
      throw error;
    }
    this.leaf = folder;
    this.ownFolder = folder;
  }

  /** Disables what was enabled; in the root only where no other cgroup may have come to use it. */
  private disable(): void {
    const { folder, isRoot } = this.parent;
    const others = isRoot && listFolder(folder).some((name) => fileStatus(`${folder}/${name}/cgroup.procs`));
    if (!others)
      for (const controller of this.enabled) writeControlFile(`${folder}/cgroup.subtree_control`, `-${controller}`);
    this.enabled.length = 0;
  }

  /** Throws SystemError where a process could not be started in the cgroup, without starting one. */
  private checkMayStart(): void {
    const { folder } = this.cgroup;
    const ancestor = commonAncestor(folder, this.ownFolder);
    for (const file of [`${folder}/cgroup.procs`, `${ancestor}/cgroup.procs`])
      if (fileStatus(file) && !mayAccess(file, "write"))
        throw new SystemError("EACCES", "access", file, "Permission denied");
    const type = readWords(`${folder}/cgroup.type`).at(-1);
    if (type !== "domain") throw new SystemError("EOPNOTSUPP", "access", folder, "is threaded, and takes no process");
  }
}

/** Whether a controller is in a hierarchy of version 1 on this machine, and so cannot be enabled in version 2. */
function isInV1(controller: string, own: readonly Cgroup[]): boolean {
  const name = controller === "io" ? "blkio" : controller;
  return own.some(({ version, controllers }) => version === 1 && controllers.includes(name));
}

/** Returns the lowest folder that both are below. */
function commonAncestor(a: string, b: string): string {
  const [left, right] = [a.split("/"), b.split("/")];
  const differ = left.findIndex((name, i) => name !== right[i]);
  return left.slice(0, differ < 0 ? left.length : differ).join("/");
}

function limitFiles({ memoryBytes, swapBytes, tasks, cpu }: CgroupLimits): LimitFile[] {
  const quota = limitText(cpu.quotaMicroseconds);
  return [
    ["memory.max", limitText(memoryBytes)],
    ["memory.swap.max", limitText(swapBytes)],
    ["pids.max", limitText(tasks)],
    ["cpu.max", quota && `${quota} ${limitText(cpu.periodMicroseconds)}`],
  ];
}
