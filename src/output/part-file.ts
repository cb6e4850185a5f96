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

/** What a metrics file is while it is not whole yet: a file beside its place, locked while its run lives. */
export interface Part {
  readonly path: string;
  readonly fd: number;
}

/** The name of it, one for each metrics file: who has its lock has the place. */
export function partOf(target: string): string {
  return `${folderOf(target)}/.${nameOf(target)}.part`;
}

/** Makes and locks the file that will become the metrics file. `lock` is flock(2): false where another has it. */
export function claimPart(path: string, lock = lockFile): Part | "held" {
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
    // Between the open and the lock its owner may have renamed it away: then the name is another file's, or nobody's.
    if (fileStatus(path)?.identity === fileStatus(fd)?.identity) {
      truncateFile(fd, 0);
      return { path, fd };
    }
    closeFile(fd);
  }
}

/** Where files cannot be locked (a network's, some made by programs) each run has a name of its own: the last one wins. */
function unlockedPart(path: string): Part {
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
