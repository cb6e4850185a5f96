import type { PidStat } from "../../proc/pid-stat.ts";
import { type Processes, SAME } from "../../proc/processes.ts";
import { type Descendant, DescendantTracker, FORBIDDEN, StatReader } from "./descendant-tracker.ts";
import { type Helpers, LostCpuTime, ReapedUsage, ROUNDING_SECONDS } from "./ended-processes.ts";
import type { FileDamage } from "./file-damage.ts";
import { ForkFamilies, type ProcessMemory } from "./process-memory.ts";
import { ProcessNames } from "./process-names.ts";

/** So many processes that have gone are remembered by their pid. */
const LAST_GONE = 256;

/**
 * CPU time and page faults of the command's processes, ended ones included, without any privilege. A living process' own
 * are in its stat, and those of the children that it has waited for, too; what no other process waits for is left to us.
 * Every sum begins at 0 and never falls.
 */
export class ProcessAccounts {
  userSeconds = 0;
  systemSeconds = 0;
  minorFaults = 0;
  majorFaults = 0;
  /** Of the living. */
  processes = 0;
  threads = 0;
  residentBytes = 0;
  readonly names = new ProcessNames();
  readonly reaped: ReapedUsage;
  readonly tracker: DescendantTracker;
  /** At most so much of the CPU time of those that live at the end is missing, since it is rounded down. */
  uncertainSeconds = 0;
  private readonly lost: LostCpuTime;
  private readonly reader: StatReader;
  private readonly families = new ForkFamilies();
  /** Processes found gone in this sample. */
  private readonly gone: Descendant[] = [];
  /** The last that were found gone, and how many there were in all. */
  private readonly lastGone = new Float64Array(LAST_GONE);
  private goneCount = 0;

  /** To be made before `root` can have ended. Throws ParseError. */
  constructor(
    private readonly source: Processes,
    root: number,
    helpers: Helpers,
    damage: FileDamage,
    now: () => number = () => performance.now(),
  ) {
    const isHelper = helpers.isHelper.bind(helpers);
    this.reader = new StatReader(source, damage);
    this.reaped = new ReapedUsage(source, helpers);
    this.tracker = new DescendantTracker({
      processes: source,
      reader: this.reader,
      root,
      isHelper,
      onFound: this.add.bind(this),
      now,
    });
    this.lost = new LostCpuTime({
      tracker: this.tracker,
      reaped: this.reaped,
      readAgain: this.readAgain.bind(this),
    });
  }

  /** CPU time of processes that no process has waited for: a lower bound, as samples saw it. */
  get lostSeconds(): number {
    return this.lost.seconds;
  }

  /** Whether some process has ended that no process has waited for: what it used is in no sum of the kernel's. */
  get hasLost(): boolean {
    return this.lost.hasLost;
  }

  /** Takes the state of now. `isCertain`: all processes are listed, whatever it takes. Throws SystemError, ParseError. */
  update(isCertain = false): void {
    // In this order time that moves from a child to its parent meanwhile is missed once, and never counted twice.
    this.reaped.update();
    this.names.clearResident();
    this.gone.length = 0;
    for (const descendant of this.tracker.descendants) this.refresh(descendant);
    const known = this.tracker.descendants.length;
    this.tracker.discover(this.gone.length > 0, isCertain);
    this.dropEnded(known);
    if (this.gone.length > 0) this.lost.settle(this.gone);
    this.lost.close();
    this.names.raisePeaks();
    this.sum();
  }

  /** Whether a process is one that lives, or one of the last that were found gone. */
  knows(pid: number): boolean {
    return this.tracker.find(pid) !== undefined || this.lastGone.includes(pid);
  }

  /** Takes what wait4(2) says of ended processes alone. Throws SystemError. */
  updateReaped(): void {
    this.reaped.update();
    this.sum();
  }

