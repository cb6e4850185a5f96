import { FFIType, type Pointer, ptr } from "bun:ffi";
import { drainMicrotasks } from "bun:jsc";
import type { LoopWait } from "../clock.ts";
import { linkTarget, listFolder } from "./files.ts";
import { loadLibc } from "./libc.ts";

const DESCRIPTORS = "/proc/self/fd";
const EVENT_POLL = "anon_inode:[eventpoll]";

const POLLIN = 1;
/** The second word of a `struct pollfd` has what is asked for in its lower half, and what was found in the upper one. */
const EVENTS_BITS = 16;
/** poll(2) passes over such a descriptor. */
const UNWATCHED = -1;

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
  /** `struct pollfd` of the loop, and of each descriptor that is watched: two words each. */
  private set: Int32Array;
  /** `struct timespec`. */
  private readonly time = new BigInt64Array(2);
  private setAt: Pointer;
  private readonly timeAt: Pointer;
  private readonly calls = loadCalls();
  private onReadable: (() => void) | undefined;

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

  /** From now on has `wait` call back whenever one of these descriptors can be read, and none before; the loop has nothing to do then. */
  watch(descriptors: readonly number[], onReadable: () => void): void {
    const set = [this.set[0]!, POLLIN];
    for (const descriptor of descriptors) set.push(descriptor, POLLIN);
    this.set = Int32Array.from(set);
    this.setAt = ptr(this.set);
    this.onReadable = onReadable;
  }

  /** Waits for at most so many milliseconds. Returns whether the event loop may have something to do. */
  wait(ms: number): boolean {
    const seconds = Math.floor(ms / 1000);
    this.time[0] = BigInt(seconds);
    this.time[1] = BigInt(Math.floor((ms - seconds * 1000) * 1e6));
    const found = this.calls.ppoll(this.setAt, this.set.length / 2, this.timeAt, null);
    if (found > 0) return this.serve();
    // A signal counts, too: its handler may have left something for the loop.
    return found < 0;
  }

  /** Calls back for what is watched. Returns whether the loop is ready, too. */
  private serve(): boolean {
    const { set } = this;
    let isReadable = false;
    for (let at = 2; at < set.length; at += 2) {
      const events = set[at + 1]! >>> EVENTS_BITS;
      if (events === 0) continue;
      isReadable = true;
      // One that is closed or broken would be ready for ever.
      if (events !== POLLIN) set[at] = UNWATCHED;
    }
    if (isReadable) this.onReadable?.();
    return set[1]! >>> EVENTS_BITS !== 0;
  }

  /** Runs what resolved promises have left to do, as the event loop would. */
  drainMicrotasks(): void {
    drainMicrotasks();
  }
}
