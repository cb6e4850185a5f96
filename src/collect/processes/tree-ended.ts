import { PidIo } from "../../proc/pid-io.ts";
import { PidStatus } from "../../proc/pid-status.ts";
import type { Processes } from "../../proc/processes.ts";
import { ReapedIo } from "../../proc/reaped-io.ts";
import { ABSENT } from "../collector.ts";

type IoCount = "readBytes" | "writeBytes" | "diskReadBytes" | "diskWriteBytes";

/** What those read and wrote that have ended. */
export type ReapedCounts = Pick<ReapedIo, "update" | IoCount>;

/** The kernel counts resident pages on each CPU for itself, and adds them up when it comes to it. */
const CLEARLY_MORE = 1.05;

/** What the kernel says of those that have ended and were waited for: exact, and more than /proc shows of the living. */
export class EndedTotals {
  ioReadBytes = 0;
  ioWriteBytes = 0;
  diskReadBytes = 0;
  diskWriteBytes = 0;
  private readonly io: ReapedCounts;
  /** What those that ended read and wrote that are none of the command's. */
  private readonly others: Record<IoCount, number>;
  /** The largest of those. */
  private othersLargest = 0;
  /** What a child of ours cannot be told from in `ru_maxrss`: it has our memory until it executes its program. */
  private readonly ownBytes: number;
  private readonly status = new PidStatus();
  private faults = Number.NaN;

  /** To be made before the command can have ended. */
  constructor(
    private readonly processes: Processes,
    io: ReapedCounts = new ReapedIo(),
  ) {
    this.io = io;
    io.update();
    const { readBytes, writeBytes, diskReadBytes, diskWriteBytes } = io;
    this.others = { readBytes, writeBytes, diskReadBytes, diskWriteBytes };
    const own = processes.read(processes.self, "status");
    if (own) this.status.parse(own);
    this.ownBytes = this.status.highestBytes;
  }

  /** Takes the sums of io anew, if any has ended since: none does without a page fault. Throws ParseError. */
  update(): void {
    const { io, others } = this;
    const { minorFaults } = this.processes.ended;
    if (minorFaults !== this.faults) io.update();
    this.faults = minorFaults;
    this.ioReadBytes = io.readBytes - others.readBytes;
    this.ioWriteBytes = io.writeBytes - others.writeBytes;
    this.diskReadBytes = io.diskReadBytes - others.diskReadBytes;
    this.diskWriteBytes = io.diskWriteBytes - others.diskWriteBytes;
  }

  /** What our children that end from now until the answer is called have read and written is not the command's. */
  discount(): () => void {
    const { io, others } = this;
    const { ended } = this.processes;
    io.update();
    const { readBytes, writeBytes, diskReadBytes, diskWriteBytes } = io;
    const largest = ended.largestBytes;
    return () => {
      io.update();
      others.readBytes += io.readBytes - readBytes;
      others.writeBytes += io.writeBytes - writeBytes;
      others.diskReadBytes += io.diskReadBytes - diskReadBytes;
      others.diskWriteBytes += io.diskWriteBytes - diskWriteBytes;
      if (ended.largestBytes > largest) this.othersLargest = ended.largestBytes;
    };
  }

  /** A helper of ours is about to be ended: the answer takes its bytes off. Throws ParseError. */
  helperEnding(pid: number): (() => void) | undefined {
    const bytes = this.processes.read(pid, "io");
    if (bytes === undefined) return undefined;
    const { others } = this;
    const io = new PidIo();
    io.parse(bytes);
    return () => {
      others.readBytes += io.readBytes;
      others.writeBytes += io.writeBytes;
      others.diskReadBytes += io.diskReadBytes;
      others.diskWriteBytes += io.diskWriteBytes;
    };
  }

  /** Highest resident memory of the largest of them; ABSENT where that may be our own, or is one's that is not the command's. */
  get largestBytes(): number {
    const { largestBytes } = this.processes.ended;
    const isTheirs = largestBytes > this.othersLargest && largestBytes > this.ownBytes * CLEARLY_MORE;
    return isTheirs ? largestBytes : ABSENT;
  }
}
