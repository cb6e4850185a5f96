import { FFIType, type Pointer, ptr } from "bun:ffi";
import { drainMicrotasks } from "bun:jsc";
import type { LoopWait } from "../clock.ts";
import { linkTarget, listFolder } from "./files.ts";
import { loadLibc } from "./libc.ts";

const DESCRIPTORS = "/proc/self/fd";
const EVENT_POLL = "anon_inode:[eventpoll]";

const POLLIN = 1;

/** Returns the descriptor on which the runtime's event loop waits; undefined: unknown, since there is none or more than one. */
function loopDescriptor(): number | undefined {
  let found: number | undefined;
  for (const name of listFolder(DESCRIPTORS)) {
    if (linkTarget(`${DESCRIPTORS}/${name}`) !== EVENT_POLL) continue;
    if (found !== undefined) return undefined;
    found = Number(name);
  }
  return found;
}

function loadCalls() {
  return loadLibc({ ppoll: { args: ["ptr", FFIType.u64_fast, "ptr", "ptr"], returns: "int" } });
}

/** The runtime's event loop, as far as one can wait in its place. */
export class EventLoop implements LoopWait {
  /** `struct pollfd`. */
  private readonly set: Int32Array;
  /** `struct timespec`. */
  private readonly time = new BigInt64Array(2);
  private readonly setAt: Pointer;
  private readonly timeAt: Pointer;
  private readonly calls = loadCalls();

  private constructor(descriptor: number) {
    this.set = Int32Array.of(descriptor, POLLIN);
    this.setAt = ptr(this.set);
    this.timeAt = ptr(this.time);
  }

  /** Undefined: the loop's descriptor is not known. */
  static open(): EventLoop | undefined {
    const descriptor = loopDescriptor();
    return descriptor === undefined ? undefined : new EventLoop(descriptor);
  }

  /** Waits for at most so many milliseconds. Returns whether the event loop may have something to do. */
  wait(ms: number): boolean {
    const seconds = Math.floor(ms / 1000);
    this.time[0] = BigInt(seconds);
    this.time[1] = BigInt(Math.floor((ms - seconds * 1000) * 1e6));
    // A signal counts, too: its handler may have left something for the loop.
    return this.calls.ppoll(this.setAt, 1, this.timeAt, null) !== 0;
  }

  /** Runs what resolved promises have left to do, as the event loop would. */
  drainMicrotasks(): void {
    drainMicrotasks();
  }
}
