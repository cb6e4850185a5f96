import { ForbiddenError } from "../errors.ts";
import { EndedChildren } from "../os/children.ts";
import { SystemError } from "../os/files.ts";
import { haveOneMemory, PidFiles, PidList, pageBytes, pidFile } from "../os/pid-files.ts";
import { KeptText } from "./kept-text.ts";

/** The files of one process that are read. */
export type ProcessFile = "stat" | "status" | "io" | "smaps_rollup";

/** The processes of a machine, as /proc and getrusage(2) show them. */
export interface Processes {
  /** Bytes of a page of memory. */
  readonly pageBytes: number;
  /** Our own pid. */
  readonly self: number;
  /** What our children used that have ended: as of `update()`. */
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
  /** Lists the processes that can be seen; how many there are. */
  list(): number;
  /** The last list is the one before it. */
  readonly isListSame: boolean;
  /** How many are in the list: 0 before the first. */
  readonly listed: number;
  /** By place in the list. A pid whose folder has the same inode as before is the same process. */
  readonly pids: Int32Array;
  readonly inodes: Float64Array;
  /** A view, valid until the next read; undefined: the process is gone. Throws ForbiddenError. */
  read(pid: number, file: ProcessFile): Uint8Array | undefined;
  /** The stat of a process, or SAME: it says what it said when it was read by this the last time. As `read` else. */
  readStat(pid: number): Uint8Array | typeof SAME | undefined;
  /** How many descriptors it has open; NaN: it is gone or has none to show. Throws ForbiddenError. */
  openDescriptors(pid: number): number;
  /** Whether two processes have one memory, as a child has its parent's between vfork(2) and exec. */
  haveOneMemory(pid: number, other: number): boolean;
  /** The process is gone: what is kept for it can go too. */
  forget(pid: number): void;
}

/** In place of a text that is the one of the last time. */
export const SAME = "same";

/** So many processes' stat stay open: reading one that is open is half the cost, but the kernel keeps a page for each. */
const MOST_KEPT = 256;

const EPERM = 1;
const ENOENT = 2;
const ESRCH = 3;
const EACCES = 13;

const FILES: Readonly<Record<ProcessFile, Uint8Array>> = {
  stat: pidFile("stat"),
  status: pidFile("status"),
  io: pidFile("io"),
  smaps_rollup: pidFile("smaps_rollup"),
};
const DESCRIPTORS = pidFile("fd");

/** Those of this machine, or of a tree below `folder`. Throws SystemError where there is none. */
export class KernelProcesses implements Processes {
  readonly pageBytes = pageBytes();
  readonly self = process.pid;
  readonly ended = new EndedChildren();
  private readonly files: PidFiles;
  private readonly all: PidList;
  private readonly kept = new Map<number, KeptText>();
  private view = new Uint8Array(0);
  private count = 0;

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

  get isListSame(): boolean {
    return this.all.isSame;
  }

  get listed(): number {
    return this.count;
  }

  list(): number {
    this.count = this.all.update();
    return this.count;
  }

  read(pid: number, file: ProcessFile): Uint8Array | undefined {
    const length = file === "stat" ? this.fillStat(pid) : this.files.read(pid, FILES[file]);
    return length < 0 ? this.refused(pid, file, -length) : this.viewOf(length);
  }

  readStat(pid: number): Uint8Array | typeof SAME | undefined {
    const length = this.fillStat(pid);
    if (length < 0) return this.refused(pid, "stat", -length);
    return this.kept.get(pid)?.isSame(this.files.bytes, length) ? SAME : this.viewOf(length);
  }

  openDescriptors(pid: number): number {
    const count = this.files.count(pid, DESCRIPTORS);
    if (count >= 0) return count;
    this.refused(pid, "fd", -count);
    return Number.NaN;
  }

  haveOneMemory(pid: number, other: number): boolean {
    return haveOneMemory(pid, other);
  }

  forget(pid: number): void {
    const kept = this.kept.get(pid);
    if (kept === undefined) return;
    this.files.close(kept.fd);
    this.kept.delete(pid);
  }

  close(): void {
    for (const { fd } of this.kept.values()) this.files.close(fd);
    this.kept.clear();
    this.all.close();
  }

  private viewOf(length: number): Uint8Array {
    const { bytes } = this.files;
    if (this.view.length !== length || this.view.buffer !== bytes.buffer)
      this.view = bytes.subarray(0, length) as Uint8Array<ArrayBuffer>;
    return this.view;
  }

  private fillStat(pid: number): number {
    const kept = this.kept.get(pid);
    if (kept !== undefined) return this.files.readOpen(kept.fd);
    if (this.kept.size >= MOST_KEPT) return this.files.read(pid, FILES.stat);
    const fd = this.files.open(pid, FILES.stat);
    if (fd < 0) return fd;
    const length = this.files.readOpen(fd);
    if (length < 0) this.files.close(fd);
    else this.kept.set(pid, new KeptText(fd));
    return length;
  }

  private refused(pid: number, file: string, errno: number): undefined {
    if (errno === ENOENT || errno === ESRCH) return undefined;
    const path = `${this.folder}/${pid}/${file}`;
    if (errno === EACCES || errno === EPERM) throw new ForbiddenError(path);
    throw new SystemError(`E${errno}`, "read", path, `errno ${errno}`);
  }
}
