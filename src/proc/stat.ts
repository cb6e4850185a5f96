import { RowNames, withRoomFor } from "./row-names.ts";
import { Scanner } from "./scan.ts";

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
const CPU = new TextEncoder().encode("cpu");

/** The CPU times of `proc_stat(5)`: the cpuN rows, those of the CPUs that are online. */
export class Stat {
  readonly names = new RowNames();
  /** Seconds since boot, `seconds[cpu * CPU_MODES.length + mode]` by a name's index; NaN: no such row or column. */
  seconds: Float64Array = new Float64Array(0);
  private readonly scan = new Scanner("stat");

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    if (!scan.accept(CPU)) scan.fail(EXPECTED);
    const columns = this.row(-1);
    let cpu = -1;
    let rows = 0;
    for (scan.nextLine(); scan.accept(CPU); scan.nextLine()) {
      const name = scan.at - CPU.length;
      if (!scan.atDigit) scan.fail(EXPECTED);
      scan.skipNumber(EXPECTED);
      cpu = this.names.indexOf(bytes, name, scan.at, cpu + 1);
      // A row that was cut short has fewer than the sum's.
      if (this.row(cpu) !== columns) scan.fail(EXPECTED);
      rows++;
    }
    if (rows === 0) scan.fail(EXPECTED);
  }

  /** No text: no CPU has a row. */
  clear(): void {
    this.seconds.fill(Number.NaN);
  }

  /** Whether the last text had a row for the CPU of this index. */
  isOnline(cpu: number): boolean {
    return !Number.isNaN(this.seconds[cpu * CPU_MODES.length]);
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
