import { type RowNames, RowTable } from "./row-table.ts";
import { encode, Scanner } from "./scanner.ts";
import { USER_HZ } from "./units.ts";

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

/** The first four are as old as the file; the others came from 2.5.41 to 2.6.33. */
const LEAST_COLUMNS = 4;

const EXPECTED = "cpu rows, each of the same 4 or more tick counts";
const EXPECTED_COUNT = "`name number`";
const CPU = encode("cpu");

/** The lines after the cpu rows that are read, in the kernel's order since 2.6. */
const COUNTS = ["intr", "ctxt", "processes", "procs_running", "procs_blocked"] as const;
const COUNT_KEYS = COUNTS.map((key) => encode(`${key} `));

/** The CPU times and counts of proc_stat(5): of each CPU that is online, or of all together. */
export class Stat {
  /** Seconds since boot by CPU and mode; NaN: the CPU is offline, or the kernel has no such column. */
  readonly cpus = new RowTable(CPU_MODES);
  /** Number of cpuN rows; NaN: no text. */
  online = Number.NaN;
  /** By line of `COUNTS`. */
  readonly counts = new Float64Array(COUNTS.length).fill(Number.NaN);
  private readonly scan = new Scanner("stat");

  /** `total`: instead of a row for each CPU, `cpus` has one row, `cpu`, with the sum of all. */
  constructor(private readonly total = false) {}

  get values(): Float64Array {
    return this.cpus.values;
  }

  get names(): RowNames {
    return this.cpus.names;
  }

  /** Returns the first number of a line; NaN: the text has no such line. */
  count(line: (typeof COUNTS)[number]): number {
    return this.counts[COUNTS.indexOf(line)]!;
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    if (!scan.accept(CPU)) scan.fail(EXPECTED);
    const columns = this.readColumns(this.total ? this.cpus.names.indexOf(bytes, 0, CPU.length, 0) : -1);
    scan.nextLine();
    const rows = this.total ? this.countRows() : this.readRows(bytes, columns);
    if (rows === 0) scan.fail(EXPECTED);
    this.online = rows;
    this.readCounts();
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.cpus.clear();
    this.counts.fill(Number.NaN);
    this.online = Number.NaN;
  }

  /** Reads the cpuN rows and returns how many there are. */
  private readRows(bytes: Uint8Array, columns: number): number {
    const { scan } = this;
    let cpu = -1;
    let rows = 0;
    for (; scan.accept(CPU); scan.nextLine()) {
      const name = scan.at - CPU.length;
      if (!scan.atDigit) scan.fail(EXPECTED);
      scan.skipNumber(EXPECTED);
      cpu = this.cpus.names.indexOf(bytes, name, scan.at, cpu + 1);
      // A row that was cut short has fewer columns than the sum's.
      if (this.readColumns(cpu) !== columns) scan.fail(EXPECTED);
      rows++;
    }
    return rows;
  }

  private countRows(): number {
    let rows = 0;
    for (; this.scan.accept(CPU); this.scan.nextLine()) rows++;
    return rows;
  }

  /** Reads the lines after the rows; other lines may stand between them. */
  private readCounts(): void {
    const { scan, counts } = this;
    for (let next = 0; next < counts.length && !scan.ended; scan.nextLine()) {
      for (let i = next; i < counts.length; i++) {
        if (!scan.accept(COUNT_KEYS[i]!)) continue;
        counts[i] = scan.number(EXPECTED_COUNT);
        next = i + 1;
        break;
      }
    }
  }

  /** Reads the columns of one row, or only counts them (-1), and returns their number. */
  private readColumns(cpu: number): number {
    const { scan, cpus } = this;
    const start = cpu < 0 ? 0 : cpus.start(cpu);
    let columns = 0;
    for (scan.skipSpaces(); !scan.lineEnded; scan.skipSpaces()) {
      const ticks = scan.number(EXPECTED);
      if (cpu >= 0 && columns < CPU_MODES.length) cpus.values[start + columns] = ticks / USER_HZ;
      columns++;
    }
    if (columns < LEAST_COLUMNS) scan.fail(EXPECTED);
    return columns;
  }
}
