import { RowNames, withRoomFor } from "./row-names.ts";
import { encode, Scanner } from "./scan.ts";

/** The columns of a cpu row, in the kernel's order: user includes guest, nice includes guestNice. */
export const CPU_MODES = [
  "user",
  "nice",
  "system",
  "idle",
  "iowait",
  "irq",
  "softirq",
  "steal",
  "guest",
  "guestNice",
] as const;

/**
 * Ticks a second in what the kernel shows to programs. It is 100 on every architecture that Bun runs on, whatever
 * CONFIG_HZ is: the kernel converts, so that files made for one configuration can be read under another.
 */
const USER_HZ = 100;

/** The first four are as old as the file; the others came from 2.5.41 to 2.6.33. */
const LEAST_COLUMNS = 4;

const EXPECTED = "cpu rows, each of the same 4 or more tick counts";
const EXPECTED_COUNT = "`name number`";
const CPU = encode("cpu");

/** Lines behind the cpu rows whose first number is recorded, each the number's place in `counts`. */
const COUNTS = ["intr ", "ctxt ", "processes ", "procs_running ", "procs_blocked "].map((key) => encode(key));

/** The CPU times and counts of `proc_stat(5)`: of the cpuN rows, those of the CPUs that are online, or of their sum. */
export class Stat {
  readonly names = new RowNames();
  /** Seconds since boot, `seconds[cpu * CPU_MODES.length + mode]` by a name's index; NaN: no such row or column. */
  seconds: Float64Array = new Float64Array(0);
  /** How many cpuN rows there are; NaN: no text. */
  online = Number.NaN;
  /** Since boot: interrupts, context switches, forks; now: tasks that run, tasks that wait for a disk. */
  private readonly counts = new Float64Array(COUNTS.length).fill(Number.NaN);
  private readonly scan = new Scanner("stat");

  /** `sum`: the rows of single CPUs are counted only, and the sum is a row by its own name, `cpu`. */
  constructor(private readonly sum = false) {}

  get interrupts(): number {
    return this.counts[0]!;
  }
  get contextSwitches(): number {
    return this.counts[1]!;
  }
  get forks(): number {
    return this.counts[2]!;
  }
  get tasksRunning(): number {
    return this.counts[3]!;
  }
  get tasksBlocked(): number {
    return this.counts[4]!;
  }

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    if (!scan.accept(CPU)) scan.fail(EXPECTED);
    const columns = this.row(this.sum ? this.names.indexOf(bytes, 0, CPU.length, 0) : -1);
    scan.nextLine();
    const rows = this.sum ? this.countRows() : this.readRows(bytes, columns);
    if (rows === 0) scan.fail(EXPECTED);
    this.online = rows;
    this.readCounts();
  }

  /** No text: no CPU has a row. */
  clear(): void {
    this.seconds.fill(Number.NaN);
    this.counts.fill(Number.NaN);
    this.online = Number.NaN;
  }

  /** Whether the last text had a row for the CPU of this index. */
  isOnline(cpu: number): boolean {
    return !Number.isNaN(this.seconds[cpu * CPU_MODES.length]);
  }

  /** Reads the cpuN rows; how many there are. */
  private readRows(bytes: Uint8Array, columns: number): number {
    const { scan } = this;
    let cpu = -1;
    let rows = 0;
    for (; scan.accept(CPU); scan.nextLine()) {
      const name = scan.at - CPU.length;
      if (!scan.atDigit) scan.fail(EXPECTED);
      scan.skipNumber(EXPECTED);
      cpu = this.names.indexOf(bytes, name, scan.at, cpu + 1);
      // A row that was cut short has fewer than the sum's.
      if (this.row(cpu) !== columns) scan.fail(EXPECTED);
      rows++;
    }
    return rows;
  }

  private countRows(): number {
    let rows = 0;
    for (; this.scan.accept(CPU); this.scan.nextLine()) rows++;
    return rows;
  }

  /** Reads the lines behind the rows; they have come in this order since 2.6, with others between them. */
  private readCounts(): void {
    const { scan, counts } = this;
    for (let next = 0; next < counts.length && !scan.ended; scan.nextLine()) {
      for (let i = next; i < counts.length; i++) {
        if (!scan.accept(COUNTS[i]!)) continue;
        counts[i] = scan.number(EXPECTED_COUNT);
        next = i + 1;
        break;
      }
    }
  }

  /** Reads one row's columns, those of the sum (-1) for their count alone. */
  private row(cpu: number): number {
    const { scan } = this;
    const first = cpu * CPU_MODES.length;
    if (cpu >= 0) this.seconds = withRoomFor(first + CPU_MODES.length - 1, this.seconds);
    let columns = 0;
    for (scan.skipSpaces(); !scan.lineEnded; scan.skipSpaces()) {
      const ticks = scan.number(EXPECTED);
      // Divided, not multiplied by 0.01: a division gives the double nearest to the decimal.
      if (cpu >= 0 && columns < CPU_MODES.length) this.seconds[first + columns] = ticks / USER_HZ;
      columns++;
    }
    if (columns < LEAST_COLUMNS) scan.fail(EXPECTED);
    return columns;
  }
}
