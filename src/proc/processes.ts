import { ForbiddenError } from "../errors.ts";
import { EndedChildren } from "../os/children.ts";
import { linkTarget } from "../os/files.ts";
import { cString, systemError } from "../os/libc.ts";
import { LIMIT, resourceLimit } from "../os/limits.ts";
import {
  haveOneMemory,
  PidFiles,
  PidList,
  pidFile,
  preciseCpuSeconds,
  processCpuSeconds,
  sharedMemoryBytes,
} from "../os/pid-files.ts";
import { pageBytes } from "../os/process.ts";
import { addTmpfsFiles } from "../os/tmpfs-files.ts";
import { KeptText } from "./kept-text.ts";
import { lastNumberOf } from "./last-number.ts";
import { numbersOf } from "./number-list.ts";
import { waitedForSeconds } from "./pid-stat.ts";
import { runDelayIn } from "./schedstat.ts";

/** The files of one process that are read. */
export type ProcessFile = "stat" | "status" | "io" | "smaps_rollup" | "cgroup";

/** The files of the whole machine that are read with them. */
export type MachineFile = "stat" | "loadavg" | "uptime";

/** What the machine and its processes had used when the command had just been started. */
interface UsageAtStart {
  /** By `performance.now()`. */
  readonly atMs: number;
  /** Since boot, all CPUs together, without waiting for storage; NaN: not known. */
  readonly idleSeconds: number;
  /** Our own CPU time. */
  readonly ownSeconds: number;
  /** That of all other processes that were listed before; NaN: there were too many. */
  readonly othersSeconds: number;
}

/** The processes of a machine, as /proc and getrusage(2) show them. */
export interface Processes {
  /** Bytes of a page of memory. */
  readonly pageBytes: number;
  /** Our own pid. */
  readonly self: number;
  /** The files are of another pid namespace, as after `unshare --pid`: their numbers are of other processes than ours. */
  readonly isForeign: boolean;
  /** What our ended children used, as of its `update()`. */
  readonly ended: Pick<
    EndedChildren,
    | "update"
    | "userSeconds"
    | "systemSeconds"
    | "largestBytes"
    | "minorFaults"
    | "majorFaults"
    | "diskReadBytes"
    | "diskWriteBytes"
    | "voluntarySwitches"
    | "involuntarySwitches"
  >;
  /** Lists the processes that we may see, and returns their number. Throws SystemError. */
  list(): number;
  /** The machine's shared memory as of the last list or look at the newest pid; NaN: it is not known. */
  readonly sharedMemoryBytes: number;
  /** Returns the pid that was given last; NaN: the kernel does not say. */
  newestPid(): number;
  /** Lists the children of a process' first thread into `children`, and returns their number; -1: it is not known. */
  listChildren(pid: number): number;
  /** The children of the last list. */
  readonly children: Int32Array;
  /** Whether the last list is the same as the one before it. */
  readonly isListSame: boolean;
  /** The number of processes in the last list; 0 before the first. */
  readonly listed: number;
  /** By place in the list. A pid whose folder has the same inode as before is the same process. */
  readonly pids: Int32Array;
  readonly inodes: Float64Array;
  /** Returns a view, valid until the next read; undefined: the process is gone. Throws ForbiddenError, SystemError. */
  read(pid: number, file: ProcessFile): Uint8Array | undefined;
  /** Reads stat; SAME: the text is that of the last call for this process. Throws like `read`. */
  readStat(pid: number): Uint8Array | typeof SAME | undefined;
  /** Returns the number of open descriptors; NaN: the process is gone or has ended. Throws like `read`. */
  openDescriptors(pid: number): number;
  /** Whether two processes have one memory, as a child has its parent's between vfork(2) and exec. */
  haveOneMemory(pid: number, other: number): boolean;
  /**
   * Returns the newest thread of a process; 0: it is gone. Its number has the same files as a pid, which show the process'
   * memory also when its first thread has ended.
   */
  newestThread(pid: number): number;
  /** Lists the threads of a process into `threads`, and returns their number; 0: it is gone. */
  listThreads(pid: number): number;
  /** The threads of the last list: those of a very wide process only in part. */
  readonly threads: Int32Array;
  /** Returns the time that a thread was ready to run and had no CPU; NaN: it is gone, or the kernel does not say. */
  runDelaySeconds(thread: number): number;
  /** Adds the open files of a process that are memory (memfd, tmpfs): by identity, the bytes that each takes. */
  addTmpfsFiles(pid: number, into: Map<string, number>): void;
  /** Returns the exact CPU time of a process; NaN: it is gone, or the system does not say. */
  cpuSeconds(pid: number): number;
  /** The same, by a clock that moves whenever the process runs; NaN also where it does not. */
  preciseCpuSeconds(pid: number): number;
  readonly atStart: UsageAtStart;
  /** Returns what all processes of the last list but we have used until now; NaN: there are too many to ask. */
  othersCpuSeconds(): number;
  /** The same of what they have waited for, with the last of the list first where that is `backwards`. */
  othersWaitedForSeconds(backwards: boolean): number;
  /** How many the last of these two calls found. */
  readonly othersShown: number;
  /** Returns a view, valid until the next read; undefined: it cannot be read. */
  readMachine(file: MachineFile): Uint8Array | undefined;
  /** Returns how many of our own threads have ids above a number. */
  ownThreadsAfter(id: number): number;
  /** Frees what is kept for a process, whose next `readStat` is never SAME. */
  forget(pid: number): void;
}

