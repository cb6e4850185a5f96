import { ForbiddenError } from "../../errors.ts";
import { PidStat } from "../../proc/pid-stat.ts";
import { type Processes, SAME } from "../../proc/processes.ts";
import type { FileDamage } from "./file-damage.ts";
import { ForkWatch } from "./fork-watch.ts";
import { LastIo } from "./io-bytes.ts";
import { ProcessMemory } from "./process-memory.ts";

/** A process of the command's tree, be it the command itself, by its stat at the last sample. */
export class Descendant {
  readonly memory: ProcessMemory;
  readonly io = new LastIo();
  parent = 0;
  /** Its own CPU time, and that of its waited-for children. */
  userSeconds = 0;
  systemSeconds = 0;
  childrenUserSeconds = 0;
  childrenSystemSeconds = 0;
  /** Page faults, of its own and of its waited-for children. */
  minorFaults = 0;
  majorFaults = 0;
  threads = 0;
  /** The most that a sample saw. */
  mostThreads = 0;
  /** It has ended, and its parent has not waited for it. */
  ended = false;
  /** It was found gone in this sample. */
  gone = false;
  /** It was seen in the command's control group. */
  isGroupKnown = false;
  /** The place of its name in `ProcessNames`; -1: it has none yet. */
  name = -1;
  /** Its own CPU time at the last sample that was recorded with its largest processes. */
  private recordedMicros = 0;
  /** For `LostCpuTime`: its children's CPU time at the last comparison, and how much is to be added by ended ones. */
  childrenChecked = 0;
  expected = 0;
  /** The same of page faults. */
  childrenFaultsChecked = 0;
  expectedFaults = 0;

  constructor(
    readonly pid: number,
    stat: PidStat,
  ) {
    this.memory = new ProcessMemory(pid, stat.startTicks);
    this.take(stat);
    this.childrenChecked = this.childrenSeconds;
    this.childrenFaultsChecked = this.memory.childrenFaults;
  }

  /** With the pid, what it is identified by. */
  get startTicks(): number {
    return this.memory.startTicks;
  }

  get ownSeconds(): number {
    return this.userSeconds + this.systemSeconds;
  }

  get childrenSeconds(): number {
    return this.childrenUserSeconds + this.childrenSystemSeconds;
  }

  /** Own CPU time since the last call, in microseconds. */
  takeNewMicros(): number {
    const before = this.recordedMicros;
    this.recordedMicros = Math.max(before, Math.round(this.ownSeconds * 1e6));
    return this.recordedMicros - before;
  }

  /** Adds own CPU time that stat does not show, in the proportion in which it shows user and system time. */
  addSeconds(seconds: number): void {
    const own = this.ownSeconds;
    const [user, system] = own > 0 ? [this.userSeconds / own, this.systemSeconds / own] : [1, 0];
    this.userSeconds += seconds * user;
    this.systemSeconds += seconds * system;
  }

  /** Takes a sample. */
  take(stat: PidStat): void {
    this.parent = stat.parent;
    this.userSeconds = stat.userSeconds;
    this.systemSeconds = stat.systemSeconds;
    this.childrenUserSeconds = stat.childrenUserSeconds;
    this.childrenSystemSeconds = stat.childrenSystemSeconds;
    this.minorFaults = stat.minorFaults + stat.childrenMinorFaults;
    this.majorFaults = stat.majorFaults + stat.childrenMajorFaults;
    this.threads = stat.threads;
    if (stat.threads > this.mostThreads) this.mostThreads = stat.threads;
    this.memory.takeStat(stat);
    this.ended = stat.ended && !this.memory.isLeaderGone;
  }
}

/** In place of a stat that is refused, as that of another user's process is under hidepid. */
export const FORBIDDEN = "forbidden";

/** Reads the stat of one process after the other. */
export class StatReader {
  /** The last one that was read. */
  readonly stat: PidStat;
  /** The last text could not be parsed: nothing is known of that process, and it was not forbidden. */
  isDamaged = false;

  constructor(
    private readonly processes: Processes,
    private readonly damage: FileDamage,
  ) {
    this.stat = new PidStat(processes.pageBytes);
  }

  /** Returns the text that `stat` was parsed from; undefined: the process is gone. FORBIDDEN: also one that is damaged. */
  read(pid: number): Uint8Array | typeof FORBIDDEN | undefined {
    this.isDamaged = false;
    try {
      const bytes = this.processes.read(pid, "stat");
      return bytes && this.parse(pid, bytes);
    } catch (error) {
      return this.refused(error);
    }
  }

  /** The same; SAME: the text is the last one of this process, and was not parsed. */
  readIfChanged(pid: number): Uint8Array | typeof SAME | typeof FORBIDDEN | undefined {
    this.isDamaged = false;
    try {
      const bytes = this.processes.readStat(pid);
      return bytes && bytes !== SAME ? this.parse(pid, bytes) : bytes;
    } catch (error) {
      // A text that could not be taken is not to be SAME the next time.
      this.processes.forget(pid);
      return this.refused(error);
    }
  }

