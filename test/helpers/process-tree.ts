import { ForbiddenError } from "../../src/errors.ts";
import { type MachineFile, type Processes, type ProcessFile, SAME } from "../../src/proc/processes.ts";
import { DEFAULTS, type Scripted, TEXTS } from "./scripted-process.ts";

const US = 1000;
const INIT = 1;

/** A model of the kernel's processes: fork, exit, wait, orphans. As strict as the kernel: a view is void after the next read. */
export class ProcessTree implements Processes {
  readonly pageBytes = 4096;
  readonly self = US;
  pids = new Int32Array(4096);
  inodes = new Float64Array(4096);
  listed = 0;
  /** How long the machine's one CPU was idle since the command's start: so long at first that no time is ever missing. */
  idleSeconds = () => 1e9;
  readonly atStart = { atMs: 0, idleSeconds: 0, ownSeconds: 0, othersSeconds: 0 };
  isForeign = false;
  /** The machine's shared memory, and the open tmpfs files of each process: their identity and bytes. */
  sharedMemoryBytes = 0;
  readonly tmpfsFiles = new Map<number, readonly (readonly [identity: string, bytes: number])[]>();
  isListSame = false;
  /** The run delay of each thread, in seconds; none: the kernel does not count it. */
  readonly runDelays = new Map<number, number>();
  /** The CPU time of each process by a precise clock, in seconds; none: there is no such clock. */
  readonly clocks = new Map<number, number>();
  /** The threads of processes that have several, by pid. */
  readonly threadsOf = new Map<number, readonly number[]>();
  readonly threads = new Int32Array(64);
  readonly children = new Int32Array(4096);
  /** How often all processes were listed. */
  lists = 0;
  /** The kernel has the children of a process (CONFIG_PROC_CHILDREN). */
  hasChildren = true;
  /** Called before each read, so that something can happen between two reads. */
  beforeRead: (pid: number, file: ProcessFile) => void = () => undefined;
  /** The order of the list; by pid in the kernel. */
  order = (pids: number[]) => pids.sort((a, b) => a - b);
  readonly reads: string[] = [];
  readonly ended = new EndedModel();
  private readonly all = new Map<number, Scripted>();
  private readonly texts = new Map<number, string>();
  /** Threads that go on after their process' first one. */
  private readonly lastThreads = new Map<number, number>();
  private readonly hidden = new Set<number>();
  private nextPid = US + 1;
  private nextInode = 1;
  private forks = 0;
  private ticks = 1;
  private nextStack = 0x7ff0_0000_0000;
  private buffer = new Uint8Array(4096);

  constructor() {
    this.put(INIT, 0, { name: "init", adopts: true });
    this.put(US, INIT, { name: "statexec", adopts: true });
  }

  /** Makes a process that has executed a program; returns its pid. */
  fork(parent: number, has: Partial<Scripted> = {}): number {
    const { pid = this.nextPid++ } = has;
    this.put(pid, parent, { name: this.all.get(parent)?.name ?? "?", ...has });
    return pid;
  }

  /** Makes a process that is a copy of its parent; returns its pid. */
  copy(parent: number, has: Partial<Scripted> = {}): number {
    const { residentPages, anonymous, shared, stackStart } = this.at(parent);
    return this.fork(parent, { residentPages, anonymous, shared, stackStart, ...has });
  }

  /** A process executes a program. */
  execute(pid: number, has: Partial<Scripted> = {}): void {
    const process = this.at(pid);
    Object.assign(process, { stackStart: this.nextStack++, minorFaults: process.minorFaults + 1, memoryOf: undefined });
    Object.assign(process, has);
  }

  private put(pid: number, parent: number, has: Partial<Scripted>): void {
    this.forks++;
    this.all.set(pid, {
      ...DEFAULTS,
      inode: this.nextInode++,
      startTicks: this.ticks++,
      stackStart: this.nextStack++,
      ...has,
      pid,
      parent,
      forbidden: new Set(),
    });
  }

