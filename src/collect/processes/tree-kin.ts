import { ForbiddenError } from "../../errors.ts";
import { PidStat } from "../../proc/pid-stat.ts";
import type { Processes } from "../../proc/processes.ts";
import { Member } from "./tree-member.ts";

/** Its stat is refused, as another user's is under hidepid: it is none of the tree, for all that can be seen. */
const FORBIDDEN = "forbidden";

/** What is known of a pid: whose it is, and for which process this holds. */
interface Known {
  readonly inode: number;
  /** Undefined: it is not of the command's tree, and never will be. */
  readonly member: Member | undefined;
  /** The look in which it was last there. */
  seen: number;
}

/** Whose processes are ours, and who is told of them. */
export interface KinParts {
  readonly processes: Processes;
  /** The command itself. */
  readonly root: number;
  /** Whether a child of ours is one for our own use. */
  readonly isHelper: (pid: number) => boolean;
  /** A process that was not seen before, with its stat and the text of it. */
  readonly welcome: (member: Member, stat: PidStat, bytes: Uint8Array) => void;
}

/**
 * Which processes are the command's: it, what descends from it, and what was left to us by one of these. A process that
 * was once found to be of the tree or not stays what it is, so that only new ones are asked for their parent.
 */
export class Kin {
  /** The living, parents before their children. */
  readonly members: Member[] = [];
  private readonly known = new Map<number, Known>();
  private readonly stat: PidStat;
  /** Places in the list whose process is new. */
  private fresh: number[] = [];
  private undecided: number[] = [];
  private look = 0;
  /** When the command itself began. */
  private rootTicks = 0;
  /** Of each in the list that was last taken it is known whose it is. */
  private isListTold = false;
  /** Those that could not be told at the last look, and the parent that they had. */
  private readonly orphans = new Map<number, number>();

  /** Those in the list of processes, which is to be of before the command's start, are none of its. */
  constructor(private readonly parts: KinParts) {
    const { pageBytes, pids, inodes, listed } = parts.processes;
    this.stat = new PidStat(pageBytes);
    for (let i = 0; i < listed; i++) this.known.set(pids[i]!, { inode: inodes[i]!, member: undefined, seen: 0 });
  }

  /** The member of this pid, if it is one. */
  member(pid: number): Member | undefined {
    return this.known.get(pid)?.member;
  }

  /** Whether a process is known to be none of the tree. */
  isForeign(pid: number): boolean {
    const entry = this.known.get(pid);
    return entry !== undefined && entry.member === undefined;
  }

  /**
   * Looks for new processes of the tree; they are put behind the others. `hasGone`: some were found gone, whose pids
   * others may have. Throws SystemError, ParseError.
   */
  discover(hasGone: boolean): void {
    const { known } = this;
    const { processes } = this.parts;
    const count = processes.list();
    // Who is in it was told the last time.
    if (processes.isListSame && this.isListTold && !hasGone) return;
    this.look++;
    this.fresh.length = 0;
    for (let i = 0; i < count; i++) {
      const entry = known.get(processes.pids[i]!);
      if (entry !== undefined && entry.inode === processes.inodes[i]) entry.seen = this.look;
      else this.fresh.push(i);
    }
    this.decideAll();
    this.isListTold = this.fresh.length === 0 && !hasGone;
    if (known.size > count) this.prune();
  }

  /** Whether somebody has come since the last look who was left to us, or whose parent is one of these. */
  haveForked(parents: readonly Member[]): boolean {
    const { processes, isHelper } = this.parts;
    const count = processes.list();
    if (!processes.isListSame) this.isListTold = false;
    for (let i = 0; i < count; i++) {
      const pid = processes.pids[i]!;
      if (this.known.get(pid)?.inode === processes.inodes[i]) continue;
      const bytes = this.statOf(pid);
      processes.forget(pid);
      if (bytes === undefined || bytes === FORBIDDEN) continue;
      const { parent } = this.stat;
      if (parent === processes.self ? !isHelper(pid) : parents.includes(this.member(parent)!)) return true;
    }
    return false;
  }

  /** Takes those out that are gone. */
  removeGone(): void {
    const { members } = this;
    let kept = 0;
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      if (!member.gone) members[kept++] = member;
      else if (this.member(member.pid) === member) this.known.delete(member.pid);
    }
    members.length = kept;
  }

  /** Those whose parent is new too, and stands behind them, are asked again when that is known. */
  private decideAll(): void {
    let before: number;
    do {
      before = this.fresh.length;
      this.undecided.length = 0;
      for (const place of this.fresh) if (!this.decide(place, false)) this.undecided.push(place);
      [this.fresh, this.undecided] = [this.undecided, this.fresh];
    } while (this.fresh.length > 0 && this.fresh.length < before);
    for (const place of this.fresh) this.decide(place, true);
  }

  /** Whether it could be told whose a process is. `last`: nobody above it is going to be known in this look. */
  private decide(place: number, last: boolean): boolean {
    const { processes, welcome } = this.parts;
    const pid = processes.pids[place]!;
    const inode = processes.inodes[place]!;
    const bytes = this.statOf(pid);
    if (bytes === undefined) return true;
    if (bytes !== FORBIDDEN && this.isStillMember(pid, inode)) return true;
    const isOurs = bytes === FORBIDDEN ? false : this.isOurs(pid, last);
    const member = isOurs ? new Member(pid, this.stat) : undefined;
    if (!member) processes.forget(pid);
    if (isOurs !== undefined) this.known.set(pid, { inode, member, seen: this.look });
    if (!member || bytes === FORBIDDEN) return isOurs !== undefined;
    this.members.push(member);
    welcome(member, this.stat, bytes);
    return true;
  }

  /** A folder that the kernel has dropped from its cache, short of memory, comes back with another inode. */
  private isStillMember(pid: number, inode: number): boolean {
    const member = this.member(pid);
    if (!member || member.gone || member.startTicks !== this.stat.startTicks) return false;
    this.known.set(pid, { inode, member, seen: this.look });
    return true;
  }

  private statOf(pid: number): Uint8Array | typeof FORBIDDEN | undefined {
    try {
      const bytes = this.parts.processes.read(pid, "stat");
      if (bytes) this.stat.parse(bytes);
      return bytes;
    } catch (error) {
      if (error instanceof ForbiddenError) return FORBIDDEN;
      throw error;
    }
  }

  /** Undefined: not to be told now, since nothing is known of its parent, which may have just gone. */
  private isOurs(pid: number, last: boolean): boolean | undefined {
    const { parent } = this.stat;
    const { root, processes, isHelper } = this.parts;
    if (pid === root) {
      this.rootTicks = this.stat.startTicks;
      return true;
    }
    // It was there before the command: its folder has come back with another inode, and it seems new.
    if (this.stat.startTicks < this.rootTicks) return false;
    if (parent === processes.self) return !isHelper(pid);
    if (parent === 0) return false;
    const entry = this.known.get(parent);
    if (entry?.seen === this.look) return entry.member !== undefined;
    if (!last) return undefined;
    // One that is gone leaves it another parent at once; one that stays is hidden from us, and so not ours.
    if (this.orphans.get(pid) === parent) return false;
    this.orphans.set(pid, parent);
    return undefined;
  }

  /** Forgets what is no longer there; a member that is gone is told by its own file. */
  private prune(): void {
    for (const [pid, entry] of this.known)
      if (entry.seen !== this.look && entry.member === undefined) this.known.delete(pid);
    this.orphans.clear();
  }
}
