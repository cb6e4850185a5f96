import { closeFile, O_RDONLY, openFile } from "./files.ts";
import { failed, lastErrno, libc } from "./libc.ts";

const SYS_FSYNC = process.arch === "arm64" ? 82 : 74;
const SYS_FDATASYNC = process.arch === "arm64" ? 83 : 75;
const EINTR = 4;
const EINVAL = 22;

/**
 * Brings a file or a folder to the disk and waits for it; `data`: by fdatasync(2), without what reading it does not need.
 * What cannot be synced at all, such as a folder on some network file systems, counts as synced. Throws SystemError.
 */
export function toDisk(fd: number, data = false): void {
  for (;;) {
    // Without a function of its own: the file of a short run is synced, too, and loading one more takes longer than the call.
    if (Number(libc.syscall(data ? SYS_FDATASYNC : SYS_FSYNC, fd, 0, 0, 0, 0, 0)) === 0) return;
    const errno = lastErrno();
    if (errno === EINVAL) return;
    if (errno !== EINTR) throw failed("fsync");
  }
}

/** Brings a folder's names to the disk: a file that was created or renamed is there only then. Throws SystemError. */
export function folderToDisk(path: string): void {
  const fd = openFile(path, O_RDONLY);
  try {
    toDisk(fd);
  } finally {
    closeFile(fd);
  }
}
