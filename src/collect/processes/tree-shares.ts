import { ForbiddenError } from "../../errors.ts";
import { PidStat } from "../../proc/pid-stat.ts";
import type { Processes } from "../../proc/processes.ts";
import { SmapsRollup } from "../../proc/smaps-rollup.ts";
import { ABSENT } from "../collector.ts";
import type { Member } from "./tree-member.ts";

/** What the kernel takes to walk a process' pages, at first: some 8 ms a GiB, and more on a slow machine. */
const FIRST_GUESS_MS_PER_BYTE = 12 / 2 ** 30;
const FIRST_GUESS_MS_PER_PROCESS = 0.1;

/** Of shared memory the kernel maps so many pages about one that is asked for, as long as they are there. */
const MAPPED_A_FAULT = 16;

/** What is kept of each: resident memory, its own faults, and those of its children that it has waited for. */
const STATE = 3;

/** A walk beside a busy process says little of the next: what is expected rises by no more at once. */
const MOST_DEARER = 1.5;

/** A walk that was to take less says more of how warm our own code is than of the kernel's. */
const TELLING_MS = 2;

/**
 * The memory of some processes with shared parts counted once: the proportional share of each, which the kernel adds up
 * page by page. They are read one after the other, so that a page which a process comes to share meanwhile may be
 * counted in part twice, or in part not at all.
 */
export class TreeShares {
  /** Sums as of the last walk; ABSENT where one of them would not say. */
  proportionalBytes = ABSENT;
  anonymousBytes = ABSENT;
  fileBytes = ABSENT;
  sharedBytes = ABSENT;
  /** At the last check one of them had waited for a child of its own since `begin`. */
  haveWaited = false;
  private costFactor = 1;
  private readonly rollup = new SmapsRollup();
  private readonly stat: PidStat;
  private haveShared = false;
  private states = new Float64Array(16 * STATE);

  constructor(
    private readonly processes: Processes,
    private readonly cpuMs: () => number,
  ) {
    this.stat = new PidStat(processes.pageBytes);
  }

  /** CPU time that a walk would take: that it may have to wait for a CPU, or for a process, costs nobody anything. */
  expectedMs(members: readonly Member[]): number {
    return this.costFactor * guess(members);
  }

  /** The state of the members that the next check compares with is the one that they were seen in. */
  begin(members: readonly Member[]): void {
    if (members.length * STATE > this.states.length) this.states = new Float64Array(2 * members.length * STATE);
    const { states } = this;
    this.haveShared = false;
    for (let i = 0, at = 0; i < members.length; i++, at += STATE) {
      const { residentBytes, faults, minorFaults, majorFaults, holding } = members[i]!;
      if (holding.sharedBytes > 0) this.haveShared = true;
      states[at] = residentBytes;
      states[at + 1] = faults;
      states[at + 2] = minorFaults + majorFaults - faults;
    }
  }

  /** Reads the share of each; the CPU time that it took, in ms. Throws ParseError. */
  walk(members: readonly Member[]): number {
    const began = this.cpuMs();
    this.proportionalBytes = 0;
    this.anonymousBytes = 0;
    this.fileBytes = 0;
    this.sharedBytes = 0;
    for (const member of members) if (member.hasMemory) this.add(member.pid);
    const took = this.cpuMs() - began;
    const guessed = guess(members);
    if (guessed >= TELLING_MS) this.costFactor = Math.min(took / guessed, this.costFactor * MOST_DEARER);
    return took;
  }

  /** How much was taken or given back since `begin`: a sum of a walk that was made meanwhile is off by no more. */
  movedBytes(members: readonly Member[]): number {
    let moved = 0;
    if (this.sharedBytes > 0) this.haveShared = true;
    this.haveWaited = false;
    for (let i = 0; i < members.length; i++) moved += this.movedOf(members[i]!, i * STATE);
    return moved;
  }

  private add(pid: number): void {
    const bytes = this.read(pid);
    if (bytes === undefined) return;
    this.rollup.parse(bytes);
    // A process that has no memory, on its way to its end, has an empty file.
    if (Number.isNaN(this.rollup.proportionalBytes)) return;
    this.proportionalBytes += this.rollup.proportionalBytes;
    this.anonymousBytes += this.rollup.anonymousBytes;
    this.fileBytes += this.rollup.fileBytes;
    this.sharedBytes += this.rollup.sharedBytes;
  }

  /** What a process has taken and given back since its state of then. What does not show in resident memory took faults. */
  private movedOf({ pid, startTicks }: Member, at: number): number {
    const { stat, states } = this;
    const bytes = this.processes.read(pid, "stat");
    if (bytes) stat.parse(bytes);
    if (bytes === undefined || stat.startTicks !== startTicks) return states[at]!;
    if (stat.childrenMinorFaults + stat.childrenMajorFaults !== states[at + 2]) this.haveWaited = true;
    const faults = stat.minorFaults + stat.majorFaults - states[at + 1]!;
    const pages = 2 * faults * (this.haveShared ? MAPPED_A_FAULT : 1);
    return pages * this.processes.pageBytes + Math.abs(stat.residentBytes - states[at]!);
  }

  private read(pid: number): Uint8Array | undefined {
    try {
      return this.processes.read(pid, "smaps_rollup");
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      this.proportionalBytes = ABSENT;
      this.anonymousBytes = ABSENT;
      this.fileBytes = ABSENT;
      this.sharedBytes = ABSENT;
      return undefined;
    }
  }
}

function guess(members: readonly Member[]): number {
  let resident = 0;
  for (const member of members) resident += member.residentBytes;
  return members.length * FIRST_GUESS_MS_PER_PROCESS + resident * FIRST_GUESS_MS_PER_BYTE;
}
