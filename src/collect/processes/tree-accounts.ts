import { ForbiddenError } from "../../errors.ts";
import { PidStat } from "../../proc/pid-stat.ts";
import { type Processes, SAME } from "../../proc/processes.ts";
import { Families } from "./tree-families.ts";
import { Kin } from "./tree-kin.ts";
import { Losses } from "./tree-losses.ts";
import type { Member } from "./tree-member.ts";
import { ProcessNames } from "./tree-names.ts";
import { type Helpers, Reaped } from "./tree-reaped.ts";

/**
 * What the command's processes used, ended ones included, without any privilege. A living process' own time is in its
 * stat, its ended children's is there too once it has waited for them, and what nobody else waits for is left to us.
 * Every sum begins at 0 and never falls.
 */
export class TreeAccounts {
  userSeconds = 0;
  systemSeconds = 0;
  minorFaults = 0;
  majorFaults = 0;
  /** Of the living. */
  processes = 0;
  threads = 0;
  residentBytes = 0;
  readonly names = new ProcessNames();
  readonly reaped: Reaped;
  private readonly kin: Kin;
  private readonly losses: Losses;
  private readonly stat: PidStat;
  private readonly families = new Families();
  /** Processes found gone in this update. */
  private readonly gone: Member[] = [];

  /** To be made before `root` can have ended. */
  constructor(
    private readonly source: Processes,
    root: number,
    helpers: Helpers,
  ) {
    const isHelper = helpers.isHelper.bind(helpers);
    this.stat = new PidStat(source.pageBytes);
    this.reaped = new Reaped(source.ended, helpers);
    this.kin = new Kin({ processes: source, root, isHelper, welcome: this.welcome.bind(this) });
    this.losses = new Losses({
      kin: this.kin,
      reapedSeconds: () => this.reaped.seconds,
      childrenSecondsOf: this.childrenSecondsOf.bind(this),
    });
  }

  /** The living, parents before their children; to be read only. */
  get members(): readonly Member[] {
    return this.kin.members;
  }

  /** Whether one of these has started another process since the last update. Throws SystemError, ParseError. */
  haveForked(members: readonly Member[]): boolean {
    return this.kin.haveForked(members);
  }

  /** CPU time that nobody waited for: a bound from below, as samples saw it. */
  get lostSeconds(): number {
    return this.losses.seconds;
  }

  /** Takes the state of now. Throws SystemError, ParseError. */
  update(): void {
    // In this order time that moves from a child to its parent meanwhile is missed for once, and never counted twice.
    this.reaped.update();
    this.names.clearResident();
    this.gone.length = 0;
    for (const member of this.kin.members) this.refresh(member);
    this.kin.discover(this.gone.length > 0);
    if (this.gone.length > 0) this.losses.settle(this.gone);
    this.losses.close();
    this.names.raisePeaks();
    this.sum();
  }

  /**
   * An orphan has ended and is about to be waited for: its name gets the last of its time. One that is none of the
   * tree's, as the first process of a container gets them too, is taken out of what is ours then: by the answer.
   */
  farewell(pid: number): (() => void) | undefined {
    if (this.kin.isForeign(pid)) return this.reaped.discount();
    const member = this.kin.member(pid);
    const before = member?.ownSeconds ?? 0;
    const bytes = this.look(pid);
    if (bytes === undefined || bytes === "hidden") return undefined;
    const { stat } = this;
    const use = this.names.at(this.names.placeOf(bytes, stat.nameStart, stat.nameEnd, member?.name ?? -1));
    if (use) use.cpuSeconds += Math.max(0, stat.userSeconds + stat.systemSeconds - before);
    if (member) member.take(stat);
    else if (use) use.processes++;
    if (!member) this.source.forget(pid);
    return undefined;
  }

  /** A helper is about to be ended: the answer takes its faults off. */
  helperEnding(pid: number): (() => void) | undefined {
    const bytes = this.look(pid);
    if (bytes === undefined || bytes === "hidden") return undefined;
    this.source.forget(pid);
    const { minorFaults, majorFaults } = this.stat;
    return () => this.reaped.discountFaults(minorFaults, majorFaults);
  }

