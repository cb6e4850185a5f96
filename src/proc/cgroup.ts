import { ParseError } from "../errors.ts";
import { KeyValueFile } from "./key-value-file.ts";
import { encode, Scanner } from "./scanner.ts";
import { MICROSECONDS, NANOSECONDS, USER_HZ } from "./units.ts";

/*
 * The files of cgroups(7), of both versions, but for those that hold one number (number-file.ts), pressure (psi.ts) and
 * io.stat (cgroup-io.ts).
 */

/** The cgroup of a process in one hierarchy: a line of `proc_pid_cgroup(5)`. */
export interface CgroupMembership {
  readonly version: 1 | 2;
  /** The controllers of a version 1 hierarchy, such as `memory`; empty in version 2. */
  readonly controllers: readonly string[];
  /** From the root of the hierarchy, or of our cgroup namespace. */
  readonly path: string;
}

/** A mount of a hierarchy, or of a part of one: a line of `proc_pid_mountinfo(5)`. */
export interface CgroupMount {
  readonly version: 1 | 2;
  /** As in `CgroupMembership`. */
  readonly controllers: readonly string[];
  /** The path of the cgroup at the mount point: not `/` in a bind mount, as containers have. */
  readonly root: string;
  readonly mountPoint: string;
}

const decoder = new TextDecoder();

/** Parses /proc/self/cgroup: `4:cpu,cpuacct:/path` of version 1, `0::/path` of version 2. Throws ParseError. */
export function parseCgroupMemberships(bytes: Uint8Array): CgroupMembership[] {
  return linesOf(bytes).map((line) => {
    const [, number, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined)
      throw new ParseError("cgroup", "`number:controllers:/path`", line);
    return { version: number === "0" ? 2 : 1, controllers: namesOf(controllers), path };
  });
}

/** Parses /proc/self/mountinfo and returns the mounts of cgroup hierarchies. Throws ParseError. */
export function parseCgroupMounts(bytes: Uint8Array): CgroupMount[] {
  return linesOf(bytes).flatMap((line) => {
    const [left, right] = line.split(" - ", 2);
    const [, , , root, mountPoint] = left!.split(" ");
    const [type, , options] = right?.split(" ") ?? [];
    if (root === undefined || mountPoint === undefined || type === undefined)
      throw new ParseError("mountinfo", "a mount, ` - ` and its file system", line);
    if (type !== "cgroup" && type !== "cgroup2") return [];
    const controllers = type === "cgroup" ? namesOf(options ?? "") : [];
    return [
      { version: type === "cgroup" ? 1 : 2, controllers, root: unescaped(root), mountPoint: unescaped(mountPoint) },
    ];
  });
}

function linesOf(bytes: Uint8Array): string[] {
  return decoder.decode(bytes).split("\n").filter(Boolean);
}

function namesOf(list: string): string[] {
  return list.split(",").filter(Boolean);
}

/** Decodes the octal numbers that mountinfo has for spaces, tabs, line breaks and backslashes. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * cpu.stat. Version 2 has the times of every cgroup, and periods while the cpu controller is enabled; version 1, in the
 * cpu hierarchy, has periods only. Each value is NaN where the file lacks its line.
 */
export class CgroupCpuStat extends KeyValueFile {
  private readonly user = this.place("user_usec");
  private readonly system = this.place("system_usec");
  private readonly passed = this.place("nr_periods");
  private readonly throttled = this.place("nr_throttled");
  private readonly throttledMicroseconds = this.place("throttled_usec");
  private readonly throttledNanoseconds = this.place("throttled_time");

  constructor() {
    super("cpu.stat", " ");
  }

  get userSeconds(): number {
    return this.values[this.user]! / MICROSECONDS;
  }
  get systemSeconds(): number {
    return this.values[this.system]! / MICROSECONDS;
  }
  /** Quota periods that passed while the cgroup wanted CPU. */
  get periods(): number {
    return this.values[this.passed]!;
  }
  get throttledPeriods(): number {
    return this.values[this.throttled]!;
  }
  /** Version 2 counts microseconds; version 1 nanoseconds, in a line whose name does not say so. */
  get throttledSeconds(): number {
    const microseconds = this.values[this.throttledMicroseconds]!;
    if (!Number.isNaN(microseconds)) return microseconds / MICROSECONDS;
    return this.values[this.throttledNanoseconds]! / NANOSECONDS;
  }
}

