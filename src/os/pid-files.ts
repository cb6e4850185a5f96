import { FFIType, type Pointer } from "bun:ffi";
import { O_RDONLY, ReadBuffer } from "./files.ts";
import { cString, failed, lastErrno, libc, loadLibc, pinned } from "./libc.ts";

/*
 * The files of many processes, read over and over: nothing is allocated, and a process that is gone is a number, not an
 * error. A call's refusal comes back as its errno below zero.
 */

const calls = loadLibc({
  syscall: { args: [FFIType.i64_fast, "int", "ptr", FFIType.u64_fast], returns: FFIType.i64_fast },
  lseek: { args: ["int", FFIType.i64_fast, "int"], returns: FFIType.i64_fast },
  getpagesize: { args: [], returns: "int" },
});

const kcmp = loadLibc({
  syscall: {
    args: [FFIType.i64_fast, "int", "int", "int", FFIType.u64_fast, FFIType.u64_fast],
    returns: FFIType.i64_fast,
  },
});
const SYS_KCMP = process.arch === "arm64" ? 272 : 312;
const KCMP_VM = 1;

/** Whether two processes have one memory, as between vfork(2) and exec; false also where the kernel will not say. */
export function haveOneMemory(pid: number, other: number): boolean {
  return kcmp.syscall(SYS_KCMP, pid, other, KCMP_VM, 0, 0) === 0;
}

const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
/** getdents64(2): the C library has a name for it only since glibc 2.30. */
const SYS_GETDENTS64 = process.arch === "arm64" ? 61 : 217;

const ZERO = 0x30;
const NINE = 0x39;

/** Of `struct linux_dirent64`: where the length of an entry and its name are. */
const RECORD_LENGTH = 16;
const NAME = 19;
const TWO_TO_32 = 2 ** 32;
const WORD_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Bytes of a page of memory. */
export function pageBytes(): number {
  return calls.getpagesize();
}

/** A path below a folder whose second part is a number, put together in place. */
class PidPath {
  private readonly memory;
  private readonly start: number;

  constructor(folder: string) {
    const prefix = cString(`${folder}/`);
    this.start = prefix.length - 1;
    this.memory = pinned(prefix.length + 64);
    this.memory.bytes.set(prefix);
  }

  /** The address of `<folder>/<pid><rest>`; `rest` as C wants it, its slash included. Valid until the next one. */
  of(pid: number, rest: Uint8Array): Pointer {
    const { bytes, address } = this.memory;
    let digits = 1;
    for (let left = pid; left >= 10; left = Math.floor(left / 10)) digits++;
    let at = this.start + digits;
    bytes.set(rest, at);
    for (let left = pid; digits > 0; digits--) {
      bytes[--at] = ZERO + (left % 10);
      left = Math.floor(left / 10);
    }
    return address;
  }
}

/** A file of every process, as `PidFiles.read` wants it. */
export function pidFile(name: string): Uint8Array {
  return cString(`/${name}`);
}

/** The files of processes below a /proc. */
export class PidFiles {
  /** What was read last, at its start. It grows. */
  private readonly buffer = new ReadBuffer();
  private readonly path: PidPath;

  constructor(readonly folder: string) {
    this.path = new PidPath(folder);
  }

  /** The memory that reads fill. */
  get bytes(): Uint8Array {
    return this.buffer.bytes;
  }

  /** A descriptor that the command does not inherit, or the errno below zero. */
  open(pid: number, file: Uint8Array): number {
    const fd = libc.open(this.path.of(pid, file), O_RDONLY | O_CLOEXEC, 0);
    return fd < 0 ? -lastErrno() : fd;
  }

  /** Reads an open file from its start; its length, or the errno below zero. */
  readOpen(fd: number): number {
    return this.buffer.fillAtOnce(fd);
  }

  close(fd: number): void {
    libc.close(fd);
  }

  /** Opens, reads and closes a file; its length, or the errno below zero. */
  read(pid: number, file: Uint8Array): number {
    const fd = this.open(pid, file);
    if (fd < 0) return fd;
    const length = this.readOpen(fd);
    libc.close(fd);
    return length;
  }

