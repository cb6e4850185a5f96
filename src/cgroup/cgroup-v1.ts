import type { Cgroup } from "../collect/cgroup/cgroup-hierarchy.ts";
import type { CgroupLimits } from "../collect/cgroup/cgroup-limits.ts";
import { closeFile, fileStatus, makeFolder, O_WRONLY, openFile, writeAll } from "../os/files.ts";
import { type LimitFile, limitText, readWords, removeCgroup, writeControlFile, writeLimits } from "./cgroup-files.ts";

/** The thread that writes. Moving it by its number takes longer: the kernel then waits for a whole grace period. */
const CALLER = new TextEncoder().encode("0");

/**
 * The command's cgroup in a hierarchy of version 1. Version 1 can move a single thread, and a new process starts in the
 * cgroup of the thread that makes it: our thread enters for as long as starting the command takes.
 */
export class CgroupV1 {
  readonly cgroup: Cgroup;
  /** The tasks file of our own cgroup in this hierarchy. */
  private readonly ownTasks: string;
  private readonly tasksFd: number;
  private readonly ownTasksFd: number;

  /** Makes it below `parent`, and enters and leaves it once. Throws SystemError, after removing it. */
  constructor(parent: Cgroup, name: string, own: readonly Cgroup[], limits: CgroupLimits) {
    const ours = own.find(
      (cgroup) => cgroup.version === 1 && cgroup.controllers.every((c) => parent.controllers.includes(c)),
    );
    const folder = `${parent.folder}/${name}`;
    this.cgroup = { ...parent, folder, path: `${parent.path === "/" ? "" : parent.path}/${name}`, isRoot: false };
    this.ownTasks = `${(ours ?? parent).folder}/tasks`;
    makeFolder(folder);
    try {
      writeLimits(folder, limitFiles(limits));
      this.ownTasksFd = openFile(this.ownTasks, O_WRONLY);
      this.tasksFd = openFile(`${folder}/tasks`, O_WRONLY);
      this.enter();
      this.leave();
    } catch (error) {
      removeCgroup(folder);
      throw error;
    }
  }

  /** Moves the calling thread into the cgroup. Throws SystemError. */
  enter(): void {
    writeAll(this.tasksFd, CALLER, `${this.cgroup.folder}/tasks`);
  }

  /** Moves it back to our own cgroup. Throws SystemError. */
  leave(): void {
    writeAll(this.ownTasksFd, CALLER, this.ownTasks);
  }

  /** Moves back those of our threads that the runtime made meanwhile; true: there were some. Throws SystemError. */
  moveThreadsBack(): boolean {
    const ours = readWords(`${this.cgroup.folder}/tasks`).filter((thread) => fileStatus(`/proc/self/task/${thread}`));
    for (const thread of ours) writeControlFile(this.ownTasks, thread);
    return ours.length > 0;
  }

  /** Removes it; false: there are processes in it. `enter()` is not possible any more. Throws SystemError. */
  remove(): boolean {
    return removeCgroup(this.cgroup.folder);
  }

  /** Closes the files that `enter()` and `leave()` need. */
  close(): void {
    closeFile(this.tasksFd);
    closeFile(this.ownTasksFd);
  }
}

function limitFiles({ memoryBytes, swapBytes, tasks, cpu }: CgroupLimits): LimitFile[] {
  return [
    ["memory.limit_in_bytes", limitText(memoryBytes)],
    ["memory.memsw.limit_in_bytes", limitText(memoryBytes + swapBytes)],
    ["pids.max", limitText(tasks)],
    ["cpu.cfs_period_us", limitText(cpu.periodMicroseconds)],
    ["cpu.cfs_quota_us", limitText(cpu.quotaMicroseconds)],
  ];
}