  private refused(error: unknown): typeof FORBIDDEN {
    if (error instanceof ForbiddenError) return FORBIDDEN;
    this.damage.note(error);
    this.isDamaged = true;
    return FORBIDDEN;
  }

  /** Takes the text of a living thread instead if the first one has ended; returns the text that was taken. */
  private parse(pid: number, bytes: Uint8Array): Uint8Array {
    const { processes, stat } = this;
    stat.parse(bytes);
    if (!stat.isLeaderGone) return bytes;
    const thread = processes.newestThread(pid);
    const text = thread > 0 && thread !== pid ? processes.read(thread, "stat") : undefined;
    if (!text) return bytes;
    stat.parseThread(thread, text);
    processes.forget(thread);
    return text;
  }
}

/** What is known of a pid. */
interface KnownPid {
  /** Of its folder in /proc. If it changes, the pid may have gone to another process. */
  readonly inode: number;
  /** Undefined: the process is no descendant, and never will be. */
  readonly descendant: Descendant | undefined;
  /** The number of the last scan that listed it. */
  seen: number;
}

/** What a tracker works with. */
interface TrackerParts {
  readonly processes: Processes;
  readonly reader: StatReader;
  /** The pid of the command. */
  readonly root: number;
  /** Whether a child of ours is one for our own use. */
  readonly isHelper: (pid: number) => boolean;
  /** Called for each descendant that is found, with the text of the stat that was just read. */
  readonly onFound: (descendant: Descendant, bytes: Uint8Array) => void;
  /** Milliseconds by a clock that does not step. */
  readonly now: () => number;
}

/**
 * Knows which processes are the command's: it, its descendants, and the orphans of these that were left to us. Whether a
 * process is a descendant is decided once, by its parent, and never changes: stat is read for that of new processes only.
 */
export class DescendantTracker {
  /** The living, parents before their children. */
  readonly descendants: Descendant[] = [];
  /** The memory of each. */
  readonly memories: ProcessMemory[] = [];
  private readonly known = new Map<number, KnownPid>();
  /** The processes and threads that samples saw of those that are gone. */
  private tasksGone = 0;
  private scan = 0;
  /** Places in the list of processes that are not decided yet. */
  private undecided: number[] = [];
  private stillUndecided: number[] = [];
  /** When the command itself began. */
  private rootTicks = 0;
  /** All processes of the last list are decided. */
  private isListDecided = false;
  /** The last scan left some out, whose text was damaged. */
  private hasSkipped = false;
  /** Processes that the last scan could not decide, and their parents. */
  private readonly unknownParents = new Map<number, number>();
  private readonly forks: ForkWatch;

  /** `processes` were last listed before the command's start: those are none of its descendants. */
  constructor(private readonly parts: TrackerParts) {
    const { pids, inodes, listed } = parts.processes;
    this.forks = new ForkWatch(parts.processes, parts.now);
    for (let i = 0; i < listed; i++) this.known.set(pids[i]!, { inode: inodes[i]!, descendant: undefined, seen: 0 });
  }

  /** How many processes and threads of the tree samples have seen, ended ones included. */
  get tasksFound(): number {
    let tasks = this.tasksGone;
    for (const { mostThreads } of this.descendants) tasks += mostThreads;
    return tasks;
  }

  /** Returns the descendant of a pid; undefined: it is none. */
  find(pid: number): Descendant | undefined {
    return this.known.get(pid)?.descendant;
  }

  /** Whether a process is known to be no descendant. */
  isForeign(pid: number): boolean {
    const entry = this.known.get(pid);
    return entry !== undefined && entry.descendant === undefined;
  }

  /**
   * Finds new descendants, and puts them at the end of the list. `haveGone`: some descendants were found gone, whose pids
   * other processes may have by now. `isCertain`: all processes are listed, whatever says that none is new. Throws
   * SystemError, ParseError.
   */
  discover(haveGone: boolean, isCertain: boolean): void {
    const { known, undecided, forks } = this;
    const { processes } = this.parts;
    const isQuiet = forks.isQuiet();
    if (this.isListDecided && !haveGone && !isCertain && !forks.isListDue)
      if (isQuiet || forks.haveNoNewChild(this.descendants, this.isOurs)) return;
    forks.listing();
    const count = processes.list();
    if (processes.isListSame && this.isListDecided && !haveGone) return;
    this.scan++;
    this.hasSkipped = false;
    undecided.length = 0;
    for (let i = 0; i < count; i++) {
      const entry = known.get(processes.pids[i]!);
      if (entry !== undefined && entry.inode === processes.inodes[i]) entry.seen = this.scan;
      else undecided.push(i);
    }
    this.decideAll();
    this.isListDecided = this.undecided.length === 0 && !haveGone && !this.hasSkipped;
    if (known.size > count) this.prune();
  }

