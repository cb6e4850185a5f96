import { closeFile, fileStatus, lockFile, SystemError } from "../os/files.ts";
import { createOwned, isNamed, OTHERS_FILE, openOccupant, removeOwned } from "../os/owned-files.ts";

/** A file beside the place of a metrics file that is not complete yet, locked while its run lives. Only we may read it. */
export interface PartFile {
  readonly path: string;
  readonly fd: number;
  /** As in `FileStatus`. */
  readonly identity: string;
  /** What has the usual name and is not ours, in words; undefined: the part file has that name. */
  readonly inTheWay: string | undefined;
}

/** Why there is no part file: a living run of ours, or perhaps one of another user, has the place. */
export type Held = "held" | "held by another user";

/** Returns the path of the part file of a metrics file. The run that holds its lock has the place. */
export function partOf(target: string): string {
  return `${folderOf(target)}/.${nameOf(target)}.part`;
}

type Lock = (fd: number) => boolean;

const MOST_NAMES = 1000;
/** How often a name may change between two looks at it. */
const MOST_CHANGES = 100;

/**
 * Creates and locks a part file. Where something has its name that we did not make, that stays as it is, and the part file
 * has a count in its name: all runs try the same names in the same order, and so find each other. `lock` is flock(2), which
 * returns false if another process has the lock. Throws SystemError.
 */
export function claimPart(path: string, lock: Lock = lockFile): PartFile | Held {
  let inTheWay: string | undefined;
  for (let count = 1; count <= MOST_NAMES; count++) {
    const name = count === 1 ? path : path.replace(/part$/, `${count}.part`);
    const claim = claimName(name, lock);
    if (claim === "held" || claim === "held by another user") return claim;
    if (typeof claim !== "string") return { ...claim, inTheWay };
    inTheWay ??= `${path} is ${claim}`;
  }
  throw new SystemError("EEXIST", "open", path, `${MOST_NAMES} files that are not ours have its names`);
}

/** Claims a part file of exactly this name, or returns what is in the way. */
function claimName(path: string, lock: Lock): PartFile | Held | string {
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const fd = createOwned(path);
    if (fd !== undefined) {
      const part = { path, fd, identity: identityOf(fd), inTheWay: undefined };
      const state = lockState(fd, lock);
      if (state === "no locks") return unlockedPart(part);
      // Another run may have taken it for one that a killed run left, before it was locked.
      if (state === "ours" && isNamed(path, part.identity)) return part;
      closeFile(fd);
      continue;
    }
    const answer = clearName(path, lock);
    if (answer !== undefined) return answer;
  }
  return "held";
}

/** Removes the part file that a killed run left. Returns what keeps us from that; undefined: the name is free. */
function clearName(path: string, lock: Lock): Held | string | undefined {
  const occupant = openOccupant(path);
  if (occupant.kind === "gone") return undefined;
  const { fd } = occupant;
  if (fd === undefined) return occupant.what === OTHERS_FILE ? "held by another user" : occupant.what;
  try {
    // Another program's file is not even locked.
    if (occupant.kind === "foreign" && occupant.what !== OTHERS_FILE) return occupant.what;
    const state = lockState(fd, lock);
    if (state === "held") return occupant.kind === "ours" ? "held" : "held by another user";
    if (occupant.kind === "foreign") return occupant.what;
    if (state === "no locks") return "a file of a run that cannot be asked whether it lives";
    // It is not used again, since others may have opened it when it had another mode.
    removeOwned(path, identityOf(fd));
    return undefined;
  } finally {
    closeFile(fd);
  }
}

function identityOf(fd: number): string {
  return fileStatus(fd)?.identity ?? "";
}

/** Locks a file: where the file system has no locks, the call fails. */
function lockState(fd: number, lock: Lock): "ours" | "held" | "no locks" {
  try {
    return lock(fd) ? "ours" : "held";
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return "no locks";
  }
}

/** Where files cannot be locked (some network and FUSE file systems), each run has its own name, and the last one wins. */
function unlockedPart({ path, fd, identity }: PartFile): PartFile {
  closeFile(fd);
  removeOwned(path, identity);
  for (let count = 1; count <= MOST_NAMES; count++) {
    const own = path.replace(/part$/, `${process.pid}${count === 1 ? "" : `.${count}`}.part`);
    const made = createOwned(own);
    if (made !== undefined) return { path: own, fd: made, identity: identityOf(made), inTheWay: undefined };
  }
  throw new SystemError("EEXIST", "open", path, `${MOST_NAMES} files have its names`);
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
