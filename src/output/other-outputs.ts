import { OutputError } from "../errors.ts";
import { MAGIC } from "../journal/journal-format.ts";
import { closeFile, fileStatus, O_RDONLY, openFile, readRange, realPath, SystemError } from "../os/files.ts";
import { followOwnLinks, O_NONBLOCK } from "../os/owned-files.ts";
import { type ClaimedOutput, claimOutput } from "./claim-output.ts";
import { folderOf, nameOf } from "./part-file.ts";

/* Outputs that are no metrics file must not take the place of one. */

/**
 * Takes the place of a page or a summary. `option` is the flag of its path. Throws OutputError where the file cannot be
 * written, or is a recording.
 */
export function claimOther(path: string, option: string): ClaimedOutput {
  refuseRecording(path, option);
  return claimOutput(path, option);
}

/** How metrics files and journals begin. */
const STARTS = ["# TYPE ", "# HELP ", "# UNIT ", "# EOF", MAGIC];
const GZIP_AND_ZSTD: readonly number[] = [0x1f8b, 0x28b5];
const START_BYTES = 16;

/** Throws OutputError where a file is a metrics file or a journal. */
export function refuseRecording(path: string, option: string): void {
  if (!isRecording(path)) return;
  throw new OutputError(`${path}: is a recording, which would be lost; remove it or choose another ${option}`);
}

function isRecording(path: string): boolean {
  if (fileStatus(path)?.kind !== "file") return false;
  try {
    const fd = openFile(path, O_RDONLY | O_NONBLOCK);
    try {
      const bytes = new Uint8Array(START_BYTES);
      const start = bytes.subarray(0, readRange(fd, 0, bytes, START_BYTES));
      const text = new TextDecoder().decode(start);
      if (STARTS.some((one) => text.startsWith(one))) return true;
      // A page may be compressed, too, but is named otherwise.
      const isPacked = start.length > 1 && GZIP_AND_ZSTD.includes(start[0]! * 256 + start[1]!);
      return isPacked && /\.prom(\.gz|\.zst)?$/.test(path);
    } finally {
      closeFile(fd);
    }
  } catch (error) {
    // What we may write and not read is not looked into.
    if (error instanceof SystemError) return false;
    throw error;
  }
}

/** An output that the user named: by its flag, and its path. */
export interface NamedOutput {
  readonly flag: string;
  readonly path: string | undefined;
}

/** Throws OutputError where two outputs of a run are the same file. */
export function refuseSameFile(outputs: readonly NamedOutput[]): void {
  const flags = new Map<string, string>();
  for (const { flag, path } of outputs) {
    if (path === undefined) continue;
    const place = placeOf(path);
    if (place === undefined) continue;
    const other = flags.get(place);
    if (other !== undefined)
      throw new OutputError(
        `${path}: is both ${other} and ${flag}, and would have only one of them; choose another ${flag}`,
      );
    flags.set(place, flag);
  }
}

/** Returns the one path of a regular file, which need not exist; undefined: it is something else, which several may use. */
function placeOf(path: string): string | undefined {
  const target = followOwnLinks(path) ?? path;
  const status = fileStatus(path);
  if (status ? status.kind !== "file" : path.startsWith("/dev/")) return undefined;
  try {
    return status ? status.identity : `${realPath(folderOf(target))}/${nameOf(target)}`;
  } catch (error) {
    // Taking the place says what is wrong with the folder.
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
