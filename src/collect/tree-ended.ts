import { PidStatus } from "../proc/pid-status.ts";
import type { Processes } from "../proc/processes.ts";
import { ReapedIo } from "../proc/reaped-io.ts";
import { ABSENT } from "./collector.ts";

/** What those read and wrote that have ended. */
export type ReapedCounts = Pick<ReapedIo, "update" | "readBytes" | "writeBytes" | "diskReadBytes" | "diskWriteBytes">;

/** The kernel counts resident pages on each CPU for itself, and adds them up when it comes to it. */
const CLEARLY_MORE = 1.05;

/** What the kernel says of those that have ended and were waited for: exact, and more than /proc shows of the living. */
export class EndedTotals {
  ioReadBytes = 0;
  ioWriteBytes = 0;
  diskReadBytes = 0;
  diskWriteBytes = 0;
  private readonly io: ReapedCounts;
  private readonly before;
  /** What a child of ours cannot be told from in `ru_maxrss`: it has our memory until it executes its program. */
  private readonly ownBytes: number;
  private readonly status = new PidStatus();

  /** To be made before the command can have ended. */
  constructor(
    private readonly processes: Processes,
    io: ReapedCounts = new ReapedIo(),
  ) {
    this.io = io;
    io.update();
    const { readBytes, writeBytes, diskReadBytes, diskWriteBytes } = io;
    const { voluntarySwitches, involuntarySwitches } = processes.ended;
    this.before = { readBytes, writeBytes, diskReadBytes, diskWriteBytes, voluntarySwitches, involuntarySwitches };
    const own = processes.read(processes.self, "status");
    if (own) this.status.parse(own);
    this.ownBytes = this.status.highestBytes;
  }

  /** Takes the sums of io anew. Throws ParseError. */
  update(): void {
    const { io, before } = this;
    io.update();
    this.ioReadBytes = io.readBytes - before.readBytes;
    this.ioWriteBytes = io.writeBytes - before.writeBytes;
    this.diskReadBytes = io.diskReadBytes - before.diskReadBytes;
    this.diskWriteBytes = io.diskWriteBytes - before.diskWriteBytes;
  }

  get voluntarySwitches(): number {
    return this.processes.ended.voluntarySwitches - this.before.voluntarySwitches;
  }

  get involuntarySwitches(): number {
    return this.processes.ended.involuntarySwitches - this.before.involuntarySwitches;
  }

  /** Highest resident memory of the largest of them; ABSENT where that may be our own. */
  get largestBytes(): number {
    const { largestBytes } = this.processes.ended;
    return largestBytes > this.ownBytes * CLEARLY_MORE ? largestBytes : ABSENT;
  }
}