/** cpuacct.stat of version 1. Their proportion is right; their sum may differ from the exact cpuacct.usage. */
export class CpuacctStat extends KeyValueFile {
  private readonly user = this.place("user");
  private readonly system = this.place("system");

  constructor() {
    super("cpuacct.stat", " ");
  }

  get userSeconds(): number {
    return this.values[this.user]! / USER_HZ;
  }
  get systemSeconds(): number {
    return this.values[this.system]! / USER_HZ;
  }
}

const MAX = encode("max ");

/** cpu.max of version 2: a quota and its period in microseconds, or `max 100000`. */
export class CgroupCpuMax {
  /** CPU time that may be used in each period; NaN: there is no quota. */
  quotaMicroseconds = Number.NaN;
  periodMicroseconds = Number.NaN;
  private readonly scan = new Scanner("cpu.max");

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    const expected = "`max` or a quota, and a period";
    this.clear();
    scan.begin(bytes);
    const quota = scan.accept(MAX) ? Number.NaN : scan.number(expected);
    scan.skipSpaces();
    const period = scan.number(expected);
    if (period === 0 || !scan.lineEnded) scan.fail(expected);
    this.quotaMicroseconds = quota;
    this.periodMicroseconds = period;
  }

  /** Removes both values, as for a file that does not exist. */
  clear(): void {
    this.quotaMicroseconds = Number.NaN;
    this.periodMicroseconds = Number.NaN;
  }
}

/**
 * memory.stat, by those of its lines that count the cgroups below as well: all in version 2, the `total_` ones in
 * version 1. Each value is NaN where the file lacks its lines.
 */
export class CgroupMemoryStat extends KeyValueFile {
  private readonly anonymous: number;
  private readonly cache: number;
  private readonly shared: number;
  private readonly kernel = this.place("kernel");
  private readonly stacks = this.place("kernel_stack");
  private readonly pageTables = this.place("pagetables");
  private readonly perCpu = this.place("percpu");
  private readonly slab = this.place("slab");
  private readonly sockets = this.place("sock");

  constructor(version: 1 | 2) {
    super("memory.stat", " ");
    // Version 1's `rss` is no resident set: it leaves out shared memory and mapped files.
    this.anonymous = this.place(version === 1 ? "total_rss" : "anon");
    this.cache = this.place(version === 1 ? "total_cache" : "file");
    this.shared = this.place(version === 1 ? "total_shmem" : "shmem");
  }

  /** Heap, stacks and other memory without a file. */
  get anonymousBytes(): number {
    return this.values[this.anonymous]!;
  }
  /** Page cache, shared memory included. */
  get cacheBytes(): number {
    return this.values[this.cache]!;
  }
  /** Shared memory and tmpfs; NaN before Linux 3.17, which counts them in the page cache alone. */
  get sharedBytes(): number {
    return this.values[this.shared]!;
  }
  /** Version 2: `kernel` (Linux 5.18), or the parts that were shown before; and sockets' buffers, which are not in it. */
  get kernelBytes(): number {
    const { values } = this;
    let total = values[this.kernel]!;
    if (Number.isNaN(total)) {
      total = added(values[this.stacks]!, values[this.pageTables]!);
      total = added(total, values[this.perCpu]!);
      total = added(total, values[this.slab]!);
    }
    return added(total, values[this.sockets]!);
  }
}

/** Returns the sum of those that are not NaN; NaN: both are. */
function added(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : a + b;
}

/** memory.events of version 2, or memory.oom_control of version 1. */
export class CgroupOomKills extends KeyValueFile {
  private readonly killed = this.place("oom_kill");

  /** `where`: the file as a ParseError names it. */
  constructor(where: string) {
    super(where, " ");
  }

  /** Processes that the kernel killed because the cgroup was at its limit; NaN before Linux 4.13. */
  get kills(): number {
    return this.values[this.killed]!;
  }
}
