import { dlopen, FFIType, type Pointer } from "bun:ffi";
import { closeFile } from "./files.ts";
import { failed, libc, loadLibc, pinned, type SystemError, systemError } from "./libc.ts";

const F_DUPFD_CLOEXEC = 1030;
const FIRST_DESCRIPTOR = 3;
const EINVAL = 22;
const EINPROGRESS = 115;
const MOST_REQUESTS = 2;

/** What aio_fsync(3) is to do: as fdatasync(2), or as fsync(2). */
const O_DSYNC = 0o10000;
const O_SYNC = 0o4010000;

/**
 * `struct aiocb`: the C libraries differ only behind what we set, the descriptor and in its `sigevent` that nothing tells us
 * of the end. It is at most 168 bytes.
 */
const BLOCK_BYTES = 256;
const SIGEV_NOTIFY = 11;
const SIGEV_NONE = 1;

const CALLS = {
  aio_fsync: { args: ["int", "ptr"], returns: "int" },
  aio_error: { args: ["ptr"], returns: "int" },
  aio_return: { args: ["ptr"], returns: FFIType.i64_fast },
} as const;

/** The C library of glibc before 2.34 has these in a library of their own. */
function loadCalls() {
  try {
    return loadLibc(CALLS);
  } catch {
    return dlopen("librt.so.1", CALLS).symbols;
  }
}

/** A request, whose descriptor is a copy. */
interface Request {
  readonly words: Int32Array;
  readonly address: Pointer;
  fd: number | undefined;
}

function newRequest(): Request {
  const { bytes, address } = pinned(BLOCK_BYTES);
  return { words: new Int32Array(bytes.buffer), address, fd: undefined };
}

/**
 * Brings files to the disk by a thread of the C library's, aio(7), so that nothing waits. A thread of the runtime's would
 * wake its event loop at the end of each request, in which the runtime then collects garbage. A process that has a context of
 * io_submit(2) instead ends 20 to 60 ms later, since the kernel waits for two grace periods of its own before it frees one.
 */
export class ThreadSync {
  private readonly calls = loadCalls();
  private readonly requests = Array.from({ length: MOST_REQUESTS }, newRequest);
  /** Of the last request that failed and whose end was noticed, by `isBusy` or `begin`. */
  error: SystemError | undefined;

  /** Whether a request is not done yet. */
  get isBusy(): boolean {
    for (const request of this.requests) if (this.isRunning(request)) return true;
    return false;
  }

  /**
   * Begins to sync a file or a folder, whose descriptor may be closed meanwhile; `data`: without what reading it does not
   * need. False: too many are not done yet, or there is no room for a thread. Throws SystemError.
   */
  begin(fd: number, data: boolean): boolean {
    const request = this.requests.find((one) => !this.isRunning(one));
    if (!request) return false;
    const copy = libc.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    if (copy < 0) throw failed("fcntl");
    request.words.fill(0);
    request.words[0] = copy;
    request.words[SIGEV_NOTIFY] = SIGEV_NONE;
    if (this.calls.aio_fsync(data ? O_DSYNC : O_SYNC, request.address) < 0) {
      const error = failed("aio_fsync");
      closeFile(copy);
      if (error.code === "EAGAIN") return false;
      throw error;
    }
    request.fd = copy;
    return true;
  }

  /** Notices the end of a request. */
  private isRunning(request: Request): boolean {
    if (request.fd === undefined) return false;
    const errno = this.calls.aio_error(request.address);
    if (errno === EINPROGRESS) return true;
    this.calls.aio_return(request.address);
    closeFile(request.fd);
    request.fd = undefined;
    // What cannot be synced at all counts as synced.
    if (errno !== 0 && errno !== EINVAL) this.error = systemError(errno, "fdatasync", "");
    return false;
  }
}
