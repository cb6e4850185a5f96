import { FFIType, type Pointer } from "bun:ffi";
import { O_RDONLY, ReadBuffer } from "./files.ts";
import { cString, failed, lastErrno, libc, loadLibc, pinned } from "./libc.ts";
import { keepFileLimit } from "./limits.ts";

/*
 * The files of many processes, read again and again: nothing is allocated, and a call that fails returns its errno below
 * zero instead of throwing, since processes that are gone are usual.
 */

const calls = loadLibc({
  syscall: { args: [FFIType.i64_fast, "int", "ptr", FFIType.u64_fast], returns: FFIType.i64_fast },
  lseek: { args: ["int", FFIType.i64_fast, "int"], returns: FFIType.i64_fast },
  sysinfo: { args: ["ptr"], returns: "int" },
});

const EMFILE = 24;

const SYS_KCMP = process.arch === "arm64" ? 272 : 312;
const KCMP_VM = 1;

/** Whether two processes have one memory, as between vfork(2) and exec; false also where the kernel refuses to say. */
export function haveOneMemory(pid: number, other: number): boolean {
  return libc.syscall(SYS_KCMP, pid, other, KCMP_VM, 0, 0, 0) === 0;
}

const SYS_CLOCK_GETTIME = process.arch === "arm64" ? 113 : 228;
const CPUCLOCK_SCHED = 2;
/** `struct timespec`: two 64-bit words, of which the nanoseconds, and seconds of a process, fit into their low halves. */
const time = pinned(16);
const timeWords = new Int32Array(time.bytes.buffer);

/**
 * The CPU time of a process until now, in seconds: of all its threads, ended ones included, to the nanosecond. Without
 * any privilege, also of another user's process and of a zombie. It is the clock of clock_getcpuclockid(3). NaN: the process
 * is gone, or this system does not say.
 */
export function processCpuSeconds(pid: number): number {
  const clock = (~pid << 3) | CPUCLOCK_SCHED;
  const failed = calls.syscall(SYS_CLOCK_GETTIME, clock, time.address, 0);
  return failed === 0 ? timeWords[0]! + timeWords[2]! / 1e9 : Number.NaN;
}

/** A clock of whole so many nanoseconds is one of ticks: a process may run between two of them. */
const COARSE_NS = 1e6;

/**
 * The same; NaN also where the clock may stand still while the process runs: a time without microseconds is by a clock that
 * counts ticks, as a kernel's is that does not measure, or is such by chance once in a million.
 */
export function preciseCpuSeconds(pid: number): number {
  const seconds = processCpuSeconds(pid);
  return timeWords[2]! % COARSE_NS === 0 ? Number.NaN : seconds;
}

/** `struct sysinfo` in 32-bit words: of its shared memory the halves, and the unit in which it counts. */
const machine = pinned(128);
const machineWords = new Uint32Array(machine.bytes.buffer);
const SHARED_RAM = 12;
const MEM_UNIT = 26;

/** Returns the machine's shared memory, `Shmem` of meminfo, by sysinfo(2); NaN: the kernel does not say. */
export function sharedMemoryBytes(): number {
  if (calls.sysinfo(machine.address) < 0) return Number.NaN;
  return (machineWords[SHARED_RAM]! + machineWords[SHARED_RAM + 1]! * TWO_TO_32) * machineWords[MEM_UNIT]!;
}

const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
/** getdents64(2): glibc has a function for it only since 2.30. */
const SYS_GETDENTS64 = process.arch === "arm64" ? 61 : 217;

const ZERO = 0x30;
const NINE = 0x39;

/** Offsets in `struct linux_dirent64`: an entry's length, and its name. */
const RECORD_LENGTH = 16;
const NAME = 19;
const TWO_TO_32 = 2 ** 32;
const WORD_BYTES = Float64Array.BYTES_PER_ELEMENT;

const statx = loadLibc({
  syscall: {
    args: [FFIType.i64_fast, "int", "ptr", FFIType.u64_fast, FFIType.u64_fast, "ptr"],
    returns: FFIType.i64_fast,
  },
});
const SYS_STATX = process.arch === "arm64" ? 291 : 332;
const AT_FDCWD = -100;
const STATX_SIZE = 0x200;
/** `struct statx`, and where its size is: its low half is more than any process can have open. */
const status = pinned(256);
const statusWords = new Uint32Array(status.bytes.buffer);
const SIZE_WORD = 10;

const DESCRIPTORS = pidFile("fd");

/** Of a path, without an end. */
const TASK = cString("/task/").subarray(0, -1);
const CHILDREN = pidFile("children");

/** A path of a folder, a number and a file, written in place. */
class PidPath {
  private readonly memory;
  private readonly start: number;

