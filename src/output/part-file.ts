import {
  closeFile,
  fileStatus,
  lockFile,
  O_CREAT,
  O_RDWR,
  O_TRUNC,
  openFile,
  removeFile,
  SystemError,
  truncateFile,
} from "../os/files.ts";

/** A file beside the place of a metrics file that is not complete yet, locked while its run lives. */
export interface PartFile {
  readonly path: string;
  readonly fd: number;
}

/** Returns the path of the part file of a metrics file. The run that holds its lock has the place. */
export function partOf(target: string): string {
  return `${folderOf(target)}/.${nameOf(target)}.part`;
}

/** Creates and locks a part file. `lock` is flock(2), which returns false if another process has the lock. */
export function claimPart(path: string, lock = lockFile): PartFile | "held" {
  for (;;) {
    const fd = openFile(path, O_RDWR | O_CREAT);
    try {
      if (!lock(fd)) {
        closeFile(fd);
        return "held";
      }
    } catch (error) {
      closeFile(fd);
      if (!(error instanceof SystemError)) throw error;
      return unlockedPart(path);
    }
    // Between the open and the lock its owner may have renamed it: then the path has another file, or none.
    const status = fileStatus(fd);
    if (status && fileStatus(path)?.identity === status.identity) return { path, fd: emptied(fd, status.bytes) };
    closeFile(fd);
  }
}

/** Removes what a run that was killed left in its part file. Throws SystemError; then the file is closed. */
function emptied(fd: number, bytes: number): number {
  try {
    if (bytes > 0) truncateFile(fd, 0);
    return fd;
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/** Where files cannot be locked (some network and FUSE file systems), each run has its own name, and the last one wins. */
function unlockedPart(path: string): PartFile {
  removeFile(path);
  const own = path.replace(/part$/, `${process.pid}.part`);
  return { path: own, fd: openFile(own, O_RDWR | O_CREAT | O_TRUNC) };
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
