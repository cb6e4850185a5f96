import { PidFiles, PidList, pidFile } from "../os/pid-files.ts";
import { PidIo } from "./pid-io.ts";

const IO = pidFile("io");

/**
 * What our children read and wrote that have ended and were waited for, and theirs: the kernel adds it to our own, and
 * what is neither any thread's of ours is theirs. Threads of ours that have ended count as well; they do little.
 */
export class ReapedIo {
  readBytes = Number.NaN;
  writeBytes = Number.NaN;
  diskReadBytes = Number.NaN;
  diskWriteBytes = Number.NaN;
  private readonly io = new PidIo();
  private readonly processes: PidFiles;
  private readonly threads: PidFiles;
  private readonly list: PidList;
  private readonly sums = new Float64Array(4);

  constructor(folder = "/proc") {
    this.processes = new PidFiles(folder);
    this.threads = new PidFiles(`${folder}/${process.pid}/task`);
    this.list = new PidList(`${folder}/${process.pid}/task`);
  }

  /** Asks the kernel anew; NaN where it does not count io or will not say. Throws ParseError. */
  update(): void {
    const { sums } = this;
    sums.fill(0);
    const self = process.pid;
    const count = this.list.update();
    for (let i = 0; i < count; i++) {
      const thread = this.list.pids[i]!;
      if (thread !== self) this.add(this.threads, thread, -1);
    }
    // This thread is the one that reads: what the last reading of its own file took is the one byte count to allow for.
    const length = this.add(this.threads, self, -1);
    sums[0]! -= length;
    this.add(this.processes, self, 1);
    this.readBytes = sums[0]!;
    this.writeBytes = sums[1]!;
    this.diskReadBytes = sums[2]!;
    this.diskWriteBytes = sums[3]!;
  }

  /** Adds one file's counts, or takes them off; the file's length. */
  private add(files: PidFiles, pid: number, sign: 1 | -1): number {
    const length = files.read(pid, IO);
    if (length < 0) {
      // A thread of ours may end meanwhile; that we cannot read ourselves is for good.
      if (sign === 1 || pid === process.pid) this.sums.fill(Number.NaN);
      return 0;
    }
    this.io.parse(files.bytes.subarray(0, length));
    const { io, sums } = this;
    sums[0]! += sign * io.readBytes;
    sums[1]! += sign * io.writeBytes;
    sums[2]! += sign * io.diskReadBytes;
    sums[3]! += sign * io.diskWriteBytes;
    return length;
  }
}
