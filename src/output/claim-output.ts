import { OutputError } from "../errors.ts";
import type { JournalPlace } from "../journal/journal-files.ts";
import {
  changeMode,
  changeOwner,
  closeFile,
  type FileStatus,
  fileStatus,
  linkStatus,
  lockFile,
  mayAccess,
  O_WRONLY,
  openFile,
  SystemError,
  truncateFile,
  writeAll,
} from "../os/files.ts";
import {
  followOwnLinks,
  isNamed,
  O_NOFOLLOW,
  O_NONBLOCK,
  removeOwned,
  renameOwned,
  waitInCalls,
} from "../os/owned-files.ts";
import { openForWriting } from "../os/process.ts";
import { folderToDisk, toDisk } from "../os/to-disk.ts";
import { compressed, type Producer } from "./compress.ts";
import { claimPart, folderOf, type Held, nameOf, type PartFile, partOf } from "./part-file.ts";

const MODE_OF_ALL = 0o666;
/** Without setuid, setgid and sticky. */
const PERMISSIONS = 0o777;

/** The place of a file, taken before the command starts, so that writing the file at the end cannot be refused. */
export interface ClaimedOutput {
  /** Path of the file. */
  readonly path: string;
  /** What the user should know of it before the command starts. */
  readonly notice?: string;
  /** Whether writing may wait for a reader. */
  readonly mayBlock: boolean;
  /** The place of the run's journal. */
  readonly journal: JournalPlace;
  /**
   * Writes the file: whole or not at all, if it can be renamed into its place. `isSynced`: then it is on the disk. Throws
   * OutputError.
   */
  write(produce: Producer, isSynced?: boolean): Promise<void>;
  /** Waits until someone reads a fifo. To be awaited before `write` where a signal shall end that. Throws OutputError. */
  ready?(stopped: () => boolean): Promise<void>;
  /** Makes its part file again where the command has removed that. To be called now and then until `write`; never throws. */
  renew?(): void;
  /** The file that it takes the place of, as it was when that was claimed; undefined: there was none. */
  readonly replaces?: string | undefined;
  /** Leaves everything as it was. */
  abandon(): void;
}

/**
 * Takes the place of a metrics file, or of another file that appears whole or not at all. `option` is the flag of its
 * path, for messages; `mostMode` has all permissions that a new file may get. Throws OutputError where the file cannot be written.
 */
export function claimOutput(path: string, option = "--file", mostMode = PERMISSIONS): ClaimedOutput {
  try {
    const fd = descriptorOf(path);
    if (fd !== undefined) return descriptorOutput(path, fd);
    const target = followOwnLinks(path);
    if (target === undefined) return elsewhere(path, `${path} is a symlink of another user`, mostMode);
    const status = fileStatus(path);
    if (status?.kind === "directory") throw refused(path, "is a folder; name a file in it");
    if (status?.kind === "fifo" && !isOwn(status))
      return elsewhere(path, `${path} is a fifo of another user`, mostMode);
    if (status?.kind === "fifo" || status?.kind === "character device") return deviceOutput(path);
    if (status && status.kind !== "file") throw refused(path, `is a ${status.kind}, which cannot hold a file`);
    if (target !== path) checkLink(path, target, option);
    return fileOutput(path, target, option, mostMode);
  } catch (error) {
    throw asOutputError(path, error);
  }
}

/** Throws OutputError where a symlink leads to what is no file like ours. */
function checkLink(path: string, target: string, option: string): void {
  // Loaded here, since most runs need none of it.
  const { checkLinked } = require("./linked-target.ts") as typeof import("./linked-target.ts");
  checkLinked(path, target, option);
}

function isOwn({ owner }: FileStatus): boolean {
  return owner === 0 || owner === process.geteuid!();
}

/** Returns the descriptor that a path stands for: `/dev/stdout`, `/dev/fd/63`. */
export function descriptorOf(path: string): number | undefined {
  const standard = ["/dev/stdin", "/dev/stdout", "/dev/stderr"].indexOf(path);
  if (standard >= 0) return standard;
  const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  return number === undefined ? undefined : Number(number);
}

function descriptorOutput(path: string, fd: number): ClaimedOutput {
  if (!openForWriting(fd)) throw refused(path, "is not open for writing");
  return {
    path,
    mayBlock: true,
    journal: privatePlace(path),
    write: (produce) => guarded(path, async () => produce((bytes) => writeAll(fd, bytes, path))),
    abandon: nothing,
  };
}

/** A device or a fifo is opened only when it is written, and nothing takes its place. */
function deviceOutput(path: string): ClaimedOutput {
  if (!mayAccess(path, "write")) throw refused(path, "cannot be written (permission denied)");
  let opened: number | undefined;
  return {
    path,
    mayBlock: true,
    journal: privatePlace(path),
    ready: (stopped) =>
      guarded(path, async () => {
        opened = await openForReader(path, stopped);
      }),
    write: (produce) =>
      guarded(path, async () => {
        const fd = opened ?? openFile(path, O_WRONLY);
        try {
          await produce((bytes) => writeAll(fd, bytes, path));
        } finally {
          closeFile(fd);
        }
      }),
    abandon: nothing,
  };
}

