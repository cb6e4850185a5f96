import { CString, FFIType, type Pointer, ptr } from "bun:ffi";
import { cString, failed, lastErrno, libc, loadLibc, pinned, rawText, SystemError, systemError } from "./libc.ts";
import { keepFileLimit } from "./limits.ts";

export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_APPEND = 0o2000;
const O_CLOEXEC = 0o2000000;

/** Opens a file; the command does not inherit the descriptor. Throws SystemError. */
export function openFile(path: string, flags: number, mode = 0o666): number {
  const name = cString(path);
  for (;;) {
    const fd = libc.open(name, flags | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    const error = failed("open", path);
    const isAgain = error.code === "EINTR" || (error.code === "EMFILE" && keepFileLimit());
    if (!isAgain) throw error;
  }
}

export function closeFile(fd: number): void {
  if (libc.close(fd) < 0) throw failed("close");
}

/** Writes all bytes, in as many calls as that takes. Throws SystemError when some of them may be written already. */
export function writeAll(fd: number, bytes: Uint8Array, path = ""): void {
  let rest = bytes;
  while (rest.length > 0) {
    const written = libc.write(fd, rest, rest.length) as number;
    if (written < 0) {
      const error = failed("write", path);
      if (error.code === "EINTR") continue;
      if (error.code === "EAGAIN") {
        // Another process made the shared pipe non-blocking: wait for room, as a blocking write would.
        Bun.sleepSync(1);
        continue;
      }
      throw error;
    }
    rest = rest.subarray(written);
  }
}

const decoder = new TextDecoder();

const FIRST_BUFFER_BYTES = 16 * 1024;

/** A buffer for reading files, one after the other. It grows to the largest of them and is never replaced otherwise. */
export class ReadBuffer {
  /** What was read last is at its start. */
  bytes: Uint8Array;
  private address: Pointer;

  constructor(size = FIRST_BUFFER_BYTES) {
    const { bytes, address } = pinned(size);
    this.bytes = bytes;
    this.address = address;
  }

  /**
   * Reads a file from its start to its end and returns the number of bytes. The kernel's own files have no size, and a
   * read may return one page of them: the end is an empty read, or one of less than `whole` bytes with room for more.
   * Throws SystemError.
   */
  fill(fd: number, path: string, whole = 1): number {
    let length = 0;
    for (;;) {
      if (length === this.bytes.length) this.grow();
      const room = this.bytes.length - length;
      const count = libc.pread(fd, (this.address + length) as Pointer, room, length) as number;
      if (count < 0) throw failed("pread", path);
      length += count;
      if (count < whole && count < room) return length;
    }
  }

  /**
   * Reads in one call a file that the kernel returns whole, such as those of one process. Returns the number of bytes,
   * or the negative errno.
   */
  fillAtOnce(fd: number): number {
    for (;;) {
      const count = libc.pread(fd, this.address, this.bytes.length, 0) as number;
      if (count < 0) return -lastErrno();
      if (count < this.bytes.length) return count;
      this.grow();
    }
  }

  private grow(): void {
    const { bytes, address } = pinned(this.bytes.length * 2);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.address = address;
  }
}

/** The buffer of `readWhole`. */
let wholeFiles: ReadBuffer | undefined;

/** Returns the bytes of a file, which may be one of the kernel's. Throws SystemError. */
export function readWhole(path: string): Uint8Array {
  const fd = openFile(path, O_RDONLY);
  try {
    wholeFiles ??= new ReadBuffer();
    const length = wholeFiles.fill(fd, path); // it may have replaced `bytes`
    return wholeFiles.bytes.slice(0, length);
  } finally {
    closeFile(fd);
  }
}

/** Returns a file as text, without white space at both ends. Throws SystemError. */
export function readText(path: string): string {
  return decoder.decode(readWhole(path)).trim();
}

type FileKind = "file" | "directory" | "symlink" | "fifo" | "character device" | "block device" | "socket";

export interface FileStatus {
  readonly kind: FileKind;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
  /** Device and inode: two paths with the same are one file. */
  readonly identity: string;
  /** The number of its names; 0: it was removed, and only descriptors of it are left. */
  readonly links: number;
  readonly bytes: number;
  /** What it takes on the disk, or in memory. */
  readonly storedBytes: number;
  /** When its content last changed, milliseconds since the epoch. */
  readonly changedMs: number;
}

const KINDS: Readonly<Record<number, FileKind>> = {
  1: "fifo",
  2: "character device",
  4: "directory",
  6: "block device",
  8: "file",
  10: "symlink",
  12: "socket",
};

const EPERM = 1;
const ENOENT = 2;
const EACCES = 13;
const EBADF = 9;
const ENOTDIR = 20;
const ENOSYS = 38;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
/** glibc has a function for it only since 2.28, musl since 1.2.5. */
const SYS_STATX = process.arch === "arm64" ? 291 : 332;

/** Returns the status of a path or descriptor by statx(2); undefined: there is no such file. Throws SystemError. */
export function fileStatus(target: string | number): FileStatus | undefined {
  return statusOf(target, 0);
}

/** Returns the status of what a path names, which may be a symlink. Otherwise like `fileStatus`. */
export function linkStatus(path: string): FileStatus | undefined {
  return statusOf(path, AT_SYMLINK_NOFOLLOW);
}

function statusOf(target: string | number, pathFlags: number): FileStatus | undefined {
  // `struct statx` has one layout on every machine.
  const answer = new DataView(new ArrayBuffer(256));
  const bytes = new Uint8Array(answer.buffer);
  const byPath = typeof target === "string";
  const path = cString(byPath ? target : "");
  const flags = byPath ? pathFlags : AT_EMPTY_PATH;
  const fd = byPath ? AT_FDCWD : target;
  const result = libc.syscall(SYS_STATX, fd, ptr(path), flags, STATX_BASIC_STATS, ptr(bytes), 0) as number;
  if (result < 0 && !(isUnknownCall(lastErrno()) && oldStatusOf(fd, path, flags, answer))) {
    const errno = lastErrno();
    if (errno === ENOENT || errno === ENOTDIR || errno === EBADF) return undefined;
    throw systemError(errno, "statx", byPath ? target : "");
  }
  return statusIn(answer);
}

/** Returns the status that a `struct statx` holds. */
export function statusIn(answer: DataView): FileStatus {
  const mode = answer.getUint16(28, true);
  return {
    kind: KINDS[mode >> 12] ?? "file",
    mode: mode & 0o7777,
    owner: answer.getUint32(20, true),
    group: answer.getUint32(24, true),
    identity: `${answer.getUint32(136, true)}:${answer.getUint32(140, true)}:${answer.getBigUint64(32, true)}`,
    links: answer.getUint32(16, true),
    bytes: Number(answer.getBigUint64(40, true)),
    storedBytes: Number(answer.getBigUint64(48, true)) * 512,
    changedMs: Number(answer.getBigInt64(112, true)) * 1000 + answer.getUint32(120, true) / 1e6,
  };
}

/** Whether the kernel, or a filter of system calls, does not know the call: statx(2) itself never answers so. */
function isUnknownCall(errno: number): boolean {
  return errno === EPERM || errno === ENOSYS;
}

function oldStatusOf(fd: number, path: Uint8Array, flags: number, answer: DataView): boolean {
  // Nearly every run ends without it.
  const { oldStatus } = require("./old-status.ts") as typeof import("./old-status.ts");
  return oldStatus(fd, path, flags, answer) >= 0;
}

const ACCESS = { exist: 0, execute: 1, write: 2, read: 4 } as const;

/** Whether the real user may use a path so, by access(2); `exist`: whether he can see it. */
export function mayAccess(path: string, how: keyof typeof ACCESS): boolean {
  return libc.access(cString(path), ACCESS[how]) === 0;
}

/** Whether there is certainly no such file. It costs far less than making the error of a call that failed. */
export function isAbsent(path: string): boolean {
  return libc.access(cString(path), ACCESS.exist) < 0 && lastErrno() === ENOENT;
}

/** Returns the target of a symlink; undefined: it is not one, or is gone. */
export function linkTarget(path: string): string | undefined {
  const answer = new Uint8Array(4096);
  const length = libc.readlink(cString(path), answer, answer.length) as number;
  return length < 0 ? undefined : rawText(answer.subarray(0, length));
}

/** Whether the target of a symlink is kept from us. */
export function isLinkRefused(path: string): boolean {
  const answer = new Uint8Array(1);
  return (libc.readlink(cString(path), answer, answer.length) as number) < 0 && lastErrno() === EACCES;
}

/** Returns the path with every symlink followed. Throws SystemError. */
export function realPath(path: string): string {
  const answer = new Uint8Array(4097);
  if (!libc.realpath(cString(path), answer)) throw failed("realpath", path);
  return rawText(answer.subarray(0, answer.indexOf(0)));
}

/** Offset of the name in a `struct dirent` of glibc and musl on 64-bit Linux. */
const DIRENT_NAME = 19;

/** Throws SystemError. */
function openFolder(path: string): Pointer {
  for (;;) {
    const folder = libc.opendir(cString(path));
    if (folder) return folder as Pointer;
    const error = failed("opendir", path);
    if (error.code !== "EMFILE" || !keepFileLimit()) throw error;
  }
}

/** Returns the names in a folder, without `.` and `..`. Throws SystemError. */
export function listFolder(path: string): string[] {
  const folder = openFolder(path);
  const names: string[] = [];
  for (let entry = libc.readdir(folder); entry; entry = libc.readdir(folder)) {
    const name = String(new CString((Number(entry) + DIRENT_NAME) as Pointer));
    if (name !== "." && name !== "..") names.push(name);
  }
  libc.closedir(folder);
  return names;
}

export function renameFile(from: string, to: string): void {
  if (libc.rename(cString(from), cString(to)) < 0) throw failed("rename", to);
}

/** Removes a file, unless it is gone already. Throws SystemError. */
export function removeFile(path: string): void {
  if (libc.unlink(cString(path)) < 0) {
    const error = failed("unlink", path);
    if (error.code !== "ENOENT") throw error;
  }
}

export function truncateFile(fd: number, bytes: number): void {
  if (libc.ftruncate(fd, bytes) < 0) throw failed("ftruncate");
}

export function changeMode(fd: number, mode: number): void {
  if (libc.fchmod(fd, mode) < 0) throw failed("fchmod");
}

/** Gives a file to another owner; false where that is not permitted. */
export function changeOwner(fd: number, owner: number, group: number): boolean {
  return libc.fchown(fd, owner, group) === 0;
}

const LOCK_EX_NB = 2 | 4;

/**
 * Locks a file exclusively by flock(2), without waiting; false: another process has the lock. The lock ends with the
 * last copy of the descriptor. Throws SystemError.
 */
export function lockFile(fd: number): boolean {
  if (libc.flock(fd, LOCK_EX_NB) === 0) return true;
  const error = failed("flock");
  if (error.code === "EAGAIN") return false;
  throw error;
}

const SIZE = FFIType.u64_fast;
const WORD = FFIType.i64_fast;

/** Calls that most runs end without: loaded with the first of them. */
function loadLateCalls() {
  return loadLibc({
    pwrite: { args: ["int", "ptr", SIZE, WORD], returns: WORD },
    mkdir: { args: ["ptr", "u32"], returns: "int" },
    rmdir: { args: ["ptr"], returns: "int" },
  });
}

let loadedCalls: ReturnType<typeof loadLateCalls> | undefined;

function lateCalls(): ReturnType<typeof loadLateCalls> {
  loadedCalls ??= loadLateCalls();
  return loadedCalls;
}

/**
 * Reads `size` bytes at an offset to the start of `into`, by pread(2). Returns the number of bytes, which is less at
 * the file's end. Throws SystemError.
 */
export function readRange(fd: number, offset: number, into: Uint8Array, size: number): number {
  let length = 0;
  while (length < size) {
    // A view costs more than the call: the first read, which is nearly always the last, needs none.
    const rest = length === 0 ? into : into.subarray(length);
    const count = Number(libc.pread(fd, rest, size - length, offset + length));
    if (count < 0) {
      const error = failed("pread");
      if (error.code === "EINTR") continue;
      throw error;
    }
    if (count === 0) break;
    length += count;
  }
  return length;
}

/** Writes bytes at an offset by one pwrite(2). Returns the number that was written. Throws SystemError. */
export function writeRange(fd: number, bytes: Uint8Array, offset: number): number {
  for (;;) {
    const count = Number(lateCalls().pwrite(fd, bytes, bytes.length, offset));
    if (count >= 0) return count;
    const error = failed("pwrite");
    if (error.code !== "EINTR") throw error;
  }
}

/** mkdir(2). Throws SystemError. */
export function makeFolder(path: string, mode = 0o755): void {
  if (lateCalls().mkdir(cString(path), mode) < 0) throw failed("mkdir", path);
}

/** Removes an empty folder by rmdir(2), unless it is gone already. Throws SystemError. */
export function removeFolder(path: string): void {
  if (lateCalls().rmdir(cString(path)) < 0) {
    const error = failed("rmdir", path);
    if (error.code !== "ENOENT") throw error;
  }
}

export { SystemError };
