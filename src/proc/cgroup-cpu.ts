import { KeyedNumbers } from "./keyed-numbers.ts";
import { Scanner } from "./scanner.ts";

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;
/** What cpuacct.stat counts in, see stat.ts. */
const USER_HZ = 100;

/**
 * A group's cpu.stat. Version 2 has the times of every group, and with the cpu controller the periods; version 1, in the
 * cpu hierarchy, has the periods alone. A file without any of it is one of an idle kernel's, and no fault.
 */
export class CgroupCpuStat {
  private readonly lines = new KeyedNumbers("cpu.stat", [
    "user_usec",
    "system_usec",
    "nr_periods",
    "nr_throttled",
    "throttled_usec",
    "throttled_time",
  ]);

  get userSeconds(): number {
    return this.lines.values[0]! / MICROSECONDS;
  }
  get systemSeconds(): number {
    return this.lines.values[1]! / MICROSECONDS;
  }
  get periods(): number {
    return this.lines.values[2]!;
  }
  get throttledPeriods(): number {
    return this.lines.values[3]!;
  }
  /** Microseconds in version 2, nanoseconds in version 1, whose name does not say so. */
  get throttledSeconds(): number {
    const microseconds = this.lines.values[4]!;
    return Number.isNaN(microseconds) ? this.lines.values[5]! / NANOSECONDS : microseconds / MICROSECONDS;
  }

  parse(bytes: Uint8Array): void {
    this.lines.parse(bytes);
  }

  clear(): void {
    this.lines.clear();
  }
}

/** cpuacct.stat of version 1: ticks, of which the kernel keeps the proportion right rather than the sum. */
export class CpuacctStat {
  private readonly lines = new KeyedNumbers("cpuacct.stat", ["user", "system"]);

  get userSeconds(): number {
    return this.lines.values[0]! / USER_HZ;
  }
  get systemSeconds(): number {
    return this.lines.values[1]! / USER_HZ;
  }

  parse(bytes: Uint8Array): void {
    this.lines.parse(bytes);
  }

  clear(): void {
    this.lines.clear();
  }
}

const MAX = new TextEncoder().encode("max ");

/** cpu.max of version 2: `max 100000`, or a quota and its period in microseconds. */
export class CgroupCpuMax {
  /** CPU time that may be used in each period; NaN: there is no quota. */
  quotaMicroseconds = Number.NaN;
  periodMicroseconds = Number.NaN;
  private readonly scan = new Scanner("cpu.max");

  /** Throws ParseError. */
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

  clear(): void {
    this.quotaMicroseconds = Number.NaN;
    this.periodMicroseconds = Number.NaN;
  }
}