  /**
   * The command has ended, and the state of now was taken: those that it leaves are charged their exact time. That of
   * their own waited-for children is known to a hundredth of a second only.
   */
  takeLeftovers(): void {
    this.uncertainSeconds = 0;
    for (const descendant of this.tracker.descendants) {
      const seconds = this.source.cpuSeconds(descendant.pid);
      if (Number.isNaN(seconds)) this.uncertainSeconds += ROUNDING_SECONDS;
      // A child that was waited for has had page faults.
      if (descendant.memory.childrenFaults > 0) this.uncertainSeconds += ROUNDING_SECONDS;
      const more = seconds - descendant.ownSeconds;
      if (!(more > 0)) continue;
      descendant.addSeconds(more);
      const use = this.names.at(descendant.name);
      if (use) use.cpuSeconds += more;
    }
    this.sum();
  }

  /**
   * An orphan has ended and is about to be waited for. Its name is charged the last of its time. If it is no descendant,
   * as the first process of a container gets them, the returned function is to be called after that, and takes it off.
   */
  beforeReap(pid: number): (() => void) | undefined {
    if (this.tracker.isForeign(pid)) return this.reaped.exclude();
    const descendant = this.tracker.find(pid);
    const before = descendant?.ownSeconds ?? 0;
    const bytes = this.reader.read(pid);
    if (bytes === undefined || bytes === FORBIDDEN) return undefined;
    const { stat } = this.reader;
    const use = this.names.at(this.names.placeOf(bytes, stat.nameStart, stat.nameEnd, descendant?.name ?? -1));
    if (use) use.cpuSeconds += Math.max(0, stat.userSeconds + stat.systemSeconds - before);
    // A descendant's own figures stay those of the last sample: children that it has waited for since are settled by theirs.
    if (descendant) return undefined;
    if (use) use.processes++;
    this.source.forget(pid);
    return undefined;
  }

  /** A helper is about to end. The returned function is to be called once it was waited for, and takes its faults off. */
  helperEnding(pid: number): (() => void) | undefined {
    const bytes = this.reader.read(pid);
    if (bytes === undefined || bytes === FORBIDDEN) return undefined;
    this.source.forget(pid);
    const { minorFaults, majorFaults } = this.reader.stat;
    return () => this.reaped.excludeFaults(minorFaults, majorFaults);
  }

  /**
   * Reads the first so many again after new ones were found: those that have ended meanwhile were not there together with
   * these. All others were, when the last of the new ones was listed.
   */
  private dropEnded(count: number): void {
    const { descendants } = this.tracker;
    if (descendants.length === count) return;
    for (let i = 0; i < count; i++) {
      const descendant = descendants[i]!;
      if (descendant.gone || descendant.ended) continue;
      const stat = this.readAgain(descendant);
      if (stat === FORBIDDEN || (stat && !stat.ended)) continue;
      const use = this.names.at(descendant.name);
      if (use) use.residentBytes -= descendant.memory.residentBytes;
      if (!stat) this.setGone(descendant);
      else {
        descendant.ended = true;
        descendant.memory.residentBytes = 0;
        this.families.remove(descendant.memory);
      }
    }
  }

  private refresh(descendant: Descendant): void {
    const { memory } = descendant;
    const before = descendant.ownSeconds;
    // What a thread shows of the memory may change while the process' own text stays the same.
    const isNeeded = memory.isBorrowed || memory.thread !== memory.pid;
    const bytes = isNeeded ? this.reader.read(descendant.pid) : this.reader.readIfChanged(descendant.pid);
    if (bytes === SAME) {
      memory.keepStat();
      this.charge(descendant, 0);
      return;
    }
    // It is another user's now, as sudo makes one: what was last seen holds until its parent has waited for it.
    if (bytes === FORBIDDEN) return;
    if (bytes === undefined || this.reader.stat.startTicks !== descendant.startTicks) {
      this.setGone(descendant);
      return;
    }
    descendant.take(this.reader.stat);
    memory.isNew = false;
    if (memory.isBorrowed || descendant.ended || memory.newFaults !== 0) this.placeMemory(descendant);
    this.takeName(descendant, bytes);
    this.charge(descendant, Math.max(0, descendant.ownSeconds - before));
  }