  constructor(folder: string) {
    const prefix = cString(`${folder}/`);
    this.start = prefix.length - 1;
    this.memory = pinned(prefix.length + 64);
    this.memory.bytes.set(prefix);
  }

  /** Returns the address of `<folder>/<pid><rest>`, valid until the next call; `rest` is made by `pidFile`. */
  of(pid: number, rest: Uint8Array): Pointer {
    const { bytes, address } = this.memory;
    bytes.set(rest, this.putNumber(this.start, pid));
    return address;
  }

  /** Returns the address of `<folder>/<pid>/task/<pid><rest>`, valid until the next call. */
  ofFirstThread(pid: number, rest: Uint8Array): Pointer {
    const { bytes, address } = this.memory;
    const at = this.putNumber(this.start, pid);
    bytes.set(TASK, at);
    bytes.set(rest, this.putNumber(at + TASK.length, pid));
    return address;
  }

  /** Writes a number; returns the place after it. */
  private putNumber(from: number, number: number): number {
    const { bytes } = this.memory;
    let digits = 1;
    for (let left = number; left >= 10; left = Math.floor(left / 10)) digits++;
    const end = from + digits;
    for (let left = number, at = end; at > from; left = Math.floor(left / 10)) bytes[--at] = ZERO + (left % 10);
    return end;
  }

  /** Returns the address of `<folder>/<name>`, valid until the next call. */
  beside(name: Uint8Array): Pointer {
    const { bytes, address } = this.memory;
    bytes.set(name, this.start);
    return address;
  }
}

/** Makes the name of a file that every process has, for `PidFiles`. */
export function pidFile(name: string): Uint8Array {
  return cString(`/${name}`);
}

/** The files of processes below a /proc. */
export class PidFiles {
  private readonly buffer = new ReadBuffer();
  private readonly path: PidPath;

  constructor(readonly folder: string) {
    this.path = new PidPath(folder);
  }

  /** What was read last, from its start on; another memory after a read of more than it holds. */
  get bytes(): Uint8Array {
    return this.buffer.bytes;
  }

  /** Returns a descriptor that the command does not inherit, or the errno below zero. */
  open(pid: number, file: Uint8Array): number {
    const fd = libc.open(this.path.of(pid, file), O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) return fd;
    const errno = lastErrno();
    return errno === EMFILE && keepFileLimit() ? this.open(pid, file) : -errno;
  }

  /** Reads an open file from its start; returns its length, or the errno below zero. */
  readOpen(fd: number): number {
    return this.buffer.fillAtOnce(fd);
  }

  close(fd: number): void {
    libc.close(fd);
  }

  /** Opens, reads and closes a file; returns its length, or the errno below zero. */
  read(pid: number, file: Uint8Array): number {
    const fd = this.open(pid, file);
    if (fd < 0) return fd;
    const length = this.readOpen(fd);
    libc.close(fd);
    return length;
  }

