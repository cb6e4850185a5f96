import { OutputError } from "../errors.ts";
import type { JournalPlace } from "../journal/journal-files.ts";
import {
  changeMode,
  changeOwner,
  closeFile,
  fileStatus,
  linkTarget,
  lockFile,
  mayAccess,
  O_WRONLY,
  openFile,
  realPath,
  removeFile,
  renameFile,
  SystemError,
  truncateFile,
  writeAll,
} from "../os/files.ts";
import { openForWriting } from "../os/process.ts";
import { folderToDisk, toDisk } from "../os/to-disk.ts";
import { compressed, type Producer } from "./compress.ts";
import { claimPart, folderOf, nameOf, type PartFile, partOf } from "./part-file.ts";

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
  /** Leaves everything as it was. */
  abandon(): void;
}

/**
 * Takes the place of a metrics file, or of another file that appears whole or not at all. `option` is the flag of its
 * path, for messages. Throws OutputError where the file cannot be written.
 */
export function claimOutput(path: string, option = "--file"): ClaimedOutput {
  try {
    const fd = descriptorOf(path);
    if (fd !== undefined) return descriptorOutput(path, fd);
    const status = fileStatus(path);
    if (status?.kind === "directory") throw refused(path, "is a folder; name a file in it");
    if (status?.kind === "fifo" || status?.kind === "character device") return deviceOutput(path);
    if (status && status.kind !== "file") throw refused(path, `is a ${status.kind}, which cannot hold a file`);
    return fileOutput(path, status ? realPath(path) : danglingTarget(path), option);
  } catch (error) {
    throw asOutputError(path, error);
  }
}

/** Returns the descriptor that a path stands for: `/dev/stdout`, `/dev/fd/63`. */
function descriptorOf(path: string): number | undefined {
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
  return {
    path,
    mayBlock: true,
    journal: privatePlace(path),
    write: (produce) =>
      guarded(path, async () => {
        const fd = openFile(path, O_WRONLY);
        try {
          await produce((bytes) => writeAll(fd, bytes, path));
        } finally {
          closeFile(fd);
        }
      }),
    abandon: nothing,
  };
}

/** Follows symlinks to the path at which a new file will be created. */
function danglingTarget(path: string): string {
  const target = linkTarget(path);
  if (target === undefined) return path;
  return danglingTarget(target.startsWith("/") ? target : `${folderOf(path)}/${target}`);
}

/** A regular file is written beside its place, as a part file that is locked while we live, and then renamed. */
function fileOutput(asked: string, target: string, option: string): ClaimedOutput {
  const old = fileStatus(target);
  if (old && !mayAccess(target, "write")) throw refused(asked, `is read-only; remove it or choose another ${option}`);
  const folder = folderOf(target);
  if (!fileStatus(folder))
    throw refused(asked, `its folder ${folder} does not exist; create it or choose another ${option}`);
  let part: PartFile | "held";
  try {
    part = claimPart(partOf(target));
  } catch (error) {
    if (!(error instanceof SystemError) || !["EACCES", "EPERM", "EROFS"].includes(error.code)) throw error;
    if (!old) throw refused(asked, `nothing can be made in its folder ${folder} (${error.reason})`);
    return inPlaceOutput(asked, target, option);
  }
  if (part !== "held") return renamedOutput(asked, target, part);
  const own = withPid(target, process.pid);
  const ownPart = claimPart(partOf(own));
  if (ownPart === "held") throw refused(asked, "is held by a run that is still going");
  const shown = withPid(asked, process.pid);
  return {
    ...renamedOutput(shown, own, ownPart),
    notice: `${asked} belongs to a run that is still going: writing ${shown}`,
  };
}

function renamedOutput(shown: string, target: string, part: PartFile): ClaimedOutput {
  return {
    path: shown,
    mayBlock: false,
    journal: { folder: folderOf(target), shared: false, name: nameOf(target), mode: fileStatus(target)?.mode ?? 0o666 },
    write: (produce, isSynced) =>
      guarded(shown, async () => {
        try {
          await compressed(target, produce, (bytes) => writeAll(part.fd, bytes));
          keepOwnership(part.fd, target);
          if (isSynced) toDisk(part.fd);
          renameFile(part.path, target);
          if (isSynced) folderToDisk(folderOf(target));
        } catch (error) {
          removeFile(part.path);
          throw error;
        } finally {
          closeFile(part.fd);
        }
      }),
    abandon() {
      removeFile(part.path);
      closeFile(part.fd);
    },
  };
}

/** A new file has mode 0666 less the umask. One that replaces a file gets its mode and, if we may set it, its owner. */
function keepOwnership(fd: number, target: string): void {
  const old = fileStatus(target);
  if (!old) return;
  const fresh = fileStatus(fd);
  if (fresh && (fresh.owner !== old.owner || fresh.group !== old.group)) changeOwner(fd, old.owner, old.group);
  changeMode(fd, old.mode);
}

/** An existing file is written in place if no file can be created beside it. */
function inPlaceOutput(shown: string, target: string, option: string): ClaimedOutput {
  const fd = openFile(target, O_WRONLY);
  if (!lockFile(fd)) throw refused(shown, `belongs to a run that is still going; choose another ${option}`);
  return {
    path: shown,
    mayBlock: false,
    journal: privatePlace(target),
    write: (produce, isSynced) =>
      guarded(shown, async () => {
        truncateFile(fd, 0);
        await compressed(target, produce, (bytes) => writeAll(fd, bytes));
        if (isSynced) toDisk(fd);
        closeFile(fd);
      }),
    abandon: () => closeFile(fd),
  };
}

/** `run.prom` becomes `run.1234.prom`. */
export function withPid(path: string, pid: number): string {
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
