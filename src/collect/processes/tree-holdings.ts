import { PidStatus } from "../../proc/pid-status.ts";
import type { Processes } from "../../proc/processes.ts";
import type { Member } from "./tree-member.ts";

const NOTHING = new Uint8Array(0);

/** What the living hold that cannot be dropped, told apart by whether they may hold it together. */
export class Holdings {
  /** Of those that share with nobody: exact. */
  aloneAnonymousBytes = 0;
  aloneSharedBytes = 0;
  /** Files of all, each counted for each process. */
  fileBytes = 0;
  /** How many have memory of their own. */
  living = 0;
  /** Those that may share: how many, and what they hold together at least and at most. */
  readonly sharing: Member[] = [];
  sharingLeast = 0;
  sharingMost = 0;
  /** Those whose sharing the kernel hides: together at most, and the most that one of them holds. */
  hiddenBytes = 0;
  hiddenMost = 0;
  /** There is more: of a process whose first thread has ended the kernel shows no memory. */
  isShort = false;
  private status: PidStatus | undefined;
  private look = 0;
  private sharers = 0;
  private count = 0;
  private mostShared = 0;

  constructor(private readonly processes: Processes) {}

  /** What all can hold at most, by what has been read of each already. */
  most(members: readonly Member[]): number {
    const { pageBytes } = this.processes;
    let most = 0;
    for (const member of members) if (member.hasMemory) most += member.holding.most(member, pageBytes);
    return most;
  }

  /** Reads the status of those of which it is not known any more. Throws ParseError. */
  refresh(members: readonly Member[]): void {
    for (const member of members) if (member.hasMemory && !member.holding.isOf(member)) this.read(member);
  }

  /** Adds up what is known of each. */
  sum(members: readonly Member[]): void {
    this.begin();
    for (const member of members) {
      if (member.isHeadless) this.isShort = true;
      if (!member.hasMemory) continue;
      this.living++;
      if (member.holding.sharedBytes > 0) this.sharers++;
    }
    for (const member of members) if (member.hasMemory) this.add(member);
    if (this.sharing.length > this.count) this.sharing.length = this.count;
    this.sharingLeast += this.mostShared;
  }

  /**
   * By how much those that shared with nobody have come to map shared memory since: what they then have in common with
   * others is missing in the shares of these. Throws ParseError.
   */
  joinedBytes(members: readonly Member[]): number {
    let joined = 0;
    for (const member of members) {
      const { holding } = member;
      if (!member.hasMemory || holding.isSharing) continue;
      this.status ??= new PidStatus();
      this.status.parse(this.processes.read(member.pid, "status") ?? NOTHING);
      if (this.status.sharedBytes > holding.sharedBytes) joined += this.status.sharedBytes - holding.sharedBytes;
    }
    return joined;
  }

  private begin(): void {
    this.aloneAnonymousBytes = 0;
    this.aloneSharedBytes = 0;
    this.fileBytes = 0;
    this.living = 0;
    this.count = 0;
    this.sharingLeast = 0;
    this.sharingMost = 0;
    this.hiddenBytes = 0;
    this.hiddenMost = 0;
    this.isShort = false;
    this.sharers = 0;
    this.mostShared = 0;
    this.look++;
  }

  private add(member: Member): void {
    const { holding, family } = member;
    holding.isSharing = false;
    this.fileBytes += holding.fileBytes;
    if (member.isHidden && this.living > 1) {
      this.hiddenBytes += holding.bytes;
      this.hiddenMost = Math.max(this.hiddenMost, holding.bytes);
    } else if (family!.size > 1 || (holding.sharedBytes > 0 && this.sharers > 1)) this.addSharing(member);
    else {
      this.aloneAnonymousBytes += holding.anonymousBytes;
      this.aloneSharedBytes += holding.sharedBytes;
    }
  }

  /** Families have no anonymous memory in common, and none of it is shared memory: at least the largest of each is there. */
  private addSharing(member: Member): void {
    const { holding } = member;
    const family = member.family!;
    holding.isSharing = true;
    if (this.sharing[this.count] !== member) this.sharing[this.count] = member;
    this.count++;
    this.sharingMost += holding.bytes;
    this.mostShared = Math.max(this.mostShared, holding.sharedBytes);
    if (family.look !== this.look) {
      family.look = this.look;
      family.mostBytes = 0;
    }
    if (holding.anonymousBytes <= family.mostBytes) return;
    this.sharingLeast += holding.anonymousBytes - family.mostBytes;
    family.mostBytes = holding.anonymousBytes;
  }

  private read(member: Member): void {
    this.status ??= new PidStatus();
    const bytes = this.processes.read(member.pid, "status");
    // One that is gone meanwhile holds nothing, as one that has no memory any more.
    this.status.parse(bytes ?? NOTHING);
    member.holding.take(this.status, member);
  }
}