  private refresh(member: Member): void {
    const before = member.ownSeconds;
    const bytes = member.borrows ? this.look(member.pid) : this.lookAgain(member.pid);
    if (bytes === SAME) this.keep(member);
    // Another user's now, as sudo makes one: what was known of it holds on until its parent has waited for it.
    if (bytes === SAME || bytes === "hidden") return;
    if (bytes === undefined || this.stat.startTicks !== member.startTicks) {
      member.gone = true;
      this.families.remove(member);
      this.gone.push(member);
      // What is kept for the pid is not its next owner's.
      this.source.forget(member.pid);
      return;
    }
    member.take(this.stat);
    member.isNew = false;
    if (member.borrows || member.ended || member.newFaults !== 0) this.lookAtMemory(member, this.stat);
    this.nameOf(member, this.stat, bytes);
    this.charge(member, Math.max(0, member.ownSeconds - before));
  }

  /** It says what it said before: it is what it was. */
  private keep(member: Member): void {
    member.stay();
    this.charge(member, 0);
  }

  /** A new process: all that it used until now is its name's. */
  private welcome(member: Member, stat: PidStat, bytes: Uint8Array): void {
    this.lookAtMemory(member, stat);
    this.nameOf(member, stat, bytes);
    this.charge(member, member.ownSeconds);
  }

  /** Whose memory it has may be another's now: what takes none and executes no program has no faults. */
  private lookAtMemory(member: Member, stat: PidStat): void {
    if (member.borrows) member.borrows = this.borrows(member);
    if (member.borrows) member.residentBytes = 0;
    if (member.borrows || member.ended) this.families.remove(member);
    else this.families.place(member, stat.stackStart());
  }

  /** A child between vfork and exec shows its parent's memory as its own: a program that starts others would seem doubled. */
  private borrows(member: Member): boolean {
    const parent = this.kin.member(member.parent);
    return parent !== undefined && this.source.haveOneMemory(member.pid, parent.pid);
  }

  /** Takes a process' stat. Undefined: it is gone; hidden: it is there, and not to be seen. */
  private look(pid: number): Uint8Array | "hidden" | undefined {
    try {
      const bytes = this.source.read(pid, "stat");
      if (bytes) this.stat.parse(bytes);
      return bytes;
    } catch (error) {
      if (error instanceof ForbiddenError) return "hidden";
      throw error;
    }
  }

  /** The same, of one that was looked at before. */
  private lookAgain(pid: number): Uint8Array | typeof SAME | "hidden" | undefined {
    try {
      const bytes = this.source.readStat(pid);
      if (bytes && bytes !== SAME) this.stat.parse(bytes);
      return bytes;
    } catch (error) {
      // What could not be taken is not to be the same the next time.
      this.source.forget(pid);
      if (error instanceof ForbiddenError) return "hidden";
      throw error;
    }
  }

  private childrenSecondsOf(member: Member): number | undefined {
    const bytes = this.look(member.pid);
    if (bytes === "hidden") return member.childrenSeconds;
    if (bytes === undefined || this.stat.startTicks !== member.startTicks) return undefined;
    return this.stat.childrenUserSeconds + this.stat.childrenSystemSeconds;
  }

  private charge(member: Member, seconds: number): void {
    const use = this.names.at(member.name);
    if (!use) return;
    use.cpuSeconds += seconds;
    use.residentBytes += member.residentBytes;
  }

  /** The name is that of now: a process takes another when it executes another program. */
  private nameOf(member: Member, stat: PidStat, bytes: Uint8Array): void {
    const place = this.names.placeOf(bytes, stat.nameStart, stat.nameEnd, member.name);
    if (place === member.name) return;
    const [old, use] = [this.names.at(member.name), this.names.at(place)];
    // One that was forked and had not executed its program yet was seen under its parent's name.
    if (old) old.processes--;
    if (use) use.processes++;
    member.name = place;
  }

  private sum(): void {
    const { reaped, losses } = this;
    let user = reaped.userSeconds + losses.userSeconds;
    let system = reaped.systemSeconds + losses.seconds - losses.userSeconds;
    let minor = reaped.minorFaults;
    let major = reaped.majorFaults;
    this.processes = 0;
    this.threads = 0;
    this.residentBytes = 0;
    for (const member of this.kin.members) {
      user += member.userSeconds + member.childrenUserSeconds;
      system += member.systemSeconds + member.childrenSystemSeconds;
      minor += member.minorFaults;
      major += member.majorFaults;
      if (member.ended) continue;
      this.processes++;
      this.threads += member.threads;
      this.residentBytes += member.residentBytes;
    }
    this.userSeconds = Math.max(this.userSeconds, user);
    this.systemSeconds = Math.max(this.systemSeconds, system);
    this.minorFaults = Math.max(this.minorFaults, minor);
    this.majorFaults = Math.max(this.majorFaults, major);
  }
}
