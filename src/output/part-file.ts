import { closeFile, fileStatus, lockFile, O_CREAT, O_RDWR, openFile, truncateFile } from "../os/files.ts";

/** What a metrics file is while it is not whole yet: a file beside its place, locked while its run lives. */
export interface Part {
  readonly path: string;
  readonly fd: number;
}

/** The name of it, one for each metrics file: who has its lock has the place. */
export function partOf(target: string): string {
  return `${folderOf(target)}/.${nameOf(target)}.part`;
}

/** Makes and locks the file that will become the metrics file. */
export function claimPart(path: string): Part | "held" {
  for (;;) {
    const fd = openFile(path, O_RDWR | O_CREAT);
    if (!lockFile(fd)) {
      closeFile(fd);
      return "held";
    }
    // Between the open and the lock its owner may have renamed it away: then the name is another file's, or nobody's.
    if (fileStatus(path)?.identity === fileStatus(fd)?.identity) {
      truncateFile(fd, 0);
      return { path, fd };
    }
    closeFile(fd);
  }
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
