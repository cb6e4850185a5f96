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

/** A group of ours, by the pid and start time of the run that made it; `.self` is the one that statexec itself went into. */
const NAME = /^statexec-(\d+)-(\d+)(\.self)?$/;

const encoder = new TextEncoder();

/** The name of this run's group, which no other run has had since the machine was started. */
export function groupName(): string {
  return `statexec-${process.pid}-${startTicks(process.pid)}`;
}

/** Removes a group and the empty ones that were made in it; false: somebody lives there. Throws SystemError. */
export function removeGroup(folder: string): boolean {
  if (isRemoved(folder)) return true;
  // Its files go with it, groups do not.
  const groups = listFolder(folder).filter((name) => fileStatus(`${folder}/${name}`)?.kind === "directory");
  if (groups.length === 0 || !groups.every((name) => removeGroup(`${folder}/${name}`))) return false;
  return isRemoved(folder);
}

/** False: somebody lives there, or a group is below. */
function isRemoved(folder: string): boolean {
  try {
    removeFolder(folder);
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.code === "EBUSY") return false;
    throw error;
  }
}

/** Removes what runs that were killed left here: by its name one of ours, whose process is gone, and empty. */
export function removeLeftovers(parent: string): void {
  for (const name of listFolder(parent)) {
    const [, pid, ticks] = NAME.exec(name) ?? [];
    if (ticks === undefined || startTicks(Number(pid)) === ticks) continue;
    try {
      removeGroup(`${parent}/${name}`);
    } catch (error) {
      // Another user's, or another run was faster: it is no business of this run's.
      if (!(error instanceof SystemError)) throw error;
    }
  }
}

/** Writes one of a group's files in one go, which the kernel takes as one command. Throws SystemError. */
export function tell(file: string, text: string): void {
  const fd = openFile(file, O_WRONLY);
  try {
    writeAll(fd, encoder.encode(text), file);
  } finally {
    closeFile(fd);
  }
}

/** The words of one of a group's files: pids, or controllers. Throws SystemError. */
export function wordsOf(file: string): string[] {
  return readText(file).split(/\s+/).filter(Boolean);
}

/** Whether processes live in a group itself. */
export function isInhabited(folder: string): boolean {
  return wordsOf(`${folder}/cgroup.procs`).length > 0;
}

/** When a process started, in ticks since boot: field 22 of proc_pid_stat(5). Undefined: it is gone. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readText(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