  /** Returns a process, which may be changed. */
  at(pid: number): Scripted {
    const process = this.all.get(pid);
    if (!process) throw new Error(`the model has no process ${pid}`);
    return process;
  }

  has(pid: number): boolean {
    return this.all.has(pid);
  }

  burn(pid: number, userSeconds: number, systemSeconds = 0): void {
    this.at(pid).userSeconds += userSeconds;
    this.at(pid).systemSeconds += systemSeconds;
  }

  childrenOf(pid: number): Scripted[] {
    return [...this.all.values()].filter(({ parent }) => parent === pid);
  }

  /** A process ends: its children get another parent, and it becomes a zombie, unless its parent ignores SIGCHLD. */
  exit(pid: number): void {
    const process = this.at(pid);
    let heir = process.parent;
    while (!this.at(heir).adopts) heir = this.at(heir).parent;
    for (const child of this.childrenOf(pid)) {
      child.parent = heir;
      if (child.zombie && this.at(heir).ignoresChildren) this.all.delete(child.pid);
    }
    Object.assign(process, { zombie: true, threads: 1, residentPages: 0, memoryOf: undefined, descriptors: 0 });
    if (this.at(process.parent).ignoresChildren) this.all.delete(pid);
  }

  /** The parent of a zombie waits for it: what it used is added to the parent, or to our ended children. */
  wait(pid: number): void {
    const { parent, ...it } = this.at(pid);
    if (!it.zombie) throw new Error(`${pid} has not ended`);
    this.all.delete(pid);
    const user = it.userSeconds + it.childrenUserSeconds;
    const system = it.systemSeconds + it.childrenSystemSeconds;
    const faults = it.minorFaults + it.childrenMinorFaults;
    if (parent === US) {
      this.ended.add(user, system, faults);
      return;
    }
    const heir = this.at(parent);
    heir.childrenUserSeconds += user;
    heir.childrenSystemSeconds += system;
    heir.childrenMinorFaults += faults;
    heir.readBytes += it.readBytes;
  }

  /** A process ends and is waited for. */
  end(pid: number): void {
    this.exit(pid);
    if (this.has(pid)) this.wait(pid);
  }

  /** The first thread of a process ends, another one goes on; returns its number. */
  endLeader(pid: number): number {
    const thread = this.nextPid++;
    this.lastThreads.set(thread, pid);
    this.at(pid).threads = 2;
    return thread;
  }

  /** What the files of a number show: of a first thread that has ended no memory, of another one all but its start. */
  private shownBy(number: number): Scripted | undefined {
    const owner = this.lastThreads.get(number);
    if (owner !== undefined) {
      const process = this.all.get(owner);
      return process && { ...process, pid: number, name: "worker", startTicks: process.startTicks + 5 };
    }
    const process = this.all.get(number);
    return process && this.newestThread(number) !== number ? { ...process, residentPages: 0, zombie: true } : process;
  }

  /** Hides a process, as hidepid=2 does: it is not in the list, and has no files. */
  hide(pid: number): void {
    this.hidden.add(pid);
  }

  newestPid(): number {
    return this.forks;
  }

  listChildren(pid: number): number {
    if (!this.hasChildren || !this.all.has(pid)) return -1;
    const children = this.childrenOf(pid);
    this.children.set(children.map((child) => child.pid));
    return children.length;
  }

  list(): number {
    this.lists++;
    const pids = this.order([...this.all.keys()].filter((pid) => !this.hidden.has(pid)));
    const inodes = pids.map((pid) => this.at(pid).inode);
    this.isListSame =
      this.listed === pids.length && pids.every((pid, i) => pid === this.pids[i] && inodes[i] === this.inodes[i]);
    this.pids.set(pids);
    this.inodes.set(inodes);
    this.listed = pids.length;
    return pids.length;
  }

  read(pid: number, file: ProcessFile): Uint8Array | undefined {
    this.beforeRead(pid, file);
    this.reads.push(`${pid}/${file}`);
    const process = this.shownBy(pid);
    this.buffer.fill(0x21);
    if (!process || this.hidden.has(pid)) return undefined;
    if (process.forbidden.has(file)) throw new ForbiddenError(`/proc/${pid}/${file}`);
    const { written } = new TextEncoder().encodeInto(TEXTS[file](process), this.buffer);
    return this.buffer.subarray(0, written);
  }

