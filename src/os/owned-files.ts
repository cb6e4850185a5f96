import {
  closeFile,
  type FileStatus,
  fileStatus,
  linkStatus,
  linkTarget,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  openFile,
  removeFile,
  renameFile,
  SystemError,
} from "./files.ts";
import { failed, libc } from "./libc.ts";

/*
 * Files that are ours alone, in folders where other people may have put something under the same name: a symlink or a hard
 * link to a file that they want overwritten, a fifo that never answers, a file that they keep open to read it later.
 */

const IS_ARM = process.arch === "arm64";

/** A symlink at the end of a path is not followed. */
export const O_NOFOLLOW = IS_ARM ? 0o100000 : 0o400000;
/** Opening a fifo does not wait. */
export const O_NONBLOCK = 0o4000;

/** Only we may read and write it. */
const PRIVATE_MODE = 0o600;

/** What another user may be writing. */
export const OTHERS_FILE = "a file of another user";

/** Creates a file with this mode, less the umask; undefined: something has this name. Throws SystemError. */
export function createOwned(path: string, mode = PRIVATE_MODE): number | undefined {
  try {
    return openFile(path, O_RDWR | O_CREAT | O_EXCL, mode);
  } catch (error) {
    if (error instanceof SystemError && error.code === "EEXIST") return undefined;
    throw error;
  }
}

/** What is at a path that was wanted for a file of ours. */
export type Occupant =
  /** Nothing by now. */
  | { readonly kind: "gone" }
  /** A regular file of ours with one name, which a run left or still holds. */
  | { readonly kind: "ours"; readonly what: string; readonly fd: number }
  /** Something else. `fd`: of a regular file, to ask who has locked it. */
  | { readonly kind: "foreign"; readonly what: string; readonly fd: number | undefined };

/** Opens what is at a path, without following a symlink, waiting for a fifo or changing anything. Throws SystemError. */
export function openOccupant(path: string): Occupant {
  const status = linkStatus(path);
  if (!status) return { kind: "gone" };
  if (status.kind !== "file") return { kind: "foreign", what: `a ${status.kind}`, fd: undefined };
  const fd = opened(path);
  if (fd === undefined) return { kind: "foreign", what: OTHERS_FILE, fd };
  const { kind, owner, links } = fileStatus(fd)!;
  if (kind !== "file" || links > 1) return { kind: "foreign", what: "a file with several names", fd };
  if (owner !== process.geteuid!()) return { kind: "foreign", what: OTHERS_FILE, fd };
  return { kind: "ours", what: "a file of ours", fd };
}

function opened(path: string): number | undefined {
  try {
    return openFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (error instanceof SystemError && ["EACCES", "EPERM", "ELOOP", "ENOENT", "ENXIO"].includes(error.code))
      return undefined;
    throw error;
  }
}

/** Whether a path, its last symlink not followed, names the file of an identity, as in `FileStatus`. Throws SystemError. */
export function isNamed(path: string, identity: string): boolean {
  return linkStatus(path)?.identity === identity;
}

/** Removes a name of a file of ours; anything else of that name stays. Throws SystemError. */
export function removeOwned(path: string, identity: string): void {
  if (isNamed(path, identity)) removeFile(path);
}

/**
 * Renames a file of ours, and looks whether it has arrived. Throws SystemError: with ENOENT where its name, old or new, is
 * gone or another file's by now.
 */
export function renameOwned(from: string, to: string, identity: string): void {
  const named = linkStatus(from)?.identity;
  if (named !== undefined && named !== identity) throw replaced(to);
  renameFile(from, to);
  // Between the two calls another program may have removed our file, and made one of the same name.
  if (!isNamed(to, identity)) throw replaced(to);
}

function replaced(path: string): SystemError {
  return new SystemError("ENOENT", "rename", path, "its part file was removed or replaced");
}

/** Opens a regular file for reading if it is still the one of an identity; undefined: it is not. Throws SystemError. */
export function openSame(path: string, identity: string): number | undefined {
  const fd = openFile(path, O_RDONLY | O_NONBLOCK);
  const status = fileStatus(fd);
  // The inode of a file that was removed may be a fifo's by now.
  if (status?.kind === "file" && status.identity === identity) return fd;
  closeFile(fd);
  return undefined;
}

/** Whether we or root made a symlink, so that it may be followed: the kernel's rule for folders that all may write. */
function isTrusted(link: FileStatus): boolean {
  return link.owner === 0 || link.owner === process.geteuid!();
}

const MOST_LINKS = 40;

/**
 * Follows the symlinks at the end of a path, as opening it would, to the path of a file that need not exist. Undefined: one
 * of them is another user's. Throws SystemError.
 */
export function followOwnLinks(path: string): string | undefined {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const status = linkStatus(at);
    if (status?.kind !== "symlink") return at;
    if (!isTrusted(status)) return undefined;
    const target = linkTarget(at) ?? "";
    at = target.startsWith("/") ? target : `${at.slice(0, at.lastIndexOf("/") + 1)}${target}`;
  }
  throw new SystemError("ELOOP", "readlink", path, "Too many levels of symbolic links");
}

const F_SETFL = 4;

/** Lets calls on a descriptor wait, after it was opened without waiting. Throws SystemError. */
export function waitInCalls(fd: number): void {
  if (libc.fcntl(fd, F_SETFL, 0) < 0) throw failed("fcntl");
}
