import { OutputError } from "../errors.ts";
import { fallbackFolders, makeFallbackFolder } from "../journal/fallback-folders.ts";
import { closeFile, fileStatus, SystemError, writeAll } from "../os/files.ts";
import { createOwned, isNamed, removeOwned } from "../os/owned-files.ts";
import { folderToDisk, toDisk } from "../os/to-disk.ts";
import { type ClaimedOutput, claimAgain, withPid } from "./claim-output.ts";
import { compressed } from "./compress.ts";
import { nameOf } from "./part-file.ts";

/* A metrics file whose place takes it no more: the command cleaned, renamed or removed its folder, or its disk is full. */

type Write = (file: ClaimedOutput) => Promise<boolean>;

/** Where a metrics file was written in place of the claimed one. */
interface Rewritten {
  readonly isWritten: boolean;
  readonly file: ClaimedOutput;
  /** Whether it is not where it was wanted. */
  readonly isElsewhere: boolean;
}

const FOLDER_IS_GONE = "its folder is gone";

/** By errno's name. */
const LOST_PLACES: Readonly<Record<string, string>> = {
  ENOENT: FOLDER_IS_GONE,
  ENOTDIR: FOLDER_IS_GONE,
  ESTALE: FOLDER_IS_GONE,
  ENOSPC: "its disk is full",
  EDQUOT: "its disk quota is used up",
  EROFS: "its disk is read-only",
};

/** Returns why the place of a file takes it no more, in words; undefined: another place would not help. */
export function whyPlaceIsLost(file: ClaimedOutput, error: unknown): string | undefined {
  if (file.mayBlock || !(error instanceof OutputError) || !(error.cause instanceof SystemError)) return undefined;
  return LOST_PLACES[error.cause.code];
}

/**
 * Writes the file again: to its place, if there is such a folder or room by now, else to the first folder of the fallback
 * ones that takes it, where it is seen to be then. Throws `original`, the error of the first write, where none does.
 */
export async function writeAgain(file: ClaimedOutput, original: unknown, write: Write): Promise<Rewritten> {
  try {
    const again = claimAgain(file);
    return { isWritten: await write(again), file: again, isElsewhere: false };
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    for (const folder of fallbackFolders()) {
      const other = newFileIn(folder, file);
      try {
        return { isWritten: await write(other), file: other, isElsewhere: true };
      } catch (failure) {
        if (!(failure instanceof OutputError)) throw failure;
      }
    }
    throw original;
  }
}

/** A new file that only we may read, since others may see the folder. */
function newFileIn(folder: string, { path: wanted, journal }: ClaimedOutput): ClaimedOutput {
  const path = `${folder}/${withPid(nameOf(wanted), process.pid)}`;
  let fd: number | undefined;
  return {
    ...{ path, journal, mayBlock: false },
    async write(produce, isSynced) {
      try {
        makeFallbackFolder(folder);
        const made = created(path);
        fd = made;
        await compressed(path, produce, (bytes) => writeAll(made, bytes, path));
        if (isSynced) toDisk(made);
        if (isSynced) folderToDisk(folder);
        if (!isNamed(path, fileStatus(made)!.identity))
          throw new SystemError("ENOENT", "open", path, "it was removed or replaced");
      } catch (error) {
        if (fd !== undefined) removeOwned(path, fileStatus(fd)!.identity);
        if (!(error instanceof SystemError)) throw error;
        throw new OutputError(`${path}: cannot be written (${error.reason})`, { cause: error });
      } finally {
        if (fd !== undefined) closeFile(fd);
      }
    },
    abandon: () => undefined,
  };
}

/** Throws SystemError: with EEXIST where there is something of this name. */
function created(path: string): number {
  const fd = createOwned(path);
  if (fd === undefined) throw new SystemError("EEXIST", "open", path, "File exists");
  return fd;
}