  /** Whether a child of one of these, or an orphan of ours, is new since the last scan. Throws SystemError, ParseError. */
  haveForked(parents: readonly ProcessMemory[]): boolean {
    const { processes, reader, isHelper } = this.parts;
    const count = processes.list();
    if (!processes.isListSame) this.isListDecided = false;
    for (let i = 0; i < count; i++) {
      const pid = processes.pids[i]!;
      if (this.known.get(pid)?.inode === processes.inodes[i]) continue;
      const bytes = reader.read(pid);
      processes.forget(pid);
      if (bytes === undefined || bytes === FORBIDDEN) continue;
      const { parent } = reader.stat;
      const memory = this.find(parent)?.memory;
      if (parent === processes.self ? !isHelper(pid) : memory !== undefined && parents.includes(memory)) return true;
    }
    return false;
  }

  /** Removes descendants that are gone. */
  removeGone(): void {
    const { descendants, memories } = this;
    let kept = 0;
    for (let i = 0; i < descendants.length; i++) {
      const descendant = descendants[i]!;
      if (!descendant.gone) {
        descendants[kept] = descendant;
        memories[kept++] = descendant.memory;
        continue;
      }
      this.tasksGone += descendant.mostThreads;
      if (this.find(descendant.pid) === descendant) this.known.delete(descendant.pid);
    }
    descendants.length = kept;
    memories.length = kept;
  }

  private readonly isOurs = (pid: number): boolean => this.find(pid) !== undefined || this.parts.isHelper(pid);

  /** A process whose parent is new too, and comes later in the list, is decided once the parent is. */
  private decideAll(): void {
    let before: number;
    do {
      before = this.undecided.length;
      this.stillUndecided.length = 0;
      for (const place of this.undecided) if (!this.decide(place, false)) this.stillUndecided.push(place);
      [this.undecided, this.stillUndecided] = [this.stillUndecided, this.undecided];
    } while (this.undecided.length > 0 && this.undecided.length < before);
    for (const place of this.undecided) this.decide(place, true);
  }

  /** Decides a process; false: its parent is not decided yet. `isLast`: and will not be in this scan. */
  private decide(place: number, isLast: boolean): boolean {
    const { processes, reader, onFound } = this.parts;
    const pid = processes.pids[place]!;
    const inode = processes.inodes[place]!;
    const bytes = reader.read(pid);
    if (bytes === undefined) return true;
    if (reader.isDamaged) {
      this.hasSkipped = true;
      return true;
    }
    if (bytes !== FORBIDDEN && this.isKnownDescendant(pid, inode)) return true;
    const isDescendant = bytes === FORBIDDEN ? false : this.isDescendant(pid, isLast);
    const descendant = isDescendant ? new Descendant(pid, reader.stat) : undefined;
    if (!descendant) processes.forget(pid);
    if (isDescendant !== undefined) this.known.set(pid, { inode, descendant, seen: this.scan });
    if (!descendant || bytes === FORBIDDEN) return isDescendant !== undefined;
    this.descendants.push(descendant);
    this.memories.push(descendant.memory);
    onFound(descendant, bytes);
    return true;
  }

  /** A folder that the kernel has dropped from its cache, short of memory, comes back with another inode. */
  private isKnownDescendant(pid: number, inode: number): boolean {
    const descendant = this.find(pid);
    const { startTicks } = this.parts.reader.stat;
    if (!descendant || descendant.gone || descendant.startTicks !== startTicks) return false;
    this.known.set(pid, { inode, descendant, seen: this.scan });
    return true;
  }

  /** By the stat that was just read. Undefined: not decided, since its parent is not known, and may have just ended. */
  private isDescendant(pid: number, isLast: boolean): boolean | undefined {
    const { root, processes, reader, isHelper } = this.parts;
    const { parent, startTicks } = reader.stat;
    if (pid === root) {
      this.rootTicks = startTicks;
      return true;
    }
    // It was there before the command: its folder has come back with another inode.
    if (startTicks < this.rootTicks) return false;
    if (parent === processes.self) return !isHelper(pid);
    if (parent === 0) return false;
    const entry = this.known.get(parent);
    if (entry?.seen === this.scan) return entry.descendant !== undefined;
    if (!isLast) return undefined;
    // If the parent has ended, the process has another one by the next scan. Else it is hidden, and so no descendant.
    if (this.unknownParents.get(pid) === parent) return false;
    this.unknownParents.set(pid, parent);
    return undefined;
  }

  /** Forgets other processes that are gone. Descendants that are gone are found by their stat. */
  private prune(): void {
    for (const [pid, { seen, descendant }] of this.known)
      if (seen !== this.scan && descendant === undefined) this.known.delete(pid);
    this.unknownParents.clear();
  }
}
