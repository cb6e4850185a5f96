import { type Pointer, toArrayBuffer } from "bun:ffi";
import { closeFile, readText } from "./files.ts";
import { lastErrno, pinned, SystemError, trySystemCall } from "./libc.ts";
import { pageBytes } from "./process.ts";

/*
 * perf_event_open(2): the software event `task-clock`, which needs no hardware and no privilege at perf_event_paranoid 2. There
 * are two for each CPU, since an event that children inherit can only have a ring so. They are opened on the calling thread,
 * disabled, and enabled in a child by its exec: so they are of what this thread starts, and never of the thread itself.
 *
 * The ring of the first has the records of forks, execs and ends, each written by the CPU that it happens on; that of the second
 * has the CPU time of each thread that ends. This one is written by whichever CPU the thread ends on, into the rings of all:
 * where two write at once, the kernel loses records and does not tell. So only those of the second may be missing unsaid, and a
 * process that lacks one is known by their number.
 *
 * Both must be of one kind and opened CPU by CPU: when the kernel exchanges the events of two processes, it exchanges their
 * counts by the places in lists, and a child's list is in the order of CPUs, then kinds.
 */

const TYPE_SOFTWARE = 1;
const TASK_CLOCK = 1;
/** Of `struct perf_event_attr` as Linux 4.1 has it, and all later ones. */
const ATTR_BYTES = 112;
const SAMPLE_TID_AND_TIME = (1 << 1) | (1 << 2);
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const CLOSE_ON_EXEC = 8;

/** Places of bits of the attribute's flags, in two words of 32. */
const FLAGS = {
  disabled: 0,
  inherit: 1,
  // Allowed to everyone only so. This clock counts time in the kernel all the same.
  exclude_kernel: 5,
  exclude_hv: 6,
  enable_on_exec: 12,
  watermark: 14,
  sample_id_all: 18,
  use_clockid: 25,
} as const;
const RECORD_FLAGS = { comm: 9, task: 13, comm_exec: 24 } as const;
const TIME_FLAGS = { inherit_stat: 11 } as const;

const PROT_READ_AND_WRITE = 3;
const MAP_SHARED = 1;

/**
 * Bytes of all rings together, and those of one: a power of two, and at least a page. The command's start waits while the
 * kernel makes their pages, a microsecond each, and kernel.perf_event_mlock_kb limits them for each user.
 */
const ALL_BYTES = 512 * 1024;
const MOST_BYTES = 256 * 1024;
const FEWEST_BYTES = 32 * 1024;

/** Each process and thread gets all of the events when it is made: with more of them that costs too much. */
const MOST_CPUS = 16;

/** Places in the ring's first page, `struct perf_event_mmap_page`, in words of 32 bits. */
const [HEAD, TAIL] = [1024 / 4, 1032 / 4];
const TWO_TO_32 = 2 ** 32;

/** The event of one CPU, and the ring that the kernel writes its records to. */
export class PerfRing {
  /** The records: a record that reaches the end goes on at the start. */
  readonly data: Uint8Array;
  private readonly page: Uint32Array;
  private tail = 0;

  constructor(
    /** It can be read by poll(2) when a sixteenth of the ring waits. */
    readonly fd: number,
    private readonly address: number,
    private readonly bytes: number,
  ) {
    const memory = toArrayBuffer(address as Pointer, 0, bytes);
    const first = pageBytes();
    this.page = new Uint32Array(memory, 0, first / 4);
    this.data = new Uint8Array(memory, first);
  }

  /** Bytes that are to be read. */
  get waiting(): number {
    return (Atomics.load(this.page, HEAD) - (this.tail % TWO_TO_32)) >>> 0;
  }

  /** The place of the first of them, counted from the first that was ever written. */
  get from(): number {
    return this.tail;
  }

  /** So many bytes were read: the kernel may use their place again. */
  release(bytes: number): void {
    this.tail += bytes;
    // The kernel looks at the lower bits only.
    Atomics.store(this.page, TAIL, this.tail % TWO_TO_32);
  }

  /** The CPU time that was counted on this CPU until now, by processes that live, too, in nanoseconds. Throws SystemError. */
  nanoseconds(): number {
    const { bytes, address } = pinned(8);
    if (trySystemCall("read", this.fd, address, 8) !== 8)
      throw new SystemError("EIO", "read", "", "the counter of a perf event cannot be read");
    return Number(new BigUint64Array(bytes.buffer)[0]!);
  }

  /** Ends it; `data` must not be used from now on. */
  close(): void {
    trySystemCall("munmap", this.address, this.bytes);
    closeFile(this.fd);
  }
}

/** The rings of the events of each CPU. */
export interface TaskClockRings {
  /** Of forks, execs, names and ends. */
  readonly records: readonly PerfRing[];
  /** Of the CPU time of threads that have ended; they count that of all. */
  readonly times: readonly PerfRing[];
}

