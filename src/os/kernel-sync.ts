import { FFIType } from "bun:ffi";
import { loadLibc, pinned, type SystemError, systemError } from "./libc.ts";

const WORD = FFIType.i64_fast;
const isArm = process.arch === "arm64";
const SYS_IO_SETUP = isArm ? 0 : 206;
const SYS_IO_SUBMIT = isArm ? 2 : 209;
const SYS_IO_GETEVENTS = isArm ? 4 : 208;
const FSYNC = 2;
const FDATASYNC = 3;
const MOST_REQUESTS = 2;

/** Offsets in our memory: the context, its pointer list, a timeout of zero, the events, the requests. */
const LIST = 8;
const TIMEOUT = 16;
const EVENTS = 32;
const EVENT_BYTES = 32;
const REQUESTS = EVENTS + MOST_REQUESTS * EVENT_BYTES;
/** `struct iocb`: the operation is at 16, the descriptor at 20. */
const REQUEST_BYTES = 64;

function load() {
  const calls = loadLibc({
    syscall: { args: [WORD, WORD, WORD, WORD, WORD, WORD], returns: WORD },
  });
  const { bytes, address } = pinned(REQUESTS + MOST_REQUESTS * REQUEST_BYTES);
  return { calls, address: Number(address), view: new DataView(bytes.buffer) };
}

/**
 * Brings files to the disk by the kernel's own threads, so that nothing waits: io_submit(2), since Linux 4.18. The process
 * needs no other thread for it, and its descriptors may be closed meanwhile. But its end takes 20 to 60 ms longer.
 */
export class KernelSync {
  private readonly loaded = load();
  private context: number | undefined;
  private running = 0;
  /** Of the last request that failed. */
  error: SystemError | undefined;

  /** Whether a request is not done yet. */
  get isBusy(): boolean {
    if (this.running > 0) this.collect();
    return this.running > 0;
  }

  /** Begins to sync a file or a folder; `data`: without what reading it does not need. False: this kernel cannot. */
  begin(fd: number, data: boolean): boolean {
    const { address, view, calls } = this.loaded;
    if (this.running === MOST_REQUESTS || !this.open()) return false;
    const request = REQUESTS + this.running * REQUEST_BYTES;
    view.setUint16(request + 16, data ? FDATASYNC : FSYNC, true);
    view.setUint32(request + 20, fd, true);
    view.setBigUint64(LIST, BigInt(address + request), true);
    if (Number(calls.syscall(SYS_IO_SUBMIT, this.context!, 1, address + LIST, 0, 0)) !== 1) return false;
    this.running++;
    return true;
  }

  private open(): boolean {
    if (this.context !== undefined) return true;
    const { address, view, calls } = this.loaded;
    if (Number(calls.syscall(SYS_IO_SETUP, MOST_REQUESTS, address, 0, 0, 0)) < 0) return false;
    this.context = Number(view.getBigUint64(0, true));
    return true;
  }

  /** Takes the results of what is done. */
  private collect(): void {
    const { address, view, calls } = this.loaded;
    const { context } = this;
    if (context === undefined) return;
    const events = address + EVENTS;
    const done = Number(calls.syscall(SYS_IO_GETEVENTS, context, 0, this.running, events, address + TIMEOUT));
    for (let i = 0; i < done; i++) {
      const result = Number(view.getBigInt64(EVENTS + i * EVENT_BYTES + 16, true));
      if (result < 0) this.error = systemError(-result, "fdatasync", "");
    }
    if (done > 0) this.running -= done;
  }
}
