import { PidFiles, PidList, pidFile } from "../os/pid-files.ts";
import { KeyValueFile } from "./key-value-file.ts";

/** What a process and its waited-for children read and wrote, from `proc_pid_io(5)`. */
export class PidIo {
  private readonly file = new KeyValueFile("pid/io", ":");
  private readonly read = this.file.place("rchar");
  private readonly write = this.file.place("wchar");
  private readonly diskRead = this.file.place("read_bytes");
  private readonly diskWrite = this.file.place("write_bytes");
  private readonly cancelled = this.file.place("cancelled_write_bytes");

  /** By read(2) and the like. */
  get readBytes(): number {
    return this.file.values[this.read]!;
  }
  get writeBytes(): number {
    return this.file.values[this.write]!;
  }
  /** Fetched from storage. */
  get diskReadBytes(): number {
    return this.file.values[this.diskRead]!;
  }
  /** Caused to be written to storage, now or later. */
  get diskWriteBytes(): number {
    return this.file.values[this.diskWrite]!;
  }
  /** Taken back before they reached storage, as by deleting a file; another process may have written them. */
  get cancelledBytes(): number {
    const bytes = this.file.values[this.cancelled]!;
    return Number.isNaN(bytes) ? 0 : bytes;
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.file.parse(bytes);
  }
}

const IO = pidFile("io");

/**
 * What our ended and waited-for children read and wrote, and theirs: the kernel adds it to our own, so it is ours without
 * what each of our threads did. Threads of ours that have ended count as well, which do little.
 */
export class ReapedIo {
  readBytes = Number.NaN;
  writeBytes = Number.NaN;
  diskReadBytes = Number.NaN;
  diskWriteBytes = Number.NaN;
  cancelledBytes = Number.NaN;
  private readonly io = new PidIo();
  private readonly processes: PidFiles;
  private readonly threads: PidFiles;
  private readonly list: PidList;

  constructor(folder = "/proc") {
    this.processes = new PidFiles(folder);
    this.threads = new PidFiles(`${folder}/${process.pid}/task`);
    this.list = new PidList(`${folder}/${process.pid}/task`);
  }

  /** Takes the state of now; NaN where the kernel does not count io or refuses it. Throws SystemError, ParseError. */
  update(): void {
    const self = process.pid;
    this.setAll(0);
    const count = this.list.update();
    for (let i = 0; i < count; i++) {
      const thread = this.list.pids[i]!;
      if (thread !== self) this.add(this.threads, thread, -1);
    }
    // The kernel counts that this thread reads its own file only once the file has been written: it is in our own alone.
    // A statement of its own: `-=` would take the sum from before the call.
    const ownFileBytes = this.add(this.threads, self, -1);
    this.readBytes -= ownFileBytes;
    this.add(this.processes, self, 1);
  }

  /** Adds the counts of one file, or subtracts them; returns its length. */
  private add(files: PidFiles, pid: number, sign: 1 | -1): number {
    const length = files.read(pid, IO);
    if (length < 0) {
      // Another thread may end meanwhile; our own file is there or refused for ever.
      if (pid === process.pid) this.setAll(Number.NaN);
      return 0;
    }
    const { io } = this;
    io.parse(files.bytes.subarray(0, length));
    this.readBytes += sign * io.readBytes;
    this.writeBytes += sign * io.writeBytes;
    this.diskReadBytes += sign * io.diskReadBytes;
    this.diskWriteBytes += sign * io.diskWriteBytes;
    this.cancelledBytes += sign * io.cancelledBytes;
    return length;
  }

  private setAll(bytes: number): void {
    this.readBytes = bytes;
    this.writeBytes = bytes;
    this.diskReadBytes = bytes;
    this.diskWriteBytes = bytes;
    this.cancelledBytes = bytes;
  }
}