/** Opens the task clock of what the calling thread starts from now on. Returns the rings, or why there are none. */
export function openTaskClock(): TaskClockRings | string {
  const cpus = onlineCpus();
  if (cpus.length > MOST_CPUS) return `${cpus.length} CPUs, with more than ${MOST_CPUS} it costs too much`;
  let bytes = MOST_BYTES;
  while (bytes > FEWEST_BYTES && 2 * bytes * cpus.length > ALL_BYTES) bytes /= 2;
  const kinds = [attributeOf(RECORD_FLAGS, bytes / 16), attributeOf(TIME_FLAGS, bytes / 16)] as const;
  const [records, times]: [PerfRing[], PerfRing[]] = [[], []];
  for (const cpu of cpus) {
    for (const attribute of kinds) {
      const ring = openRing(attribute.address, cpu, bytes);
      if (typeof ring === "string") return refused([...records, ...times], ring);
      // Where there was room for no more, there is none for the next.
      bytes = ring.data.length;
      (attribute === kinds[0] ? records : times).push(ring);
    }
  }
  return { records, times };
}

/** Opens an event with a ring of at most so many bytes; returns the ring, or why there is none. */
function openRing(attribute: Pointer, cpu: number, mostBytes: number): PerfRing | string {
  const page = pageBytes();
  const fd = trySystemCall("perf_event_open", attribute, 0, cpu, -1, CLOSE_ON_EXEC);
  if (fd < 0) return openReason(lastErrno());
  for (let bytes = mostBytes; bytes >= Math.max(FEWEST_BYTES, page); bytes /= 2) {
    const address = trySystemCall("mmap", 0, page + bytes, PROT_READ_AND_WRITE, MAP_SHARED, fd, 0);
    if (address > 0) return new PerfRing(fd, address, page + bytes);
  }
  closeFile(fd);
  return "no memory: perf_event_mlock_kb and memlock limit are spent";
}

/** Returns the time by CLOCK_MONOTONIC, as records have it, in nanoseconds. */
export function monotonicNs(): number {
  return clockNs(CLOCK_MONOTONIC);
}

/** Returns by how many nanoseconds CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC: for so long the machine has slept. */
export function bootAheadNs(): number {
  return clockNs(CLOCK_BOOTTIME) - clockNs(CLOCK_MONOTONIC);
}

function clockNs(clock: number): number {
  const { bytes, address } = pinned(16);
  trySystemCall("clock_gettime", clock, address);
  const [seconds = 0n, nanoseconds = 0n] = new BigInt64Array(bytes.buffer);
  return Number(seconds) * 1e9 + Number(nanoseconds);
}

/** Returns whether the task clock works here, in words. */
export function taskClockState(): string {
  const opened = openTaskClock();
  if (typeof opened === "string") return `off here: ${opened}`;
  for (const ring of [...opened.records, ...opened.times]) ring.close();
  return `works, ${opened.times.length} CPUs`;
}

function refused(rings: readonly PerfRing[], reason: string): string {
  for (const ring of rings) ring.close();
  return reason;
}

/** Why the kernel opens no event, perf_event_open(2), by the errno. */
function openReason(errno: number): string {
  switch (errno) {
    case 1:
      return "refused (EPERM): by a seccomp filter, or perf_event_paranoid";
    case 13:
      return "refused (EACCES): kernel.perf_event_paranoid is above 2";
    case 2:
    case 38:
      return "this kernel has no perf events";
    case 24:
      return "no descriptors are left for it (EMFILE)";
    default:
      return `refused (errno ${errno})`;
  }
}

/** `wakeBytes`: so much in a ring is worth being read at once. */
function attributeOf(own: Readonly<Record<string, number>>, wakeBytes: number): ReturnType<typeof pinned> {
  const attribute = pinned(ATTR_BYTES);
  const words = new Uint32Array(attribute.bytes.buffer);
  words[0] = TYPE_SOFTWARE;
  words[1] = ATTR_BYTES;
  words[2] = TASK_CLOCK;
  words[6] = SAMPLE_TID_AND_TIME;
  let flags = 0;
  for (const name in FLAGS) flags |= 1 << FLAGS[name as keyof typeof FLAGS];
  for (const name in own) flags |= 1 << own[name]!;
  words[10] = flags;
  words[12] = wakeBytes;
  words[23] = CLOCK_MONOTONIC;
  return attribute;
}

/** Returns the numbers of the CPUs that are there; where that cannot be read, of as many as the runtime knows. */
function onlineCpus(): number[] {
  let text = "";
  try {
    text = readText("/sys/devices/system/cpu/online");
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  if (!/^\d+(?:[-,]\d+)*$/.test(text)) text = `0-${navigator.hardwareConcurrency - 1}`;
  const cpus: number[] = [];
  for (const range of text.split(",")) {
    const [first = 0, last = first] = range.split("-").map(Number);
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}