/** In place of a text that is the same as the last one. */
export const SAME = "same";

/** For so many processes stat stays open: reading it then costs half, but the kernel keeps a page for each. */
const MOST_KEPT = 256;

/** In a tree of at most so many, io and the list of children stay open, too. */
const MOST_WITH_ALL = 16;

/** Open files that are left to all else. */
const FOR_OTHERS = 64 + 2 * MOST_WITH_ALL;

/** Returns for how many processes stat may stay open under our limit of open files. */
function mostKept(): number {
  const { soft } = resourceLimit(LIMIT.openFiles);
  return Math.min(MOST_KEPT, Math.max(0, Number(soft) - FOR_OTHERS));
}

/** The clocks of so many processes are read in less than a millisecond. */
const MOST_CLOCKS = 1000;

const EPERM = 1;
const ENOENT = 2;
const ESRCH = 3;
const EACCES = 13;

const FILES: Readonly<Record<ProcessFile, Uint8Array>> = {
  stat: pidFile("stat"),
  status: pidFile("status"),
  io: pidFile("io"),
  smaps_rollup: pidFile("smaps_rollup"),
  cgroup: pidFile("cgroup"),
};
const MACHINE_FILES: Readonly<Record<MachineFile, Uint8Array>> = {
  stat: cString("stat"),
  loadavg: cString("loadavg"),
  uptime: cString("uptime"),
};
const THREADS = pidFile("task");
const SCHEDSTAT = pidFile("schedstat");

/** More threads of one process are not listed. */
const MOST_THREADS = 4096;
/** Of a process with more children it is not known which they are. */
const MOST_CHILDREN = 256;

/** The processes of this machine, or of a recorded tree below `folder`. Throws SystemError where that does not exist. */
export class KernelProcesses implements Processes {
  readonly pageBytes = pageBytes();
  readonly self = process.pid;
  readonly ended = new EndedChildren();
  listed = 0;
  othersShown = 0;
  atStart = { atMs: 0, idleSeconds: Number.NaN, ownSeconds: Number.NaN, othersSeconds: Number.NaN };
  sharedMemoryBytes = Number.NaN;
  readonly threads = new Int32Array(MOST_THREADS);
  readonly children = new Int32Array(MOST_CHILDREN);
  readonly cpuSeconds = processCpuSeconds;
  readonly preciseCpuSeconds = preciseCpuSeconds;
  private readonly files: PidFiles;
  private readonly all: PidList;
  private readonly kept = new Map<number, KeptText>();
  private readonly mostKept = mostKept();
  private readonly mostWithAll = this.mostKept === MOST_KEPT ? MOST_WITH_ALL : 0;
  private view = new Uint8Array(0);
  private _isForeign: boolean | undefined;
  /** The open file, or the errno below zero; undefined: not opened yet. */
  private loadavg: number | undefined;
  private ownChildren = -1;

