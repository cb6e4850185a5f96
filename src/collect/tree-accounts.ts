import { PidStat } from "../proc/pid-stat.ts";
import type { Processes } from "../proc/processes.ts";
import { Kin } from "./tree-kin.ts";
import type { Member } from "./tree-member.ts";
import { ProcessNames } from "./tree-names.ts";

/** Our own processes beside the command: which they are, and what those used that have ended. */
export interface Helpers {
  isHelper(pid: number): boolean;
  readonly userSeconds: number;
  readonly systemSeconds: number;
}

/** Times in /proc are rounded down to a hundredth of a second, own and children's, user and system each. */
const ROUNDING_SECONDS = 0.03;

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
  /** CPU time that nobody waited for: a bound from below, as samples saw it. */
  lostSeconds = 0;
  readonly names = new ProcessNames();
  private readonly kin: Kin;
  private readonly stat: PidStat;
  private readonly baseline;
  private lostUserSeconds = 0;
  /** CPU time of the reaped when it was last compared with what was to come. */
  private reapedChecked = 0;
  /** Processes found gone in this update. */
  private readonly gone: Member[] = [];

  /** To be made before `root` can have ended: what our children have used until then is not the command's. */
  constructor(
    private readonly source: Processes,
    root: number,
    private readonly helpers: Helpers,
  ) {
    const isHelper = helpers.isHelper.bind(helpers);
    this.kin = new Kin({ processes: source, root, isHelper, welcome: this.welcome.bind(this) });
    this.stat = new PidStat(source.pageBytes);
    this.baseline = usageOf(source);
    this.reapedChecked = this.baseline.userSeconds + this.baseline.systemSeconds;
  }

  /** The living, parents before their children; to be read only. */
  get members(): readonly Member[] {
    return this.kin.members;
  }

  /** Takes the state of now. Throws SystemError, ParseError. */
  update(): void {
    // In this order time that moves from a child to its parent meanwhile is missed for once, and never counted twice.
    this.source.ended.update();
    this.names.clearResident();
    this.gone.length = 0;
    for (const member of this.kin.members) this.refresh(member);
    this.kin.discover();
    if (this.gone.length > 0) this.settle();
    this.closeChecks();
    this.names.raisePeaks();
    this.sum();
  }

  /**
   * An orphan has ended and is about to be waited for: its name gets the last of its time. One that is none of the
   * tree's, as the first process of a container gets them too, is taken out of what is ours then: by the answer.
   */
  farewell(pid: number): (() => void) | undefined {
    if (this.kin.isForeign(pid)) return this.discounted();
    const member = this.kin.member(pid);
    const before = member?.ownSeconds ?? 0;
    const bytes = this.statOf(pid);
    if (bytes === undefined) return undefined;
    const { stat } = this;
    const use = this.names.at(this.names.placeOf(bytes, stat.nameStart, stat.nameEnd, member?.name ?? -1));
    if (use) use.cpuSeconds += Math.max(0, stat.userSeconds + stat.systemSeconds - before);
    if (member) member.take(stat);
    else if (use) use.processes++;
    return undefined;
  }

  /** What our ended children have used from now until the answer is called is not the command's. */
  private discounted(): () => void {
    const before = usageOf(this.source);
    return () => {
      const { baseline } = this;
      const after = usageOf(this.source);
      baseline.userSeconds += after.userSeconds - before.userSeconds;
      baseline.systemSeconds += after.systemSeconds - before.systemSeconds;
      baseline.minorFaults += after.minorFaults - before.minorFaults;
      baseline.majorFaults += after.majorFaults - before.majorFaults;
    };
  }

  private refresh(member: Member): void {
    const before = member.ownSeconds;
    const bytes = this.statOf(member.pid);
    if (bytes === undefined || this.stat.startTicks !== member.startTicks) {
      member.gone = true;
      this.gone.push(member);
      return;
    }
    member.take(this.stat);
    if (member.borrows) this.lookAtMemory(member);
    this.nameOf(member, this.stat, bytes);
    this.charge(member, Math.max(0, member.ownSeconds - before));
  }

  /** A new process: all that it used until now is its name's. */
  private welcome(member: Member, stat: PidStat, bytes: Uint8Array): void {
    this.lookAtMemory(member);
    this.nameOf(member, stat, bytes);
    this.charge(member, member.ownSeconds);
  }

  /** A child between vfork and exec shows its parent's memory as its own: a program that starts others would seem doubled. */
  private lookAtMemory(member: Member): void {
    const parent = this.kin.member(member.parent);
    member.borrows = parent !== undefined && this.source.haveOneMemory(member.pid, parent.pid);
    if (member.borrows) member.residentBytes = 0;
  }

  /** Undefined: the process is gone. */
  private statOf(pid: number): Uint8Array | undefined {
    const bytes = this.source.read(pid, "stat");
    if (bytes) this.stat.parse(bytes);
    return bytes;
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

  /** Where the time of those went that are gone: to the nearest that lives of those above them, or to us. */
  private settle(): void {
    const { ended } = this.source;
    let toUs = 0;
    let short = 0;
    let user = 0;
    let all = 0;
    for (const member of this.gone) {
      const seconds = member.ownSeconds + member.childrenSeconds;
      user += member.userSeconds + member.childrenUserSeconds;
      all += seconds;
      const heir = this.heirOf(member);
      if (heir) heir.expected += seconds;
      else toUs += seconds;
    }
    this.kin.removeGone();
    for (const member of this.kin.members) if (member.expected > 0) short += this.shortfall(member);
    const surplus = ended.userSeconds + ended.systemSeconds - this.reapedChecked - toUs;
    // What an orphan used comes to us, not to the parent that it had.
    const lost = short - Math.max(0, surplus) + Math.max(0, -surplus - ROUNDING_SECONDS);
    if (lost <= 0) return;
    this.lostSeconds += lost;
    this.lostUserSeconds += (lost * user) / all;
  }

  private heirOf(member: Member): Member | undefined {
    let heir = this.kin.member(member.parent);
    // As many steps as there are members end any chain.
    for (let steps = this.kin.members.length; heir?.gone && steps > 0; steps--) heir = this.kin.member(heir.parent);
    return heir?.gone ? undefined : heir;
  }

  /** What has not come to a process that was to: asked anew, since its stat may be older than the children's end. */
  private shortfall(heir: Member): number {
    const { expected } = heir;
    heir.expected = 0;
    if (this.statOf(heir.pid) === undefined || this.stat.startTicks !== heir.startTicks) return 0;
    const now = this.stat.childrenUserSeconds + this.stat.childrenSystemSeconds;
    const came = now - heir.childrenChecked;
    heir.childrenChecked = now;
    return Math.max(0, expected - came - ROUNDING_SECONDS);
  }

  /** The next comparison begins where this one ended. */
  private closeChecks(): void {
    const { ended } = this.source;
    this.reapedChecked = ended.userSeconds + ended.systemSeconds;
    for (const member of this.kin.members)
      if (member.childrenSeconds > member.childrenChecked) member.childrenChecked = member.childrenSeconds;
  }

  private sum(): void {
    const { ended } = this.source;
    const lostSystem = this.lostSeconds - this.lostUserSeconds;
    let user = ended.userSeconds - this.baseline.userSeconds - this.helpers.userSeconds + this.lostUserSeconds;
    let system = ended.systemSeconds - this.baseline.systemSeconds - this.helpers.systemSeconds + lostSystem;
    let minor = ended.minorFaults - this.baseline.minorFaults;
    let major = ended.majorFaults - this.baseline.majorFaults;
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

function usageOf({ ended }: Processes) {
  ended.update();
  const { userSeconds, systemSeconds, minorFaults, majorFaults } = ended;
  return { userSeconds, systemSeconds, minorFaults, majorFaults };
}