  /** How many entries a folder of a process has, or the errno below zero. */
  count(pid: number, folder: Uint8Array): number {
    const fd = libc.open(this.path.of(pid, folder), O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
    if (fd < 0) return -lastErrno();
    let entries = 0;
    for (;;) {
      const length = getdents(fd, DENTS);
      if (length <= 0) break;
      const { bytes } = DENTS;
      for (let at = 0; at < length; at += recordLength(bytes, at)) if (bytes[at + NAME] !== DOT) entries++;
    }
    libc.close(fd);
    return entries;
  }
}

const DOT = 0x2e;
const DENTS_BYTES = 64 * 1024;
/** No entry is as long: what comes with so much left of the memory is all there is. */
const LONGEST_DENT = 300;
const DENTS = pinned(DENTS_BYTES);

function getdents(fd: number, { address }: { readonly address: Pointer }): number {
  return calls.syscall(SYS_GETDENTS64, fd, address, DENTS_BYTES) as number;
}

function recordLength(bytes: Uint8Array, at: number): number {
  return bytes[at + RECORD_LENGTH]! + bytes[at + RECORD_LENGTH + 1]! * 256;
}

/** The processes of a /proc: their pids, and the inodes of their folders, which tell a pid that was given anew. */
export class PidList {
  pids = new Int32Array(1024);
  inodes = new Float64Array(1024);
  /** The last update found what the one before it had. */
  isSame = false;
  private readonly fd: number;
  /** Of its own: between the entries the kernel leaves what was there. */
  private readonly dents = pinned(DENTS_BYTES);
  /** The same in words, those of the last time that it all came at once, how many they were, and of how many processes. */
  private readonly words = new Float64Array(this.dents.bytes.buffer);
  private kept = new Float64Array(1024);
  private keptWords = 0;
  private count = 0;

  /** Throws SystemError. */
  constructor(folder: string) {
    this.fd = libc.open(cString(folder), O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
    if (this.fd < 0) throw failed("open", folder);
  }

  /** Lists them; how many there are. Throws SystemError. */
  update(): number {
    calls.lseek(this.fd, 0, 0);
    const first = this.read();
    const isAll = first < DENTS_BYTES - LONGEST_DENT;
    this.isSame = isAll && this.isKept(first / WORD_BYTES);
    if (this.isSame) return this.count;
    this.keptWords = 0;
    let count = this.take(first, 0);
    if (isAll) this.keep(first / WORD_BYTES);
    else for (let length = this.read(); length > 0; length = this.read()) count = this.take(length, count);
    this.count = count;
    return count;
  }

  private read(): number {
    const length = getdents(this.fd, this.dents);
    if (length < 0) throw failed("getdents64", "/proc");
    return length;
  }

  /** What is no number as a double differs from itself: the list then seems another one, and is read anew. */
  private isKept(words: number): boolean {
    if (words !== this.keptWords) return false;
    for (let i = 0; i < words; i++) if (this.kept[i] !== this.words[i]) return false;
    return true;
  }

  private keep(words: number): void {
    if (words > this.kept.length) this.kept = new Float64Array(2 * words);
    this.kept.set(this.words.subarray(0, words));
    this.keptWords = words;
  }

  /** Puts so many bytes of entries behind those that there are; how many there are then. */
  private take(length: number, before: number): number {
    const { bytes } = this.dents;
    let count = before;
    for (let at = 0; at < length; at += recordLength(bytes, at)) {
      const pid = numberAt(bytes, at + NAME);
      if (pid > 0) this.put(count++, pid, inodeAt(bytes, at));
    }
    return count;
  }

  close(): void {
    libc.close(this.fd);
  }

  private put(index: number, pid: number, inode: number): void {
    if (index === this.pids.length) {
      const [pids, inodes] = [new Int32Array(index * 2), new Float64Array(index * 2)];
      pids.set(this.pids);
      inodes.set(this.inodes);
      this.pids = pids;
      this.inodes = inodes;
    }
    this.pids[index] = pid;
    this.inodes[index] = inode;
  }
}

/** The decimal number that is all of the name at a place; 0: it is none. */
function numberAt(bytes: Uint8Array, place: number): number {
  let at = place;
  let value = 0;
  for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) value = value * 10 + (byte - ZERO);
  return bytes[at] === 0 ? value : 0;
}

/** Below 2^53 all of it counts; the kernel's own are small. */
function inodeAt(bytes: Uint8Array, at: number): number {
  return wordAt(bytes, at) + wordAt(bytes, at + 4) * TWO_TO_32;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x1_0000 + bytes[at + 3]! * 0x100_0000;
}