  constructor(readonly folder = "/proc") {
    this.files = new PidFiles(folder);
    this.all = new PidList(folder);
  }

  get pids(): Int32Array {
    return this.all.pids;
  }
  get inodes(): Float64Array {
    return this.all.inodes;
  }

  get isForeign(): boolean {
    this._isForeign ??= this.folder === "/proc" && linkTarget("/proc/self") !== String(this.self);
    return this._isForeign;
  }

  get isListSame(): boolean {
    return this.all.isSame;
  }

  list(): number {
    this.listed = this.all.update();
    this.sharedMemoryBytes = sharedMemoryBytes();
    return this.listed;
  }

  newestPid(): number {
    this.sharedMemoryBytes = sharedMemoryBytes();
    this.loadavg ??= this.files.openShared(MACHINE_FILES.loadavg);
    const length = this.loadavg < 0 ? this.loadavg : this.files.readOpen(this.loadavg);
    return length < 0 ? Number.NaN : lastNumberOf(this.viewOf(length));
  }

  listChildren(pid: number): number {
    const length = this.fillChildren(pid);
    return length < 0 ? -1 : numbersOf(this.files.bytes, length, this.children);
  }

  read(pid: number, file: ProcessFile): Uint8Array | undefined {
    const length = this.fill(pid, file);
    return length < 0 ? this.refused(pid, file, -length) : this.viewOf(length);
  }

  readStat(pid: number): Uint8Array | typeof SAME | undefined {
    const length = this.fillStat(pid);
    if (length < 0) return this.refused(pid, "stat", -length);
    return this.kept.get(pid)?.isSame(this.files.bytes, length) ? SAME : this.viewOf(length);
  }

  openDescriptors(pid: number): number {
    const count = this.files.countDescriptors(pid);
    if (count >= 0) return count;
    this.refused(pid, "fd", -count);
    return Number.NaN;
  }

  haveOneMemory(pid: number, other: number): boolean {
    return haveOneMemory(pid, other);
  }

  newestThread(pid: number): number {
    return this.files.lastNumber(pid, THREADS);
  }

  listThreads(pid: number): number {
    return this.files.numbers(pid, THREADS, this.threads);
  }

  runDelaySeconds(thread: number): number {
    const length = this.files.read(thread, SCHEDSTAT);
    return length < 0 ? Number.NaN : runDelayIn(this.files.bytes, length);
  }

  addTmpfsFiles(pid: number, into: Map<string, number>): void {
    addTmpfsFiles(`${this.folder}/${pid}/fd`, into);
  }

  /**
   * To be called as soon as the command has been started, so that it need not wait for it. It takes about a microsecond for
   * each process of the last list.
   */
  noteStart(): void {
    const { atStart } = this;
    atStart.atMs = performance.now();
    const uptime = this.readMachine("uptime");
    atStart.idleSeconds = uptime ? lastNumberOf(uptime) : Number.NaN;
    atStart.ownSeconds = processCpuSeconds(this.self);
    atStart.othersSeconds = this.othersCpuSeconds();
  }

  othersCpuSeconds(): number {
    if (this.listed > MOST_CLOCKS) return Number.NaN;
    let used = 0;
    this.othersShown = 0;
    for (let i = 0; i < this.listed; i++) {
      const pid = this.pids[i]!;
      const seconds = pid === this.self ? Number.NaN : processCpuSeconds(pid);
      if (Number.isNaN(seconds)) continue;
      used += seconds;
      this.othersShown++;
    }
    return used;
  }

