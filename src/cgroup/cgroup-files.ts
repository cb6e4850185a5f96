import {
  closeFile,
  fileStatus,
  listFolder,
  O_WRONLY,
  openFile,
  readText,
  removeFolder,
  SystemError,
  writeAll,
} from "../os/files.ts";

/* Cgroups as cgroupfs shows them: a folder each, with control files in it. Everything here throws SystemError. */

const encoder = new TextEncoder();

/** Writes one of a cgroup's files by a single write(2), which the kernel takes as one command. */
export function writeControlFile(file: string, text: string): void {
  const fd = openFile(file, O_WRONLY);
  try {
    writeAll(fd, encoder.encode(text), file);
  } finally {
    closeFile(fd);
  }
}

/** Returns the words of one of a cgroup's files: pids, or controllers. */
export function readWords(file: string): string[] {
  return readText(file).split(/\s+/).filter(Boolean);
}

/** Whether a cgroup itself, not counting those below it, has processes. */
export function hasProcesses(folder: string): boolean {
  return readWords(`${folder}/cgroup.procs`).length > 0;
}

/** A file that sets a limit, and its text; undefined: there is no limit to set. */
export type LimitFile = readonly [file: string, text: string | undefined];

/** Sets limits of a cgroup, as far as its hierarchy has their files. */
export function writeLimits(folder: string, limits: readonly LimitFile[]): void {
  for (const [file, text] of limits) {
    const path = `${folder}/${file}`;
    if (text !== undefined && fileStatus(path)) writeControlFile(path, text);
  }
}

/** Returns a limit as its file takes it; undefined: there is none. */
export function limitText(limit: number): string | undefined {
  return Number.isNaN(limit) ? undefined : String(limit);
}

/** The name of a cgroup that the run of this pid and start time made; `.self`: the one that statexec itself moved into. */
const NAME = /^statexec-(\d+)-(\d+)(\.self)?$/;

/** Returns the name of this run's cgroup. No other run has had it since the machine was started. */
export function cgroupName(): string {
  return `statexec-${process.pid}-${startTicks(process.pid)}`;
}

/** Removes a cgroup and the empty ones in it; false: there are processes in it, and it stays. */
export function removeCgroup(folder: string): boolean {
  if (removeLeaf(folder)) return true;
  // Its control files go with it, but the cgroups in it do not.
  const children = listFolder(folder).filter((name) => fileStatus(`${folder}/${name}`)?.kind === "directory");
  if (children.length === 0 || !children.every((name) => removeCgroup(`${folder}/${name}`))) return false;
  return removeLeaf(folder);
}

/** Removes a cgroup; false: it has processes, or cgroups in it. */
function removeLeaf(folder: string): boolean {
  try {
    removeFolder(folder);
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.code === "EBUSY") return false;
    throw error;
  }
}

/** Removes the empty cgroups that killed runs left in a folder: by name, and where the process of that name has ended. */
export function removeLeftovers(folder: string): void {
  for (const name of listFolder(folder)) {
    const [, pid, ticks] = NAME.exec(name) ?? [];
    if (ticks === undefined || startTicks(Number(pid)) === ticks) continue;
    try {
      removeCgroup(`${folder}/${name}`);
    } catch (error) {
      // It is another user's, or another run has just removed it: either way this run goes on.
      if (!(error instanceof SystemError)) throw error;
    }
  }
}

/** Returns when a process started, in ticks since boot: field 22 of proc_pid_stat(5); undefined: it has ended. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readText(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
