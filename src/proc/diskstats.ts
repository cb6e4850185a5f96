import { RowNames, withRoomFor } from "./row-names.ts";
import { Scanner } from "./scan.ts";

/** A sector in diskstats is 512 bytes whatever the device's own is: the kernel's unit, see its iostats document. */
const SECTOR_BYTES = 512;

/** Counters after the name: 11, with discards (4.18) 15, with flushes (5.5) 17, more to come. */
const OLDEST = 11;
const WITH_DISCARDS = 15;
const WITH_FLUSHES = 17;
/** A partition before 2.6.25: reads, sectors read, writes, sectors written. */
const OLD_PARTITION = 4;

const EXPECTED = "major, minor, name and 4, 11, 15, 17 or more counters";

/** The sector counters of `proc_diskstats(5)`, in bytes: whole disks, partitions and all. */
export class Diskstats {
  readonly names = new RowNames();
  /** Bytes read, by a name's index; NaN: no such row. May be longer than the names. */
  readBytes: Float64Array = new Float64Array(0);
  /** Bytes written, likewise. */
  writtenBytes: Float64Array = new Float64Array(0);
  private readonly scan = new Scanner("diskstats");
  /** Names whose counters nobody wants, by index. */
  private readonly unwanted: boolean[] = [];
  /** The first counters of the row at hand. */
  private readonly counters = new Float64Array(7);

  /** Takes a text in place of the last; an empty one is a machine without disks. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.clear();
    this.scan.begin(bytes);
    for (let near = 0; !this.scan.ended; this.scan.nextLine()) near = this.row(bytes, near) + 1;
  }

  /** No text: no device has a row. */
  clear(): void {
    this.readBytes.fill(Number.NaN);
    this.writtenBytes.fill(Number.NaN);
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
    const columns = this.columns();
    if (columns !== OLD_PARTITION && columns !== OLDEST && columns !== WITH_DISCARDS && columns < WITH_FLUSHES)
      scan.fail(EXPECTED);
    const index = this.names.indexOf(bytes, name, nameEnd, near);
    this.readBytes = withRoomFor(index, this.readBytes);
    this.writtenBytes = withRoomFor(index, this.writtenBytes);
    this.readBytes[index] = counters[columns === OLD_PARTITION ? 1 : 2]! * SECTOR_BYTES;
    this.writtenBytes[index] = counters[columns === OLD_PARTITION ? 3 : 6]! * SECTOR_BYTES;
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
  private columns(): number {
    const { scan, counters } = this;
    let columns = 0;
    for (; !scan.lineEnded; scan.skipSpaces()) {
      if (columns < counters.length) counters[columns] = scan.number(EXPECTED);
      else scan.skipNumber(EXPECTED);
      columns++;
    }
    return columns;
  }
}
