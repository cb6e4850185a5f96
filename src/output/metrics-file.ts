import { OutputError } from "../errors.ts";
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
import { compressed, type Producer } from "./compress.ts";
import { claimPart, folderOf, nameOf, type Part, partOf } from "./part-file.ts";

export interface JournalPlace {
  /** The metrics file's, or that of temporary files, which others share. */
  readonly folder: string;
  readonly shared: boolean;
  /** The metrics file's name. */
  readonly name: string;
  /** Permission bits, less the umask. */
  readonly mode: number;
}

/** A place that is ours from before the command's start, so that nothing can be in the way at its end. */
export interface MetricsFile {
  /** Where the file will be. */
  readonly path: string;
  /** What the user should know of it before the command starts. */
  readonly notice?: string;
  /** Whether writing may wait for somebody who reads. */
  readonly mayBlock: boolean;
  /** Where the run's journal belongs. */
  readonly journal: JournalPlace;
  /** Writes the file, whole or not at all where there is a folder for that. Throws OutputError. */
  write(produce: Producer): Promise<void>;
  /** Leaves everything as it was. */
  abandon(): void;
}

/** Takes the place for a metrics file, or another result that `option` names. Throws OutputError where it could not be written. */
export function claimMetricsFile(path: string, option = "--file"): MetricsFile {
  try {
    const fd = descriptorOf(path);
    if (fd !== undefined) return descriptorOutput(path, fd);
    const status = fileStatus(path);
    if (status?.kind === "directory") throw refused(path, "is a folder; name a file in it");
    if (status?.kind === "fifo" || status?.kind === "character device") return deviceOutput(path);
    if (status && status.kind !== "file") throw refused(path, `is a ${status.kind}, which cannot hold a metrics file`);
    return fileOutput(path, status ? realPath(path) : danglingTarget(path), option);
  } catch (error) {
    throw asOutputError(path, error);
  }
}

/** The descriptor that a path stands for: `/dev/stdout`, `/dev/fd/63`. */
function descriptorOf(path: string): number | undefined {
  const standard = ["/dev/stdin", "/dev/stdout", "/dev/stderr"].indexOf(path);
  if (standard >= 0) return standard;
  const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  return number === undefined ? undefined : Number(number);
}

function descriptorOutput(path: string, fd: number): MetricsFile {
  if (!openForWriting(fd)) throw refused(path, "is not open for writing");
  return {
    path,
    mayBlock: true,
    journal: privatePlace(path),
    write: (produce) => guarded(path, async () => produce((bytes) => writeAll(fd, bytes, path))),
    abandon: nothing,
  };
}

/** A device or a fifo is opened when there is something to write, and written as it is. */
function deviceOutput(path: string): MetricsFile {
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

/** Where a path leads that has no file yet: through a symlink that points nowhere, to where it points. */
function danglingTarget(path: string): string {
  const target = linkTarget(path);
  if (target === undefined) return path;
  return danglingTarget(target.startsWith("/") ? target : `${folderOf(path)}/${target}`);
}

/** A regular file: written beside its place under a name that is locked while we live, and renamed. */
function fileOutput(asked: string, target: string, option: string): MetricsFile {
  const old = fileStatus(target);
  if (old && !mayAccess(target, "write")) throw refused(asked, `is read-only; remove it or choose another ${option}`);
  const folder = folderOf(target);
  if (!fileStatus(folder))
    throw refused(asked, `its folder ${folder} does not exist; create it or choose another ${option}`);
  let part: Part | "held";
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

function renamedOutput(shown: string, target: string, part: Part): MetricsFile {
  return {
    path: shown,
    mayBlock: false,
    journal: { folder: folderOf(target), shared: false, name: nameOf(target), mode: fileStatus(target)?.mode ?? 0o666 },
    write: (produce) =>
      guarded(shown, async () => {
        try {
          await compressed(target, produce, (bytes) => writeAll(part.fd, bytes));
          keepOwnership(part.fd, target);
          renameFile(part.path, target);
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

/** A new file gets 0666 less the umask, one that takes another's place its mode and, where we may, its owner. */
function keepOwnership(fd: number, target: string): void {
  const old = fileStatus(target);
  if (!old) return;
  const fresh = fileStatus(fd);
  if (fresh && (fresh.owner !== old.owner || fresh.group !== old.group)) changeOwner(fd, old.owner, old.group);
  changeMode(fd, old.mode);
}

/** Where nothing can be made beside it, a file that is there is written as it is. */
function inPlaceOutput(shown: string, target: string, option: string): MetricsFile {
  const fd = openFile(target, O_WRONLY);
  if (!lockFile(fd)) throw refused(shown, `belongs to a run that is still going; choose another ${option}`);
  return {
    path: shown,
    mayBlock: false,
    journal: privatePlace(target),
    write: (produce) =>
      guarded(shown, async () => {
        truncateFile(fd, 0);
        await compressed(target, produce, (bytes) => writeAll(fd, bytes));
        closeFile(fd);
      }),
    abandon: () => closeFile(fd),
  };
}

/** `run.prom` becomes `run.1234.prom`. */
export function withPid(path: string, pid: number): string {
  const [, stem, extension] = /^(.*?)((?:\.prom)?(?:\.gz|\.zst)?)$/s.exec(path) ?? [];
  return `${stem}.${pid}${extension || ".prom"}`;
}

/** Where the output is no file that has a folder of its own: among temporary files, for our eyes only. */
function privatePlace(path: string): JournalPlace {
  return { folder: process.env.TMPDIR || "/tmp", shared: true, name: nameOf(path), mode: 0o600 };
}

function nothing(): void {
  // There is nothing to give back.
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
  return error instanceof SystemError ? new OutputError(`${path}: cannot be written (${error.reason})`) : error;
}