  openDescriptors(pid: number): number {
    const process = this.all.get(pid);
    if (!process || process.zombie) return Number.NaN;
    if (process.forbidden.has("fd")) throw new ForbiddenError(`/proc/${pid}/fd`);
    return process.descriptors;
  }

  haveOneMemory(pid: number, other: number): boolean {
    return this.all.get(pid)?.memoryOf === other;
  }

  readStat(pid: number): Uint8Array | typeof SAME | undefined {
    const bytes = this.read(pid, "stat");
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    if (this.texts.get(pid) === text) return SAME;
    this.texts.set(pid, text);
    return bytes;
  }

  listThreads(pid: number): number {
    const all = this.threadsOf.get(pid) ?? [pid];
    this.threads.set(all);
    return all.length;
  }

  runDelaySeconds(thread: number): number {
    this.reads.push(`${thread}/schedstat`);
    return this.runDelays.get(thread) ?? Number.NaN;
  }

  newestThread(pid: number): number {
    for (const [thread, owner] of this.lastThreads) if (owner === pid) return thread;
    return pid;
  }

  addTmpfsFiles(pid: number, into: Map<string, number>): void {
    for (const [identity, bytes] of this.tmpfsFiles.get(pid) ?? []) into.set(identity, bytes);
  }

  cpuSeconds(pid: number): number {
    const process = this.all.get(pid);
    return process ? process.userSeconds + process.systemSeconds : Number.NaN;
  }

  preciseCpuSeconds(pid: number): number {
    return this.clocks.get(pid) ?? Number.NaN;
  }

  readMachine(file: MachineFile): Uint8Array {
    const idle = Math.round(this.idleSeconds() * 100);
    const texts = {
      uptime: `9.00 ${this.idleSeconds()}\n`,
      stat: `cpu 0 0 0 ${idle} 0\ncpu0 0 0 0 ${idle} 0\nprocesses ${this.nextPid}\n`,
      loadavg: `0.00 0.00 0.00 1/${this.all.size} ${this.nextPid - 1}\n`,
    };
    this.buffer.fill(0x21);
    const { written } = new TextEncoder().encodeInto(texts[file], this.buffer);
    return this.buffer.subarray(0, written);
  }

  othersShown = 0;
  private others(): Scripted[] {
    const listed = new Set(this.pids.subarray(0, this.listed));
    const others = [...this.all.values()].filter(({ pid }) => pid !== US && listed.has(pid));
    this.othersShown = others.length;
    return others;
  }

  othersWaitedForSeconds(): number {
    return this.others().reduce((sum, p) => sum + p.childrenUserSeconds + p.childrenSystemSeconds, 0);
  }

  othersCpuSeconds(): number {
    const others = this.others();
    return others.reduce((sum, { userSeconds, systemSeconds }) => sum + userSeconds + systemSeconds, 0);
  }

  ownThreadsAfter(): number {
    return 0;
  }

  forget(pid: number): void {
    this.texts.delete(pid);
  }
}

/** What our ended children have used, as of the last update. */
class EndedModel {
  userSeconds = 0;
  systemSeconds = 0;
  minorFaults = 0;
  majorFaults = 0;
  diskReadBytes = 0;
  diskWriteBytes = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;
  largestBytes = 0;
  private readonly now = { userSeconds: 0, systemSeconds: 0, minorFaults: 0, voluntarySwitches: 0, largestBytes: 0 };

  update(): void {
    Object.assign(this, this.now);
  }

  add(userSeconds: number, systemSeconds: number, minorFaults: number): void {
    this.now.userSeconds += userSeconds;
    this.now.systemSeconds += systemSeconds;
    this.now.minorFaults += minorFaults;
    this.now.voluntarySwitches++;
  }

  /** The most that one of them held. */
  set largest(bytes: number) {
    this.now.largestBytes = bytes;
  }
}
