import { type RowNames, RowTable } from "./row-table.ts";
import { Scanner } from "./scanner.ts";
import { MILLISECONDS, SECTOR_BYTES } from "./units.ts";

/**
 * What is read of a row: operations, bytes, and the time that all of them took; requests in flight; the time in which at
 * least one was.
 */
export const DISK_FIELDS = [
  "reads",
  "readBytes",
  "readSeconds",
  "writes",
  "writtenBytes",
  "writeSeconds",
  "inFlight",
  "busySeconds",
  "discards",
  "discardedBytes",
  "discardSeconds",
  "flushes",
  "flushSeconds",
] as const;

type DiskField = (typeof DISK_FIELDS)[number];

/** The kernel's columns, and how many of its units are one of ours; merged requests and the weighted time are not read. */
const LAYOUT = layout([
  ["reads", 1],
  undefined,
  ["readBytes", 1 / SECTOR_BYTES],
  ["readSeconds", MILLISECONDS],
  ["writes", 1],
  undefined,
  ["writtenBytes", 1 / SECTOR_BYTES],
  ["writeSeconds", MILLISECONDS],
  ["inFlight", 1],
  ["busySeconds", MILLISECONDS],
  undefined,
  ["discards", 1],
  undefined,
  ["discardedBytes", 1 / SECTOR_BYTES],
  ["discardSeconds", MILLISECONDS],
  ["flushes", 1],
  ["flushSeconds", MILLISECONDS],
]);
const IN_FLIGHT = 8;

/** The columns of a partition before Linux 2.6.25. */
const OLD_LAYOUT = layout([
  ["reads", 1],
  ["readBytes", 1 / SECTOR_BYTES],
  ["writes", 1],
  ["writtenBytes", 1 / SECTOR_BYTES],
]);

/** Counters after the name: 11, with discards (4.18) 15, with flushes (5.5) 17, more to come. */
const OLDEST = 11;
const WITH_DISCARDS = 15;
const WITH_FLUSHES = 17;
/** A partition before 2.6.25: reads, sectors read, writes, sectors written. */
const OLD_PARTITION = 4;

const EXPECTED = "major, minor, name and 4, 11, 15, 17 or more counters";

/** The counters of `proc_diskstats(5)`: whole disks, partitions and all. */
export class Diskstats {
  readonly devices = new RowTable(DISK_FIELDS);
  private readonly scan = new Scanner("diskstats");
  /** Columns of the longest row so far. */
  private columns = 0;
  /** By index: whether the rows of a name are passed over. */
  private readonly ignored: boolean[] = [];
  /** The counters of the row that is being read. */
  private readonly counters = new Float64Array(WITH_FLUSHES);

  /** Whether the kernel counts discards, and flushes, by the longest row so far. */
  get hasDiscards(): boolean {
    return this.columns >= WITH_DISCARDS;
  }
  get hasFlushes(): boolean {
    return this.columns >= WITH_FLUSHES;
  }

  get values(): Float64Array {
    return this.devices.values;
  }

  get names(): RowNames {
    return this.devices.names;
  }

  /** Takes the values of a text; an empty one is a machine without disks. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.clear();
    this.scan.begin(bytes);
    for (let near = 0; !this.scan.ended; this.scan.nextLine()) near = this.readRow(bytes, near) + 1;
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.devices.clear();
  }

  /** Passes over the rows of this name from now on: a machine may have many more partitions than disks. */
  ignore(index: number): void {
    this.ignored[index] = true;
  }

  /** Reads a row and returns its index. */
  private readRow(bytes: Uint8Array, near: number): number {
    const { scan, counters } = this;
    for (let number = 0; number < 2; number++) {
      scan.skipSpaces();
      scan.skipNumber(EXPECTED);
    }
    scan.skipSpaces();
    const name = scan.at;
    const nameEnd = this.skipName();
    if (this.ignored[near] && this.devices.names.is(near, bytes, name, nameEnd)) return near;
    const columns = this.readColumns();
    if (columns !== OLD_PARTITION && columns !== OLDEST && columns !== WITH_DISCARDS && columns < WITH_FLUSHES)
      scan.fail(EXPECTED);
    this.columns = Math.max(this.columns, columns);
    const index = this.devices.names.indexOf(bytes, name, nameEnd, near);
    const start = this.devices.start(index);
    const { values } = this.devices;
    const { places, per } = columns === OLD_PARTITION ? OLD_LAYOUT : LAYOUT;
    for (let column = 0; column < columns && column < places.length; column++)
      if (places[column]! >= 0) values[start + places[column]!] = counters[column]! / per[column]!;
    return index;
  }

  /** Moves to the first counter and returns where the name ended. A name may hold spaces, but no word that looks like a counter. */
  private skipName(): number {
    const { scan } = this;
    let end: number;
    do {
      scan.skipWord();
      end = scan.at;
      scan.skipSpaces();
    } while (!scan.atDigit && !scan.lineEnded);
    return end;
  }

  /** Reads the counters of a row and returns their number. */
  private readColumns(): number {
    const { scan, counters } = this;
    let columns = 0;
    for (; !scan.lineEnded; scan.skipSpaces()) {
      const isRead = columns < counters.length && !(columns === IN_FLIGHT && scan.atMinus);
      if (isRead) counters[columns] = scan.number(EXPECTED);
      else {
        // Some kernels count I/Os in flight below zero, which is no number of requests.
        scan.skipNumber(EXPECTED);
        if (columns === IN_FLIGHT) counters[columns] = Number.NaN;
      }
      columns++;
    }
    return columns;
  }
}

/** Returns by column: the field's place, -1 where it is not read, and how many of the kernel's units are one of ours. */
function layout(columns: readonly (readonly [field: DiskField, per: number] | undefined)[]) {
  const places = new Int8Array(columns.length).fill(-1);
  const per = new Float64Array(columns.length).fill(1);
  // By hand: the first use of a typed array's `from` costs a start 0.4 ms.
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    if (column === undefined) continue;
    places[i] = DISK_FIELDS.indexOf(column[0]);
    per[i] = column[1];
  }
  return { places, per };
}
