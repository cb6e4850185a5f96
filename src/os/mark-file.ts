import {
  closeFile,
  fileStatus,
  linkStatus,
  makeFolder,
  O_APPEND,
  O_CREAT,
  O_RDONLY,
  O_WRONLY,
  openFile,
  readRange,
  readText,
  removeFile,
  SystemError,
  writeAll,
} from "./files.ts";
import { cString, libc } from "./libc.ts";
import { O_NOFOLLOW, O_NONBLOCK } from "./owned-files.ts";

/*
 * The file of a recorder's marks. Its place follows from the user and the recorder's pid alone, not from variables, which
 * the command may have changed. Whoever marks makes it; the recorder only looks whether it is there.
 */

const PRIVATE_FOLDER_MODE = 0o700;
const PRIVATE_FILE_MODE = 0o600;
const OTHERS_BITS = 0o077;
const F_OK = 0;

/** The most that is read of the marks at once: more than all marks of a run. */
const MOST_BYTES = 2 ** 20;

/** Returns the folder of this user's marks: that of his session, or one in /tmp. */
function markFolder(): string {
  const uid = process.geteuid!();
  const session = `/run/user/${uid}`;
  const owner = linkStatus(session);
  return owner?.kind === "directory" && owner.owner === uid ? `${session}/statexec` : `/tmp/statexec-${uid}`;
}

function markPath(pid: number): string {
  return `${markFolder()}/marks.${pid}`;
}

/** Adds a line to the marks of a recorder. Throws SystemError, also where another user has made the folder. */
export function addMark(pid: number, line: string): void {
  const folder = markFolder();
  try {
    makeFolder(folder, PRIVATE_FOLDER_MODE);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === "EEXIST")) throw error;
  }
  if (!isPrivate(folder)) throw new SystemError("EACCES", "open", folder, "others may write there");
  const path = markPath(pid);
  const fd = openFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, PRIVATE_FILE_MODE);
  try {
    writeAll(fd, new TextEncoder().encode(`${line}\n`), path);
  } finally {
    closeFile(fd);
  }
}

function isPrivate(folder: string): boolean {
  const status = linkStatus(folder);
  return status?.kind === "directory" && status.owner === process.geteuid!() && (status.mode & OTHERS_BITS) === 0;
}

/** Returns the parent of a process, and when it began, in ticks since the machine did: proc_pid_stat(5). Throws SystemError. */
export function originOf(pid: number | "self"): { readonly parent: number; readonly startTicks: string } {
  const text = readText(`/proc/${pid}/stat`);
  // The name before these may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), startTicks: fields[19] ?? "" };
}

/** The marks of this process, read as they come. */
export class MarkFile {
  private readonly path = markPath(process.pid);
  private readonly name = cString(this.path);
  private fd: number | undefined;
  private offset = 0;

  /** Whether anything was marked. */
  get isThere(): boolean {
    return this.fd !== undefined || libc.access(this.name, F_OK) === 0;
  }

  /** Returns the lines that were added since the last call. Throws SystemError. */
  lines(): string[] {
    this.fd ??= this.opened();
    if (this.fd === undefined) return [];
    const size = fileStatus(this.fd)?.bytes ?? 0;
    if (size <= this.offset) return [];
    const bytes = new Uint8Array(Math.min(MOST_BYTES, size - this.offset));
    const text = new TextDecoder().decode(bytes.subarray(0, readRange(this.fd, this.offset, bytes, bytes.length)));
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    this.offset += new TextEncoder().encode(whole).length;
    return whole.split("\n").slice(0, -1);
  }

  /** Removes the file. Throws SystemError. */
  end(): void {
    if (this.fd === undefined) return;
    closeFile(this.fd);
    this.fd = undefined;
    removeFile(this.path);
  }

  /** Opens the file, if it is ours and in a folder that only we may write. */
  private opened(): number | undefined {
    if (!isPrivate(markFolder())) return undefined;
    const fd = openFile(this.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const status = fileStatus(fd);
    if (status?.kind === "file" && status.owner === process.geteuid!() && status.links === 1) return fd;
    closeFile(fd);
    return undefined;
  }
}
