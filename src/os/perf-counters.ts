import { closeFile } from "./files.ts";
import { lastErrno, pinned, SystemError, trySystemCall } from "./libc.ts";

/*
 * perf_event_open(2): counters of the processor, of what the calling thread starts from now on. As the task clock's events
 * (perf-events.ts), each is inherited and is enabled by an exec; a reading has all that live and all that have ended. Only
 * user mode is counted: that is allowed at perf_event_paranoid 2, and what interrupts do is not in it.
 */

const TYPE_HARDWARE = 0;
const ATTR_BYTES = 112;
const CLOSE_ON_EXEC = 8;

/** PERF_FORMAT_TOTAL_TIME_ENABLED and _RUNNING: how long an event was to count, and how long it had a counter. */
const WITH_TIMES = 3;

/** disabled, inherit, exclude_kernel, exclude_hv, enable_on_exec. */
const FLAGS = (1 << 0) | (1 << 1) | (1 << 5) | (1 << 6) | (1 << 12);

/** The numbers of the events. */
const EVENTS = { cycles: 0, instructions: 1, cache_misses: 3, branch_misses: 5 } as const;

type HardwareEvent = keyof typeof EVENTS;

const TWO_TO_32 = 2 ** 32;

/** The counter of one event. */
class PerfCounter {
  counted = 0;
  enabledNs = 0;
  runningNs = 0;
  private readonly buffer = pinned(24);
  private readonly words = new Uint32Array(this.buffer.bytes.buffer);

  constructor(private readonly fd: number) {}

  /** Takes the state of now. Throws SystemError. */
  read(): void {
    if (trySystemCall("read", this.fd, this.buffer.address, 24) !== 24)
      throw new SystemError("EIO", "read", "", "a hardware counter cannot be read");
    this.counted = this.numberAt(0);
    this.enabledNs = this.numberAt(2);
    this.runningNs = this.numberAt(4);
  }

  close(): void {
    closeFile(this.fd);
  }

  private numberAt(word: number): number {
    return this.words[word]! + this.words[word + 1]! * TWO_TO_32;
  }
}

/** Makes the call for an attribute at an address. Returns the descriptor, or the errno as a negative number. */
export type OpenEvent = (address: number, attribute: Uint32Array) => number;

const openEvent: OpenEvent = (address) => {
  const fd = trySystemCall("perf_event_open", address, 0, -1, -1, CLOSE_ON_EXEC);
  return fd < 0 ? -lastErrno() : fd;
};

/** The counters that this machine has, by their events, or why it has none. */
export type OpenedCounters = ReadonlyMap<HardwareEvent, PerfCounter> | string;

/** Opens the counters of what the calling thread starts from now on. */
export function openHardwareCounters(open = openEvent): OpenedCounters {
  const attribute = pinned(ATTR_BYTES);
  const words = new Uint32Array(attribute.bytes.buffer);
  words[0] = TYPE_HARDWARE;
  words[1] = ATTR_BYTES;
  words[8] = WITH_TIMES;
  words[10] = FLAGS;
  const opened = new Map<HardwareEvent, PerfCounter>();
  let why = "";
  for (const event of Object.keys(EVENTS) as HardwareEvent[]) {
    words[2] = EVENTS[event];
    const fd = open(attribute.address as number, words);
    if (fd >= 0) opened.set(event, new PerfCounter(fd));
    else why ||= reasonOf(-fd);
  }
  return opened.size > 0 ? opened : why;
}

/** Returns whether hardware counters work here, in words: a host may give a machine some that count nothing. */
export function hardwareCounterState(): string {
  const opened = openHardwareCounters();
  if (typeof opened === "string") return `absent: ${opened}`;
  try {
    Bun.spawnSync(["/bin/sh", "-c", ":"], { stdio: ["ignore", "ignore", "ignore"] });
    const works: string[] = [];
    for (const [event, counter] of opened) {
      counter.read();
      if (counter.counted > 0) works.push(event);
    }
    return works.length > 0 ? `works: ${works.join(", ")}` : "absent: the counters of this machine count nothing";
  } finally {
    for (const counter of opened.values()) counter.close();
  }
}

/** Why the kernel opens no event, by the errno. */
function reasonOf(errno: number): string {
  switch (errno) {
    case 1:
    case 13:
      return "refused (perf_event_paranoid is above 2, or a seccomp filter)";
    case 2:
    case 19:
    case 95:
      return "this machine has no hardware counters";
    case 24:
      return "no descriptors are left for them (EMFILE)";
    case 38:
      return "this kernel has no perf events";
    default:
      return `refused (errno ${errno})`;
  }
}
