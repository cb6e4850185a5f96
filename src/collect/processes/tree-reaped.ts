import type { Processes } from "../../proc/processes.ts";

/** Our own processes beside the command: which they are, and what those used that have ended. */
export interface Helpers {
  isHelper(pid: number): boolean;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

type Ended = Processes["ended"];

/** What getrusage(2) says of ended children and statexec records. */
const COUNTS = [
  "userSeconds",
  "systemSeconds",
  "minorFaults",
  "majorFaults",
  "voluntarySwitches",
  "involuntarySwitches",
] as const satisfies readonly (keyof Ended)[];

/** What helpers that have ended used, as far as they say: from then on it is taken off. */
function helped(helpers: Helpers, count: (typeof COUNTS)[number]): number {
  return count === "minorFaults" || count === "majorFaults" ? 0 : helpers[count];
}

/** What the command's processes used that we have waited for, and what they had waited for: exact, as of `update()`. */
export class Reaped {
  /** Of our ended children that are none of the command's, by COUNTS. */
  private readonly others: Float64Array;

  /** To be made before the command can have ended: what our children have used until then is not its own. */
  constructor(
    private readonly ended: Ended,
    private readonly helpers: Helpers,
  ) {
    ended.update();
    this.others = Float64Array.from(COUNTS, (count) => ended[count] - helped(helpers, count));
  }

  /** Asks the kernel anew. */
  update(): void {
    this.ended.update();
  }

  /** What our children that end from now until the answer is called have used is not the command's. */
  discount(): () => void {
    const { ended, others } = this;
    ended.update();
    const before = COUNTS.map((count) => ended[count]);
    return () => {
      ended.update();
      for (const [i, count] of COUNTS.entries()) others[i]! += ended[count] - before[i]!;
    };
  }

  /** A helper of ours that has ended had these faults, of which its own end does not tell. */
  discountFaults(minorFaults: number, majorFaults: number): void {
    this.others[2]! += minorFaults;
    this.others[3]! += majorFaults;
  }

  get userSeconds(): number {
    return this.ended.userSeconds - this.others[0]! - this.helpers.userSeconds;
  }
  get systemSeconds(): number {
    return this.ended.systemSeconds - this.others[1]! - this.helpers.systemSeconds;
  }
  get seconds(): number {
    return this.userSeconds + this.systemSeconds;
  }
  get minorFaults(): number {
    return this.ended.minorFaults - this.others[2]!;
  }
  get majorFaults(): number {
    return this.ended.majorFaults - this.others[3]!;
  }
  get voluntarySwitches(): number {
    return this.ended.voluntarySwitches - this.others[4]! - this.helpers.voluntarySwitches;
  }
  get involuntarySwitches(): number {
    return this.ended.involuntarySwitches - this.others[5]! - this.helpers.involuntarySwitches;
  }
}