  private setGone(descendant: Descendant): void {
    descendant.gone = true;
    this.families.remove(descendant.memory);
    this.gone.push(descendant);
    this.lastGone[this.goneCount++ % LAST_GONE] = descendant.pid;
    // The pid may go to another process.
    this.source.forget(descendant.pid);
  }

  /** Takes a new descendant: all that it has used is charged to its name. */
  private add(descendant: Descendant, bytes: Uint8Array): void {
    this.placeMemory(descendant);
    this.takeName(descendant, bytes);
    this.charge(descendant, descendant.ownSeconds);
  }

  /** Puts its memory into its family, which is another one after it has executed a program. */
  private placeMemory({ memory, parent, ended }: Descendant): void {
    if (memory.isBorrowed) memory.isBorrowed = this.hasMemoryOf(memory, parent);
    if (memory.isBorrowed) memory.residentBytes = 0;
    if (memory.isBorrowed || ended) this.families.remove(memory);
    else this.families.place(memory, this.reader.stat.stackStart());
  }

  /** A child between vfork and exec shows its parent's memory as its own: the memory of both would be counted twice. */
  private hasMemoryOf({ pid }: ProcessMemory, parentPid: number): boolean {
    return this.tracker.find(parentPid) !== undefined && this.source.haveOneMemory(pid, parentPid);
  }

  private readAgain({ pid, startTicks }: Descendant): PidStat | typeof FORBIDDEN | undefined {
    const bytes = this.reader.read(pid);
    if (bytes === FORBIDDEN) return FORBIDDEN;
    return bytes !== undefined && this.reader.stat.startTicks === startTicks ? this.reader.stat : undefined;
  }

  private charge({ name, memory }: Descendant, seconds: number): void {
    const use = this.names.at(name);
    if (!use) return;
    use.cpuSeconds += seconds;
    use.residentBytes += memory.residentBytes;
  }

  /** The name is that of now: a process has another one after it has executed another program. */
  private takeName(descendant: Descendant, bytes: Uint8Array): void {
    const { name } = descendant;
    // A thread has a name of its own.
    if (this.reader.stat.thread > 0 && name >= 0) return;
    const { nameStart, nameEnd } = this.reader.stat;
    const place = this.names.placeOf(bytes, nameStart, nameEnd, name);
    if (place === name) return;
    const [old, use] = [this.names.at(name), this.names.at(place)];
    // A process that had been forked and not executed its program yet was seen under its parent's name.
    if (old) old.processes--;
    if (use) use.processes++;
    descendant.name = place;
  }

  private sum(): void {
    const { reaped, lost } = this;
    let user = reaped.userSeconds + lost.userSeconds;
    let system = reaped.systemSeconds + lost.seconds - lost.userSeconds;
    let minor = reaped.minorFaults;
    let major = reaped.majorFaults;
    this.processes = 0;
    this.threads = 0;
    this.residentBytes = 0;
    for (const descendant of this.tracker.descendants) {
      user += descendant.userSeconds + descendant.childrenUserSeconds;
      system += descendant.systemSeconds + descendant.childrenSystemSeconds;
      minor += descendant.minorFaults;
      major += descendant.majorFaults;
      if (descendant.ended) continue;
      this.processes++;
      this.threads += descendant.threads;
      this.residentBytes += descendant.memory.residentBytes;
    }
    this.userSeconds = Math.max(this.userSeconds, user);
    this.systemSeconds = Math.max(this.systemSeconds, system);
    this.minorFaults = Math.max(this.minorFaults, minor);
    this.majorFaults = Math.max(this.majorFaults, major);
  }
}