  /** Returns the last of the numbers that name entries in a folder of a process; 0: there is none. */
  lastNumber(pid: number, folder: Uint8Array): number {
    const fd = libc.open(this.path.of(pid, folder), O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
    if (fd < 0) return 0;
    let last = 0;
    for (let length = readDents(fd); length > 0; length = readDents(fd))
      for (let at = 0; at < length; at += recordLength(DENTS.bytes, at))
        last = numberAt(DENTS.bytes, at + NAME) || last;
    libc.close(fd);
    return last;
  }

  /** Opens the list of the children of a process' first thread, each pid with a space; otherwise like `open`. */
  openChildren(pid: number): number {
    const fd = libc.open(this.path.ofFirstThread(pid, CHILDREN), O_RDONLY | O_CLOEXEC, 0);
    return fd < 0 ? -lastErrno() : fd;
  }

  /** Opens a file of the whole machine, by its name; returns the descriptor, or the errno below zero. */
  openShared(name: Uint8Array): number {
    const fd = libc.open(this.path.beside(name), O_RDONLY | O_CLOEXEC, 0);
    return fd < 0 ? -lastErrno() : fd;
  }

  /** Opens, reads and closes a file of the whole machine, by its name; returns its length, or the errno below zero. */
  readShared(name: Uint8Array): number {
    const fd = this.openShared(name);
    if (fd < 0) return fd;
    const length = this.readOpen(fd);
    libc.close(fd);
    return length;
  }

  /** Puts the numbers that name entries in a folder of a process into a list, as many as fit; returns how many. */
  numbers(pid: number, folder: Uint8Array, into: Int32Array): number {
    const fd = libc.open(this.path.of(pid, folder), O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
    if (fd < 0) return 0;
    let count = 0;
    for (let length = readDents(fd); length > 0; length = readDents(fd)) {
      for (let at = 0; at < length; at += recordLength(DENTS.bytes, at)) {
        const number = numberAt(DENTS.bytes, at + NAME);
        if (number > 0 && count < into.length) into[count++] = number;
      }
    }
    libc.close(fd);
    return count;
  }

  /** Returns the number of a process' open descriptors, or the errno below zero. */
  countDescriptors(pid: number): number {
    const isKnown =
      statx.syscall(SYS_STATX, AT_FDCWD, this.path.of(pid, DESCRIPTORS), 0, STATX_SIZE, status.address) === 0;
    // Before Linux 6.2 the folder has no size.
    return (isKnown && statusWords[SIZE_WORD]!) || this.count(pid, DESCRIPTORS);
  }

  /** Returns the number of entries in a folder of a process, or the errno below zero. */
  private count(pid: number, folder: Uint8Array): number {
    const fd = libc.open(this.path.of(pid, folder), O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
    if (fd < 0) return -lastErrno();
    let entries = 0;
    let length = readDents(fd);
    while (length > 0) {
      const { bytes } = DENTS;
      for (let at = 0; at < length; at += recordLength(bytes, at)) if (bytes[at + NAME] !== DOT) entries++;
      length = readDents(fd);
    }
    const errno = length < 0 ? lastErrno() : 0;
    libc.close(fd);
    return errno > 0 ? -errno : entries;
  }
}

const DOT = 0x2e;
const DENTS_BYTES = 64 * 1024;
/** No entry is longer. */
const LONGEST_DENT = 300;
const DENTS = pinned(DENTS_BYTES);

/**
 * Reads entries of a folder. Returns their length in bytes, which is less than there is room for when a signal is pending:
 * only 0 is the end of the folder. -1: it failed.
 */
function getdents(fd: number, address: Pointer, room: number): number {
  return calls.syscall(SYS_GETDENTS64, fd, address, room) as number;
}

function readDents(fd: number): number {
  return getdents(fd, DENTS.address, DENTS_BYTES);
}

function recordLength(bytes: Uint8Array, at: number): number {
  return bytes[at + RECORD_LENGTH]! + bytes[at + RECORD_LENGTH + 1]! * 256;
}

/** The processes of a /proc: their pids, and the inodes of their folders, another one for another process of the pid. */
export class PidList {
  pids = new Int32Array(1024);
  inodes = new Float64Array(1024);
  /** Whether the last update found the same as the one before it. */
  isSame = false;
  private readonly fd: number;
  /** Not shared: between two entries the kernel leaves the bytes as they were, which are to be the same the next time. */
  private dents = pinned(DENTS_BYTES);
  /** The same memory in words. The last list: its words, how many, and of how many processes. */
  private words = new Float64Array(this.dents.bytes.buffer);
  private kept = new Float64Array(1024);
  private keptWords = 0;
  private count = 0;

  /** Throws SystemError. */
  constructor(folder: string) {
    this.fd = libc.open(cString(folder), O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0);
    if (this.fd < 0) throw failed("open", folder);
  }

  /** Lists them, and returns their number. Throws SystemError. */
  update(): number {
    calls.lseek(this.fd, 0, 0);
    const length = this.fill();
    this.isSame = this.isKept(length / WORD_BYTES);
    if (this.isSame) return this.count;
    this.count = this.take(length);
    this.keep(length / WORD_BYTES);
    return this.count;
  }

  /** Reads all entries, one call's after the other's; returns their length. */
  private fill(): number {
    let length = 0;
    for (;;) {
      const room = this.dents.bytes.length - length;
      const count = getdents(this.fd, (this.dents.address + length) as Pointer, room);
      if (count < 0) throw failed("getdents64", "/proc");
      if (count === 0) return length;
      length += count;
      if (this.dents.bytes.length - length < LONGEST_DENT) this.grow();
    }
  }

  private grow(): void {
    const { bytes } = this.dents;
    this.dents = pinned(2 * bytes.length);
    this.dents.bytes.set(bytes);
    this.words = new Float64Array(this.dents.bytes.buffer);
  }

  /** A word that is NaN as a double differs from itself: such a list never seems to be the same. */
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

  /** Takes the entries in the first `length` bytes; returns how many processes they are. */
  private take(length: number): number {
    const { bytes } = this.dents;
    let count = 0;
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

/** Returns the number that the name at a place is; 0: it is not a number. */
function numberAt(bytes: Uint8Array, place: number): number {
  let at = place;
  let value = 0;
  for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) value = value * 10 + (byte - ZERO);
  return bytes[at] === 0 ? value : 0;
}

/** Exact below 2^53; the inodes of /proc are small. */
function inodeAt(bytes: Uint8Array, at: number): number {
  return wordAt(bytes, at) + wordAt(bytes, at + 4) * TWO_TO_32;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x1_0000 + bytes[at + 3]! * 0x100_0000;
}