/** How often a fifo is looked at for a reader. */
const READER_POLL_MS = 10;

/** Opens a device, or a fifo once it has a reader; a signal can end the wait. Throws OutputError, SystemError. */
async function openForReader(path: string, stopped: () => boolean): Promise<number> {
  for (;;) {
    try {
      const fd = openFile(path, O_WRONLY | O_NONBLOCK);
      waitInCalls(fd);
      return fd;
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== "ENXIO") throw error;
      if (fileStatus(path)?.kind !== "fifo") throw error;
    }
    if (stopped()) throw refused(path, "not written: it had no reader when a signal ended the wait for one");
    await Bun.sleep(READER_POLL_MS);
  }
}

/** A regular file is written beside its place, as a part file that is locked while we live, and then renamed. */
function fileOutput(asked: string, target: string, option: string, mostMode: number): ClaimedOutput {
  const old = fileStatus(target);
  if (old && !mayAccess(target, "write")) throw refused(asked, `is read-only; remove it or choose another ${option}`);
  const folder = folderOf(target);
  if (!fileStatus(folder))
    throw refused(asked, `its folder ${folder} does not exist; create it or choose another ${option}`);
  if (old && isKeptByFolder(old, folder)) return inPlaceOutput(asked, target, option);
  let part: PartFile | Held;
  try {
    part = claimPart(partOf(target));
  } catch (error) {
    if (!(error instanceof SystemError) || !["EACCES", "EPERM", "EROFS"].includes(error.code)) throw error;
    if (!old) throw refused(asked, `nothing can be made in its folder ${folder} (${error.reason})`);
    return inPlaceOutput(asked, target, option);
  }
  if (part === "held") return elsewhere(asked, `${asked} belongs to a run that is still going`, mostMode, target);
  if (part === "held by another user")
    return elsewhere(
      asked,
      `${partOf(target)} is a file of another user, whose run may still be going`,
      mostMode,
      target,
    );
  return renamedOutput(asked, target, part, mostMode);
}

/** Whether a folder that all may write keeps us from replacing a file of another user: a sticky one, such as /tmp. */
function isKeptByFolder(old: FileStatus, folder: string): boolean {
  const us = process.geteuid!();
  if (us === 0 || old.owner === us) return false;
  const place = fileStatus(folder);
  return place !== undefined && (place.mode & STICKY) !== 0 && place.owner !== us;
}

const STICKY = 0o1000;
const MOST_NAMES = 1000;

/** Takes the place of a file with our pid in its name, since the name that was asked for is not ours to use. */
function elsewhere(asked: string, why: string, mostMode: number, target = asked): ClaimedOutput {
  for (let count = 1; count <= MOST_NAMES; count++) {
    const id = count === 1 ? `${process.pid}` : `${process.pid}.${count}`;
    const own = withPid(target, id);
    const there = linkStatus(own);
    if (there && (there.kind !== "file" || !isOwn(there))) continue;
    const part = claimPart(partOf(own));
    if (part === "held" || part === "held by another user") continue;
    const shown = withPid(asked, id);
    return { ...renamedOutput(shown, own, part, mostMode), notice: `${why}: writing ${shown}` };
  }
  throw refused(asked, `${why}, and files that are not ours have ${MOST_NAMES} other names; choose another`);
}

/**
 * Takes again the place of a file whose part file, or whose folder, was removed. A file that another run has written there
 * since then stays, and the place beside it is taken. Throws OutputError.
 */
export function claimAgain({ path, replaces }: ClaimedOutput): ClaimedOutput {
  try {
    const target = followOwnLinks(path);
    const now = target === undefined ? undefined : versionOf(fileStatus(target));
    if (target === undefined || now === undefined || now === replaces) return claimOutput(path);
    return elsewhere(path, `${path} was written by another program meanwhile`, PERMISSIONS, target);
  } catch (error) {
    throw asOutputError(path, error);
  }
}

/** Names a file as it is: the inode of one that was removed may be another file's by now. */
function versionOf(status: FileStatus | undefined): string | undefined {
  return status && `${status.identity} ${status.changedMs}`;
}

