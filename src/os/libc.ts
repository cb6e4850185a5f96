import { dlopen, type FFIFunction, FFIType, type Pointer, ptr, read } from "bun:ffi";
import { refuseLibrary } from "../refuse.ts";
import "../supported.ts";

/** `size_t` and `ssize_t` or `off_t`, as plain numbers. */
const SIZE = FFIType.u64_fast;
const WORD = FFIType.i64_fast;

/**
 * Calls of the C library, for what the runtime lacks (flock, prctl, setrlimit, an exit that leaves the terminal alone)
 * and for files before the command's start: there, loading `node:fs` costs 1.5 to 3 ms, these cost 0.2. No other folder
 * uses them.
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
  // Numbers, and addresses as numbers: `systemCall` makes the calls for which there is no function.
  syscall: { args: [WORD, WORD, WORD, WORD, WORD, WORD, WORD], returns: WORD },
  opendir: { args: ["ptr"], returns: "ptr" },
  readdir: { args: ["ptr"], returns: "ptr" },
  closedir: { args: ["ptr"], returns: "int" },
  flock: { args: ["int", "int"], returns: "int" },
  fcntl: { args: ["int", "int", "int"], returns: "int" },
  isatty: { args: ["int"], returns: "int" },
  kill: { args: ["int", "int"], returns: "int" },
  prctl: { args: ["int", WORD, WORD, WORD, WORD], returns: "int" },
  posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "int" },
  posix_spawn_file_actions_init: { args: ["ptr"], returns: "int" },
  posix_spawn_file_actions_addclose: { args: ["ptr", "int"], returns: "int" },
  posix_spawn_file_actions_adddup2: { args: ["ptr", "int", "int"], returns: "int" },
  posix_spawnattr_init: { args: ["ptr"], returns: "int" },
  posix_spawnattr_setsigdefault: { args: ["ptr", "ptr"], returns: "int" },
  posix_spawnattr_setflags: { args: ["ptr", "i16"], returns: "int" },
  waitid: { args: ["int", "u32", "ptr", "int"], returns: "int" },
  wait4: { args: ["int", "ptr", "int", "ptr"], returns: "int" },
  getrlimit: { args: ["int", "ptr"], returns: "int" },
  getrusage: { args: ["int", "ptr"], returns: "int" },
  getpagesize: { args: [], returns: "int" },
  setrlimit: { args: ["int", "ptr"], returns: "int" },
  strerror: { args: ["int"], returns: "cstring" },
  _exit: { args: ["int"], returns: "void" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

/** Loads functions of the C library, glibc or musl. Throws where it is neither, or lacks one of them. */
export function loadLibc<Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  const musl = `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
  try {
    return dlopen("libc.so.6", symbols).symbols;
  } catch {
    return dlopen(musl, symbols).symbols;
  }
}

function loadOwn() {
  try {
    return loadLibc(SYMBOLS);
  } catch (error) {
    return refuseLibrary(error);
  }
}

/** Calls take and return plain numbers; after a result below 0, `failed()` makes the error. */
export const libc = loadOwn();

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

/** A call that the kernel refused. `code` is the errno's name; the message has its text: `No space left on device`. */
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

/** Returns the errno of the last call; no other call may come between the two. */
export function lastErrno(): number {
  return read.i32(libc.__errno_location() as Pointer, 0);
}

/** Returns the error of the last call, likewise. */
export function failed(syscall: string, path = ""): SystemError {
  return systemError(lastErrno(), syscall, path);
}

/** Returns the error of an errno, for calls that return it. */
export function systemError(errno: number, syscall: string, path: string): SystemError {
  const reason = String(libc.strerror(errno));
  return new SystemError(ERRNO[errno] ?? `E${errno}`, syscall, path, reason);
}

/**
 * Numbers of system calls, syscalls(2), for which the C library has no function, or one that does less: it keeps some
 * signals to itself.
 */
const CALL_NUMBERS =
  process.arch === "arm64"
    ? {
        pipe2: 59,
        read: 63,
        rt_sigaction: 134,
        rt_sigprocmask: 135,
        rt_sigqueueinfo: 138,
        munmap: 215,
        mmap: 222,
        mprotect: 226,
        clock_gettime: 113,
        perf_event_open: 241,
      }
    : {
        pipe2: 293,
        read: 0,
        rt_sigaction: 13,
        rt_sigprocmask: 14,
        rt_sigqueueinfo: 129,
        munmap: 11,
        mmap: 9,
        mprotect: 10,
        clock_gettime: 228,
        perf_event_open: 298,
      };

type CallName = keyof typeof CALL_NUMBERS;

/** Makes a system call; an address is a number. Returns its answer, below 0 where it failed: `failed()` says why. */
export function trySystemCall(name: CallName, a: number, b: number, c = 0, d = 0, e = 0, f = 0): number {
  return libc.syscall(CALL_NUMBERS[name], a, b, c, d, e, f) as number;
}

/** Likewise. Throws SystemError. */
export function systemCall(name: CallName, a: number, b: number, c = 0, d = 0, e = 0, f = 0): number {
  const answer = trySystemCall(name, a, b, c, d, e, f);
  if (answer < 0) throw failed(name);
  return answer;
}

/** Returns a path with the NUL that ends a C string. Its address is valid for as long as the array is kept. */
export function cString(text: string): Uint8Array {
  return rawBytes(`${text}\0`);
}

/** Returns a buffer whose address never changes, since its memory is allocated outside of the collector's heap. */
export function pinned(bytes: number): { readonly bytes: Uint8Array; readonly address: Pointer } {
  const buffer = new Uint8Array(new ArrayBuffer(bytes));
  return { bytes: buffer, address: ptr(buffer) };
}

/*
 * Text that may hold any bytes: one that is not UTF-8 is a lone surrogate from U+DC80 on, as in Python.
 */

const ESCAPE = 0xdc00;
const LONE_SURROGATE = /[\udc80-\udcff]/u;
const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether some of the text's bytes are not UTF-8. */
export function isRaw(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** Returns the bytes of a text. */
export function rawBytes(text: string): Uint8Array {
  if (!isRaw(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text)
    if (isRaw(character)) bytes.push(character.charCodeAt(0) - ESCAPE);
    else bytes.push(...encoder.encode(character));
  return Uint8Array.from(bytes);
}

/** Returns bytes as text; `rawBytes` of it are the same bytes. */
export function rawText(bytes: Uint8Array): string {
  const plain = decoded(bytes);
  if (plain !== undefined) return plain;
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const character = decoded(bytes.subarray(at, at + lengthAt(bytes, at)));
    text += character ?? String.fromCharCode(ESCAPE + bytes[at]!);
    at += character === undefined ? 1 : encoder.encode(character).length;
  }
  return text;
}

/** Returns the number of bytes of the character that begins at a place, by its first byte. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Returns UTF-8 as text; undefined for anything else. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
