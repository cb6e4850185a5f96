import { dlopen, type FFIFunction, FFIType, type Pointer, ptr, read } from "bun:ffi";
import { rawBytes } from "./raw-text.ts";

/** `size_t` and `ssize_t` or `off_t`, as plain numbers. */
const SIZE = FFIType.u64_fast;
const WORD = FFIType.i64_fast;

/**
 * The C library's own calls, for what the runtime lacks (flock, prctl, setrlimit, an exit that leaves the terminal
 * alone) and for files on the way to the command's start: loading `node:fs` costs 1.5 to 3 ms there, these cost 0.2.
 * Only this folder knows of them.
 */
const SYMBOLS = {
  open: { args: ["ptr", "int", "int"], returns: "int" },
  close: { args: ["int"], returns: "int" },
  pread: { args: ["int", "ptr", SIZE, WORD], returns: WORD },
  write: { args: ["int", "ptr", SIZE], returns: WORD },
  ftruncate: { args: ["int", WORD], returns: "int" },
  rename: { args: ["ptr", "ptr"], returns: "int" },
  unlink: { args: ["ptr"], returns: "int" },
  fchmod: { args: ["int", "u32"], returns: "int" },
  fchown: { args: ["int", "u32", "u32"], returns: "int" },
  access: { args: ["ptr", "int"], returns: "int" },
  readlink: { args: ["ptr", "ptr", SIZE], returns: WORD },
  realpath: { args: ["ptr", "ptr"], returns: "ptr" },
  // With the arguments of statx(2), which glibc has a name for since 2.28, and musl since 1.2.5.
  syscall: { args: [WORD, "int", "ptr", "int", "u32", "ptr"], returns: WORD },
  opendir: { args: ["ptr"], returns: "ptr" },
  readdir: { args: ["ptr"], returns: "ptr" },
  closedir: { args: ["ptr"], returns: "int" },
  flock: { args: ["int", "int"], returns: "int" },
  fcntl: { args: ["int", "int", "int"], returns: "int" },
  isatty: { args: ["int"], returns: "int" },
  signal: { args: ["int", "ptr"], returns: "ptr" },
  kill: { args: ["int", "int"], returns: "int" },
  prctl: { args: ["int", WORD, WORD, WORD, WORD], returns: "int" },
  getrlimit: { args: ["int", "ptr"], returns: "int" },
  getrusage: { args: ["int", "ptr"], returns: "int" },
  getpagesize: { args: [], returns: "int" },
  setrlimit: { args: ["int", "ptr"], returns: "int" },
  sigprocmask: { args: ["int", "ptr", "ptr"], returns: "int" },
  strerror: { args: ["int"], returns: "cstring" },
  _exit: { args: ["int"], returns: "void" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

/** Symbols of the C library, be it glibc or musl. Throws where it is neither, or lacks one of them. */
export function loadLibc<Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  const musl = `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
  try {
    return dlopen("libc.so.6", symbols).symbols;
  } catch {
    return dlopen(musl, symbols).symbols;
  }
}

/** Calls take and return plain numbers; a result below 0 is a failure, which `failed()` reads. */
export const libc = loadLibc(SYMBOLS);

const ERRNO: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  3: "ESRCH",
  4: "EINTR",
  5: "EIO",
  6: "ENXIO",
  7: "E2BIG",
  8: "ENOEXEC",
  9: "EBADF",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  16: "EBUSY",
  17: "EEXIST",
  18: "EXDEV",
  19: "ENODEV",
  20: "ENOTDIR",
  21: "EISDIR",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  26: "ETXTBSY",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  32: "EPIPE",
  36: "ENAMETOOLONG",
  37: "ENOLCK",
  38: "ENOSYS",
  40: "ELOOP",
  95: "EOPNOTSUPP",
  122: "EDQUOT",
};

/** A call that the kernel refused. `code` is the errno's name, the message says it in words: `No space left on device`. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  constructor(
    readonly code: string,
    readonly syscall: string,
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path ? `${path}: ` : ""}${reason}`);
  }
}

/** The errno of the call just made; nothing may come between the two. */
export function lastErrno(): number {
  return read.i32(libc.__errno_location() as Pointer, 0);
}

/** The error of the call just made, likewise. */
export function failed(syscall: string, path = ""): SystemError {
  return systemError(lastErrno(), syscall, path);
}

/** The error of an errno, as calls give it that do not leave it behind. */
export function systemError(errno: number, syscall: string, path: string): SystemError {
  const reason = String(libc.strerror(errno));
  return new SystemError(ERRNO[errno] ?? `E${errno}`, syscall, path, reason);
}

/** A path as C wants it. Valid while the returned array is. */
export function cString(text: string): Uint8Array {
  return rawBytes(`${text}\0`);
}

/** A buffer whose address stays: its memory is its own from the start. */
export function pinned(bytes: number): { readonly bytes: Uint8Array; readonly address: Pointer } {
  const buffer = new Uint8Array(new ArrayBuffer(bytes));
  return { bytes: buffer, address: ptr(buffer) };
}