function renamedOutput(shown: string, target: string, part: PartFile, mostMode: number): ClaimedOutput {
  const { inTheWay } = part;
  let current: PartFile | undefined = part;
  /** Returns the part file for its last use. */
  const taken = (): PartFile => {
    const last = current ?? part;
    current = undefined;
    return last;
  };
  const old = fileStatus(target);
  const mode = (old?.mode ?? MODE_OF_ALL) & MODE_OF_ALL;
  return {
    path: shown,
    mayBlock: false,
    replaces: versionOf(old),
    ...(inTheWay !== undefined && { notice: `${inTheWay}: using ${part.path} until ${shown} is complete` }),
    journal: { folder: folderOf(target), shared: false, name: nameOf(target), mode },
    renew() {
      if (current) current = partAgain(current, target);
    },
    write: (produce, isSynced) =>
      guarded(shown, async () => {
        const { path, fd, identity } = taken();
        try {
          await compressed(target, produce, (bytes) => writeAll(fd, bytes));
          takeOwnership(fd, target, mostMode);
          if (isSynced) toDisk(fd);
          renameOwned(path, target, identity);
          if (isSynced) nameToDisk(shown, target);
        } catch (error) {
          removeOwned(path, identity);
          throw error;
        } finally {
          closeFile(fd);
        }
      }),
    abandon() {
      const { path, fd, identity } = taken();
      removeOwned(path, identity);
      closeFile(fd);
    },
  };
}

/** Returns the part file if its name still leads to it; else a new one, if its place can be taken again. */
function partAgain(part: PartFile, target: string): PartFile {
  try {
    if (isNamed(part.path, part.identity)) return part;
    const again = claimPart(partOf(target));
    // Another run may have the place by now: the end of this one finds that.
    if (again === "held" || again === "held by another user") return part;
    closeFile(part.fd);
    return again;
  } catch (error) {
    // The folder is gone, too, or the disk is full: it is looked at again.
    if (error instanceof SystemError) return part;
    throw error;
  }
}

/** Brings the name of a file that is complete to the disk. */
function nameToDisk(shown: string, target: string): void {
  try {
    folderToDisk(folderOf(target));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new OutputError(`${shown}: is written, but may not survive a power loss (${error.reason})`);
  }
}

/**
 * A complete file gets the mode of the one that it replaces, and, if we may set it, its owner; else 0666 less the umask.
 * File systems without modes refuse that: then the file stays as it was created.
 */
function takeOwnership(fd: number, target: string, mostMode: number): void {
  const old = linkStatus(target);
  if (old?.kind !== "file") {
    tryMode(fd, MODE_OF_ALL & ~process.umask() & mostMode);
    return;
  }
  const fresh = fileStatus(fd);
  if (fresh && (fresh.owner !== old.owner || fresh.group !== old.group)) changeOwner(fd, old.owner, old.group);
  tryMode(fd, old.mode & mostMode);
}

function tryMode(fd: number, mode: number): void {
  try {
    changeMode(fd, mode);
  } catch (error) {
    if (!(error instanceof SystemError) || !["EPERM", "ENOTSUP", "EINVAL", "ENOSYS"].includes(error.code)) throw error;
  }
}

/** An existing file is written in place if no file can be created beside it. */
function inPlaceOutput(shown: string, target: string, option: string): ClaimedOutput {
  const fd = openFile(target, O_WRONLY | O_NOFOLLOW);
  const status = fileStatus(fd);
  if (status?.kind !== "file" || status.links > 1) {
    closeFile(fd);
    throw refused(shown, `is a file with several names, which would all change; choose another ${option}`);
  }
  const { identity } = status;
  if (!lockFile(fd)) throw refused(shown, `belongs to a run that is still going; choose another ${option}`);
  return {
    path: shown,
    mayBlock: false,
    replaces: versionOf(status),
    journal: privatePlace(target),
    write: (produce, isSynced) =>
      guarded(shown, async () => {
        if (!isNamed(target, identity)) throw new SystemError("ENOENT", "open", target, "it was removed or replaced");
        truncateFile(fd, 0);
        await compressed(target, produce, (bytes) => writeAll(fd, bytes));
        if (isSynced) toDisk(fd);
        closeFile(fd);
      }),
    abandon: () => closeFile(fd),
  };
}

/** `run.prom` becomes `run.1234.prom`. */
export function withPid(path: string, pid: number | string): string {
  const [, stem, extension] = /^(.*?)((?:\.prom|\.html)?(?:\.gz|\.zst)?)$/s.exec(path) ?? [];
  return `${stem}.${pid}${extension || ".prom"}`;
}

/** Returns the place of a journal whose output is not in a folder: among temporary files, readable by us alone. */
function privatePlace(path: string): JournalPlace {
  return { folder: process.env.TMPDIR || "/tmp", shared: true, name: nameOf(path), mode: 0o600 };
}

function nothing(): void {
  // No place was taken.
}

function refused(path: string, why: string): OutputError {
  return new OutputError(`${path}: ${why}`);
}

async function guarded(path: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw asOutputError(path, error);
  }
}

function asOutputError(path: string, error: unknown): unknown {
  return error instanceof SystemError
    ? new OutputError(`${path}: cannot be written (${error.reason})`, { cause: error })
    : error;
}
