import { type Pointer, ptr } from "bun:ffi";
import { fileStatus, listFolder } from "./files.ts";
import { cString, loadLibc, SystemError } from "./libc.ts";

/** Memory in files of a tmpfs, memfd_create(2) included: it is the machine's shared memory, whether someone maps it or not. */

/** Loaded when it is first needed, which is after the command's start. */
let calls: ReturnType<typeof loadCalls> | undefined;
const loadCalls = () => loadLibc({ statfs: { args: ["ptr", "ptr"], returns: "int" } });

const TMPFS = 0x0102_1994n;
const answer = new BigInt64Array(64);
/** Whether a device is a tmpfs, by its part of a file's identity. */
const tmpfsDevices = new Map<string, boolean>();

/**
 * Adds the files of a tmpfs that a process has open: by identity, the bytes that each takes. What the kernel does not show
 * of it is left out. Throws SystemError.
 */
export function addTmpfsFiles(folder: string, into: Map<string, number>): void {
  for (const name of namesIn(folder)) {
    const path = `${folder}/${name}`;
    const status = statusOf(path);
    // Every file system without a device of its own has a number like 0:27.
    if (status?.kind !== "file" || !status.identity.startsWith("0:")) continue;
    const device = status.identity.slice(0, status.identity.lastIndexOf(":"));
    let isTmpfs = tmpfsDevices.get(device);
    if (isTmpfs === undefined) {
      isTmpfs = isOnTmpfs(path);
      tmpfsDevices.set(device, isTmpfs);
    }
    if (isTmpfs) into.set(status.identity, status.storedBytes);
  }
}

function isOnTmpfs(path: string): boolean {
  calls ??= loadCalls();
  return calls.statfs(cString(path), ptr(answer) as Pointer) === 0 && answer[0] === TMPFS;
}

/** Processes end, and those of another user refuse. */
function namesIn(folder: string): string[] {
  try {
    return listFolder(folder);
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}

function statusOf(path: string): ReturnType<typeof fileStatus> {
  try {
    return fileStatus(path);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
