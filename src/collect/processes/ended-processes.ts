import { ParseError } from "../../errors.ts";
import { PidStatus } from "../../proc/pid-memory.ts";
import type { PidStat } from "../../proc/pid-stat.ts";
import type { Processes } from "../../proc/processes.ts";
import { ABSENT } from "../collector.ts";
import { type Descendant, type DescendantTracker, FORBIDDEN } from "./descendant-tracker.ts";

/** Children of ours for our own use, and what those of them that have ended used. */
export interface Helpers {
  isHelper(pid: number): boolean;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** The kernel counts resident pages for each CPU, and adds them up now and then: a figure is off by less than this. */
const CLEARLY_MORE = 1.05;

/**
 * What the command's ended processes used: those that we have waited for, and those that these had waited for. It is what
 * getrusage(2) has of our children, which is exact, without those that are not the command's.
 */
export class ReapedUsage {
  userSeconds = 0;
  systemSeconds = 0;
  minorFaults = 0;
  majorFaults = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;
  /** What others used: children that are not the command's, and the page faults of helpers, which do not count those. */
  private readonly others: Usage;
  /** Of the largest of these. */
  private othersLargestBytes = 0;
  /** Our own highest resident memory: `ru_maxrss` of a child begins with it, as it has our memory until it executes. */
  private readonly ownBytes: number;

  /** To be made before the command can have ended: what was used before is not its own. Throws SystemError, ParseError. */
  constructor(
    private readonly processes: Processes,
    private readonly helpers: Helpers,
  ) {
    processes.ended.update();
    this.others = usageOf(processes.ended);
    this.others.userSeconds -= helpers.userSeconds;
    this.others.systemSeconds -= helpers.systemSeconds;
    this.others.voluntarySwitches -= helpers.voluntarySwitches;
    this.others.involuntarySwitches -= helpers.involuntarySwitches;
    this.ownBytes = highestOf(processes);
  }

  get seconds(): number {
    return this.userSeconds + this.systemSeconds;
  }

  get faults(): number {
    return this.minorFaults + this.majorFaults;
  }

  /** Highest resident memory of the largest process; ABSENT where that may be our own, or is not of the command. */
  get largestBytes(): number {
    const { largestBytes } = this.processes.ended;
    const isTheirs = largestBytes > this.othersLargestBytes && largestBytes > this.ownBytes * CLEARLY_MORE;
    return isTheirs ? largestBytes : ABSENT;
  }

  /** Takes the state of now. Throws SystemError. */
  update(): void {
    const { others, helpers } = this;
    const { ended } = this.processes;
    ended.update();
    this.userSeconds = ended.userSeconds - others.userSeconds - helpers.userSeconds;
    this.systemSeconds = ended.systemSeconds - others.systemSeconds - helpers.systemSeconds;
    this.minorFaults = ended.minorFaults - others.minorFaults;
    this.majorFaults = ended.majorFaults - others.majorFaults;
    this.voluntarySwitches = ended.voluntarySwitches - others.voluntarySwitches - helpers.voluntarySwitches;
    this.involuntarySwitches = ended.involuntarySwitches - others.involuntarySwitches - helpers.involuntarySwitches;
  }

  /** What our children use that end before the returned function is called is not the command's. Throws SystemError. */
  exclude(): () => void {
    const { others } = this;
    const { ended } = this.processes;
    ended.update();
    const before = usageOf(ended);
    const { largestBytes } = ended;
    return () => {
      ended.update();
      for (const count of COUNTS) others[count] += ended[count] - before[count];
      if (ended.largestBytes > largestBytes) this.othersLargestBytes = ended.largestBytes;
    };
  }

  /** The page faults of a helper that has ended are not the command's. */
  excludeFaults(minorFaults: number, majorFaults: number): void {
    this.others.minorFaults += minorFaults;
    this.others.majorFaults += majorFaults;
  }
}

/** Returns the most that we ever held; NaN: it is not known. */
function highestOf(processes: Processes): number {
  const status = new PidStatus();
  const own = processes.isForeign ? undefined : processes.read(processes.self, "status");
  try {
    if (own) status.parse(own);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return ABSENT;
  }
  return status.highestBytes;
}

const COUNTS = [
  "userSeconds",
  "systemSeconds",
  "minorFaults",
  "majorFaults",
  "voluntarySwitches",
  "involuntarySwitches",
] as const;

type Usage = Record<(typeof COUNTS)[number], number>;

function usageOf(ended: Readonly<Usage>): Usage {
  const { userSeconds, systemSeconds, minorFaults, majorFaults, voluntarySwitches, involuntarySwitches } = ended;
  return { userSeconds, systemSeconds, minorFaults, majorFaults, voluntarySwitches, involuntarySwitches };
}

/** Times in /proc are rounded down to a hundredth of a second, user and system each: so much may seem to be missing. */
export const ROUNDING_SECONDS = 0.02;

/** Far below what any kernel counts, and far above the error of a sum of doubles. */
const NOTHING_SECONDS = 1e-6;

/** What the lost time is found by. */
interface LostCpuTimeParts {
  readonly tracker: DescendantTracker;
  readonly reaped: ReapedUsage;
  /** Reads the stat of a process once more; undefined: it is gone. */
  readonly readAgain: (descendant: Descendant) => PidStat | typeof FORBIDDEN | undefined;
}

/**
 * CPU time that is in no sum of the kernel's, since a parent has it end its children unseen: a lower bound, by what
 * samples saw of them.
 */
export class LostCpuTime {
  seconds = 0;
  userSeconds = 0;
  /**
   * Some process was lost: its page faults have come to no other one. They are counted one by one, so that they tell also of
   * a process whose time is below the rounding, and every process has some.
   */
  hasLost = false;
  /** The reaped CPU time and page faults as of the last comparison. */
  private reapedChecked: number;
  private reapedFaultsChecked: number;
  /** What was to come to those above, and has not. */
  private missing = 0;
  private missingFaults = 0;

