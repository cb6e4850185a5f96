import { FFIType } from "bun:ffi";
import { closeFile, fileStatus, O_RDONLY, openFile, SystemError } from "./files.ts";
import { failed, loadLibc } from "./libc.ts";

/*
 * Files that a user names or a folder holds, and that may be anything: a pipe that nobody writes to, a device without an
 * end. They are opened without waiting, and looked at before they are read.
 */

const O_NONBLOCK = 0o4000;

/** How long a pipe may have no writer: it may be opened for writing a moment after it is opened for reading. */
const WRITER_MS = 1000;

/** How long a writer may take to write what is read at once. */
const DATA_MS = 30_000;

const PAUSE_MS = 5;

export interface ForeignFile {
  readonly fd: number;
  readonly kind: "file" | "pipe";
}

/** Opens a file or a pipe for reading. Throws SystemError, also for anything else: its reason says what it is. */
export function openForeign(path: string): ForeignFile {
  const fd = openFile(path, O_RDONLY | O_NONBLOCK);
  const kind = fileStatus(fd)?.kind;
  if (kind === "file") return { fd, kind };
  if (kind === "fifo") return { fd, kind: "pipe" };
  closeFile(fd);
  throw new SystemError("EINVAL", "open", path, `a ${kind ?? "file that is gone"}, expected a file or a pipe`);
}

/** What is in a pipe: bytes; nothing yet; or nobody writes to it (any more). */
export type PipeState = "data" | "waiting" | "unwritten";

/** Reads what a pipe has now, as many bytes as fit into `into`. Throws SystemError. */
export function readPipe(fd: number, into: Uint8Array): { readonly count: number; readonly state: PipeState } {
  const count = Number(pipeCalls().read(fd, into, into.length));
  if (count > 0) return { count, state: "data" };
  if (count === 0) return { count, state: "unwritten" };
  const error = failed("read");
  if (error.code === "EAGAIN" || error.code === "EINTR") return { count: 0, state: "waiting" };
  throw error;
}

/** Tells when to stop waiting for a pipe: `state` is that of the last try, and the start of the wait is now. */
export function pipePatience(path: string): (state: PipeState) => void {
  const start = performance.now();
  return (state) => {
    const ms = performance.now() - start;
    if (state === "unwritten" && ms > WRITER_MS)
      throw new SystemError("EAGAIN", "read", path, "a pipe that nothing writes to");
    if (state === "waiting" && ms > DATA_MS)
      throw new SystemError("EAGAIN", "read", path, `nothing was written to this pipe within ${DATA_MS / 1000} s`);
  };
}

/** Reads a short file, or what is written to a pipe until it is closed, up to `most` bytes. Throws SystemError. */
export function readShort(path: string, most: number): Uint8Array {
  const { fd } = openForeign(path);
  const bytes = new Uint8Array(most);
  const lookAt = pipePatience(path);
  let length = 0;
  try {
    while (length < most) {
      const { count, state } = readPipe(fd, bytes.subarray(length));
      length += count;
      if (state === "unwritten" && (length > 0 || fileStatus(fd)?.kind === "file")) break;
      if (state === "data") continue;
      lookAt(state);
      Bun.sleepSync(PAUSE_MS);
    }
    return bytes.subarray(0, length);
  } finally {
    closeFile(fd);
  }
}

/** read(2), which is for pipes and short files: most runs end without. */
function loadPipeCalls() {
  return loadLibc({ read: { args: ["int", "ptr", FFIType.u64_fast], returns: FFIType.i64_fast } });
}

let loaded: ReturnType<typeof loadPipeCalls> | undefined;

function pipeCalls(): ReturnType<typeof loadPipeCalls> {
  loaded ??= loadPipeCalls();
  return loaded;
}
