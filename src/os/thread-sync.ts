import { closeFile } from "./files.ts";
import { failed, libc, type SystemError, systemError } from "./libc.ts";

const F_DUPFD_CLOEXEC = 1030;
const FIRST_DESCRIPTOR = 3;
const EINVAL = 22;
const MOST_REQUESTS = 2;

/**
 * Brings files to the disk by a thread of the runtime's, so that nothing waits. A process that has a context of io_submit(2)
 * instead ends 20 to 60 ms later, since the kernel waits for two grace periods of its own before it frees one.
 */
export class ThreadSync {
  private readonly fs = require("node:fs") as typeof import("node:fs");
  private running = 0;
  /** Of the last request that failed. */
  error: SystemError | undefined;

  /** Whether a request is not done yet. */
  get isBusy(): boolean {
    return this.running > 0;
  }

  /**
   * Begins to sync a file or a folder, whose descriptor may be closed meanwhile; `data`: without what reading it does not
   * need. False: too many are not done yet. Throws SystemError.
   */
  begin(fd: number, data: boolean): boolean {
    if (this.running === MOST_REQUESTS) return false;
    const copy = libc.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    if (copy < 0) throw failed("fcntl");
    const done = (error: NodeJS.ErrnoException | null) => {
      this.running--;
      closeFile(copy);
      const errno = Math.abs(error?.errno ?? 0);
      // What cannot be synced at all counts as synced.
      if (error && errno !== EINVAL) this.error = systemError(errno, "fdatasync", "");
    };
    this.running++;
    if (data) this.fs.fdatasync(copy, done);
    else this.fs.fsync(copy, done);
    return true;
  }
}
