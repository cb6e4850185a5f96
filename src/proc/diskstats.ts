import type { RowNames } from "./row-names.ts";
import { RowTable } from "./row-table.ts";
import { Scanner } from "./scan.ts";

/** A sector in diskstats is 512 bytes whatever the device's own is: the kernel's unit, see its iostats document. */
const SECTOR_BYTES = 512;

const MILLISECONDS = 1000;

/** What is kept of a row: operations, bytes, the time that all of them took; requests in flight; time with any at all. */
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

/** The kernel's columns and what one of each is worth; merged requests and the weighted time are not kept. */
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

/** A partition before 2.6.25. */
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
  readonly rows = new RowTable(DISK_FIELDS);
  private readonly scan = new Scanner("diskstats");
  /** Columns of the longest row so far. */
  private columns = 0;
  /** Names whose counters nobody wants, by index. */
  private readonly unwanted: boolean[] = [];
  /** The counters of the row at hand. */
  private readonly counters = new Float64Array(WITH_FLUSHES);

  get names(): RowNames {
    return this.rows.names;
  }

  /** Whether the kernel tells of discards, and of flushes, as far as was seen. */
  get hasDiscards(): boolean {
    return this.columns >= WITH_DISCARDS;
  }
  get hasFlushes(): boolean {
    return this.columns >= WITH_FLUSHES;
  }

  /** Takes a text in place of the last; an empty one is a machine without disks. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.clear();
    this.scan.begin(bytes);
    for (let near = 0; !this.scan.ended; this.scan.nextLine()) near = this.row(bytes, near) + 1;
  }

  /** No text: no device has a row. */
  clear(): void {
    this.rows.clear();
  }

  /** From now on the rows of this name are passed over: a machine may have many more partitions than disks. */
  ignore(index: number): void {
    this.unwanted[index] = true;
  }

  /** Reads a row; its index. */
  private row(bytes: Uint8Array, near: number): number {
    const { scan, counters } = this;
    for (let number = 0; number < 2; number++) {
      scan.skipSpaces();
      scan.skipNumber(EXPECTED);
    }
    scan.skipSpaces();
    const name = scan.at;
    const nameEnd = this.skipName();
    if (this.unwanted[near] && this.names.is(near, bytes, name, nameEnd)) return near;
    const columns = this.readColumns();
    if (columns !== OLD_PARTITION && columns !== OLDEST && columns !== WITH_DISCARDS && columns < WITH_FLUSHES)
      scan.fail(EXPECTED);
    this.columns = Math.max(this.columns, columns);
    const index = this.rows.names.indexOf(bytes, name, nameEnd, near);
    const start = this.rows.start(index);
    const { values } = this.rows;
    const { places, per } = columns === OLD_PARTITION ? OLD_LAYOUT : LAYOUT;
    for (let column = 0; column < columns && column < places.length; column++)
      if (places[column]! >= 0) values[start + places[column]!] = counters[column]! / per[column]!;
    return index;
  }

  /** To the first counter; the offset of the name's end. A name may hold spaces, but no word that is like a counter. */
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

  /** Reads the counters of a row; how many there were. */
  private readColumns(): number {
    const { scan, counters } = this;
    let columns = 0;
    for (; !scan.lineEnded; scan.skipSpaces()) {
      const isKept = columns < counters.length && !(columns === IN_FLIGHT && scan.atMinus);
      if (isKept) counters[columns] = scan.number(EXPECTED);
      else {
        // Some kernels count I/Os in flight below zero: that is no number of them.
        scan.skipNumber(EXPECTED);
        if (columns === IN_FLIGHT) counters[columns] = Number.NaN;
      }
      columns++;
    }
    return columns;
  }
}

/** By column: the field's place, -1 where it is not kept, and how many of the kernel's units are one of ours. */
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
