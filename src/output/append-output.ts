import { OutputError } from "../errors.ts";
import {
  closeFile,
  type FileStatus,
  fileStatus,
  linkStatus,
  mayAccess,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  openFile,
  SystemError,
  writeAll,
} from "../os/files.ts";
import { followOwnLinks, O_NOFOLLOW, O_NONBLOCK } from "../os/owned-files.ts";
import { type ClaimedOutput, claimOutput, descriptorOf } from "./claim-output.ts";
import type { Producer } from "./compress.ts";
import { checkLinkedName } from "./linked-target.ts";
import { refuseRecording } from "./other-outputs.ts";
import { folderOf } from "./part-file.ts";

/** The place of a text that is added to a file's end. */
export type AppendedOutput = Pick<ClaimedOutput, "ready" | "write">;

/**
 * Takes the place of a text that is added to a file's end. `option` is the flag of its path. Throws OutputError where that
 * cannot be done.
 */
export function claimAppended(path: string, option: string): AppendedOutput {
  // Not opened again by its name: that would begin at the file's start, where the output goes to a file.
  if (descriptorOf(path) !== undefined) return claimOutput(path, option);
  const kind = fileStatus(path)?.kind;
  if (kind === "fifo" || kind === "character device") return claimOutput(path, option);
  refuseRecording(path, option);
  const target = checkedTarget(path, option);
  const status = fileStatus(target);
  if (status ? !mayAccess(target, "write") : !mayAccess(folderOf(target), "write"))
    throw new OutputError(`${path}: cannot be written; choose another ${option}`);
  return { write: (produce) => append(path, option, produce) };
}

/** Returns the path behind the symlinks of a file. Throws OutputError where others may have put it there. */
function checkedTarget(path: string, option: string): string {
  const target = followOwnLinks(path);
  if (target === undefined) throw new OutputError(`${path}: is a symlink of another user; choose another ${option}`);
  if (target !== path) checkLinkedName(path, target, option);
  const status = linkStatus(target);
  if (status) checkKind(path, status, option);
  return target;
}

function checkKind(path: string, { kind, links }: FileStatus, option: string): void {
  if (kind === "directory") throw new OutputError(`${path}: is a folder; name a file in it`);
  if (kind !== "file")
    throw new OutputError(`${path}: is a ${kind}, which cannot hold a file; choose another ${option}`);
  if (links > 1)
    throw new OutputError(`${path}: is a file with several names, which would all change; choose another ${option}`);
}

/** Appends to what is there by now: the command may have made it. Throws OutputError. */
async function append(path: string, option: string, produce: Producer): Promise<void> {
  try {
    const target = checkedTarget(path, option);
    const isNew = !linkStatus(target);
    const fd = openFile(target, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | (isNew ? O_CREAT | O_EXCL : 0));
    try {
      checkKind(path, fileStatus(fd)!, option);
      await produce((bytes) => writeAll(fd, bytes, path));
    } finally {
      closeFile(fd);
    }
  } catch (error) {
    throw error instanceof SystemError ? new OutputError(`${path}: cannot be written (${error.reason})`) : error;
  }
}