  othersWaitedForSeconds(backwards: boolean): number {
    const { listed, pids, files } = this;
    let waitedFor = 0;
    this.othersShown = 0;
    for (let i = 0; i < listed; i++) {
      const pid = pids[backwards ? listed - 1 - i : i]!;
      const length = pid === this.self ? -1 : files.read(pid, FILES.stat);
      if (length < 0) continue;
      this.othersShown++;
      const seconds = waitedForSeconds(files.bytes, length);
      if (!Number.isNaN(seconds)) waitedFor += seconds;
    }
    return waitedFor;
  }

  readMachine(file: MachineFile): Uint8Array | undefined {
    const length = this.files.readShared(MACHINE_FILES[file]);
    return length < 0 ? undefined : this.viewOf(length);
  }

  ownThreadsAfter(id: number): number {
    const count = this.files.numbers(this.self, THREADS, this.threads);
    let after = 0;
    for (let i = 0; i < count; i++) if (this.threads[i]! > id) after++;
    return after;
  }

  forget(pid: number): void {
    const kept = this.kept.get(pid);
    if (kept === undefined) return;
    this.closeKept(kept);
    this.kept.delete(pid);
  }

  close(): void {
    for (const kept of this.kept.values()) this.closeKept(kept);
    this.kept.clear();
    if (this.ownChildren >= 0) this.files.close(this.ownChildren);
    if (this.loadavg !== undefined && this.loadavg >= 0) this.files.close(this.loadavg);
    this.all.close();
  }

  private viewOf(length: number): Uint8Array {
    const { bytes } = this.files;
    if (this.view.length !== length || this.view.buffer !== bytes.buffer)
      this.view = bytes.subarray(0, length) as Uint8Array<ArrayBuffer>;
    return this.view;
  }

  private fill(pid: number, file: ProcessFile): number {
    if (file === "stat") return this.fillStat(pid);
    const kept = file === "io" && this.mayKeepAll ? this.kept.get(pid) : undefined;
    if (kept === undefined) return this.files.read(pid, FILES[file]);
    if (kept.ioFd < 0) kept.ioFd = this.files.open(pid, FILES.io);
    return kept.ioFd < 0 ? kept.ioFd : this.files.readOpen(kept.ioFd);
  }

  private fillChildren(pid: number): number {
    const { files } = this;
    if (pid === this.self) {
      if (this.ownChildren < 0) this.ownChildren = files.openChildren(pid);
      return this.ownChildren < 0 ? this.ownChildren : files.readOpen(this.ownChildren);
    }
    const kept = this.mayKeepAll ? this.kept.get(pid) : undefined;
    if (kept !== undefined) {
      if (kept.childrenFd < 0) kept.childrenFd = files.openChildren(pid);
      return kept.childrenFd < 0 ? kept.childrenFd : files.readOpen(kept.childrenFd);
    }
    const fd = files.openChildren(pid);
    if (fd < 0) return fd;
    const length = files.readOpen(fd);
    files.close(fd);
    return length;
  }

  /** A small tree has all of its files open, if there are enough descriptors. */
  private get mayKeepAll(): boolean {
    return this.kept.size <= this.mostWithAll;
  }

  private closeKept({ fd, ioFd, childrenFd }: KeptText): void {
    this.files.close(fd);
    if (ioFd >= 0) this.files.close(ioFd);
    if (childrenFd >= 0) this.files.close(childrenFd);
  }

  private fillStat(pid: number): number {
    const kept = this.kept.get(pid);
    if (kept !== undefined) return this.files.readOpen(kept.fd);
    if (this.kept.size >= this.mostKept) return this.files.read(pid, FILES.stat);
    const fd = this.files.open(pid, FILES.stat);
    if (fd < 0) return fd;
    const length = this.files.readOpen(fd);
    if (length < 0) this.files.close(fd);
    else this.kept.set(pid, new KeptText(fd));
    return length;
  }

  /** Returns undefined for a process that is gone, and throws for all else. */
  private refused(pid: number, file: string, errno: number): undefined {
    if (errno === ENOENT || errno === ESRCH) return undefined;
    const path = `${this.folder}/${pid}/${file}`;
    if (errno === EACCES || errno === EPERM) throw new ForbiddenError(path);
    throw systemError(errno, "read", path);
  }
}