  constructor(private readonly parts: LostCpuTimeParts) {
    this.reapedChecked = parts.reaped.seconds;
    this.reapedFaultsChecked = parts.reaped.faults;
  }

  /**
   * Takes processes that are gone out of the tree, and adds what is lost of their time. It should be with the nearest
   * ancestor that lives; or, since an orphan's goes to the one that adopts it, further up; or with us in the end.
   */
  settle(gone: readonly Descendant[]): void {
    const { tracker, reaped } = this.parts;
    this.missing = 0;
    this.missingFaults = 0;
    this.expectFrom(gone);
    tracker.removeGone();
    const { descendants } = tracker;
    for (let i = descendants.length - 1; i >= 0; i--) {
      const heir = descendants[i]!;
      if (heir.expected > 0 || heir.expectedFaults > 0) this.passOn(heir);
    }
    const lost = this.missing - (reaped.seconds - this.reapedChecked);
    if (lost > NOTHING_SECONDS) this.add(lost, gone);
    if (this.missingFaults > reaped.faults - this.reapedFaultsChecked) this.hasLost = true;
  }

  /** Ends a sample: the next comparison begins with its state. */
  close(): void {
    const { tracker, reaped } = this.parts;
    this.reapedChecked = reaped.seconds;
    this.reapedFaultsChecked = reaped.faults;
    for (const descendant of tracker.descendants) {
      const { childrenSeconds, memory } = descendant;
      if (childrenSeconds > descendant.childrenChecked) descendant.childrenChecked = childrenSeconds;
      if (memory.childrenFaults > descendant.childrenFaultsChecked)
        descendant.childrenFaultsChecked = memory.childrenFaults;
    }
  }

  /** Notes with each heir how much is to come to it. */
  private expectFrom(gone: readonly Descendant[]): void {
    for (const descendant of gone) {
      const heir = this.heirOf(descendant);
      const faults = descendant.minorFaults + descendant.majorFaults;
      this.expect(heir, descendant.ownSeconds + descendant.childrenSeconds, faults);
    }
  }

  private expect(heir: Descendant | undefined, seconds: number, faults: number): void {
    if (heir) {
      heir.expected += seconds;
      heir.expectedFaults += faults;
    } else {
      this.missing += seconds;
      this.missingFaults += faults;
    }
  }

  private heirOf(descendant: Descendant): Descendant | undefined {
    const { tracker } = this.parts;
    let heir = tracker.find(descendant.parent);
    // As many steps as there are descendants end any chain.
    for (let steps = tracker.descendants.length; heir?.gone && steps > 0; steps--) heir = tracker.find(heir.parent);
    return heir?.gone ? undefined : heir;
  }

  /** Passes what has not come to an heir on to its parent: it is read once more, as it may be older than its children's end. */
  private passOn(heir: Descendant): void {
    const { expected, expectedFaults } = heir;
    heir.expected = 0;
    heir.expectedFaults = 0;
    const now = this.parts.readAgain(heir);
    if (now === undefined) return;
    const above = this.parts.tracker.find(heir.parent);
    if (now === FORBIDDEN) {
      // It may have it, and will show that later or pass it on: then it would count twice.
      this.hasLost = true;
      return;
    }
    const seconds = now.childrenUserSeconds + now.childrenSystemSeconds;
    const faults = now.childrenMinorFaults + now.childrenMajorFaults;
    const missing = expected - (seconds - heir.childrenChecked) - ROUNDING_SECONDS;
    const missingFaults = expectedFaults - (faults - heir.childrenFaultsChecked);
    // What has come in addition may be of a child that lived when it was read in this sample, and is found gone in the next.
    heir.childrenChecked = Math.min(seconds, heir.childrenChecked + expected);
    heir.childrenFaultsChecked = Math.min(faults, heir.childrenFaultsChecked + expectedFaults);
    this.expect(above, Math.max(0, missing), Math.max(0, missingFaults));
  }

  /** User and system time are lost in the proportion in which those that are gone used them. */
  private add(seconds: number, gone: readonly Descendant[]): void {
    let user = 0;
    let all = 0;
    for (const descendant of gone) {
      user += descendant.userSeconds + descendant.childrenUserSeconds;
      all += descendant.ownSeconds + descendant.childrenSeconds;
    }
    this.seconds += seconds;
    this.userSeconds += (seconds * user) / all;
  }
}
