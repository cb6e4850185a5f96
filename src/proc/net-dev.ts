import { type RowNames, RowTable } from "./row-table.ts";
import { Scanner } from "./scanner.ts";

const COLON = 0x3a;
const BAR = 0x7c;

/** The columns that are read: the first four of the eight of each direction. */
export const NET_FIELDS = [
  "receivedBytes",
  "receivedPackets",
  "receiveErrors",
  "receiveDrops",
  "sentBytes",
  "sentPackets",
  "sendErrors",
  "sendDrops",
] as const;

/** Newer kernels may append columns. */
const LEAST_COLUMNS = 16;
/** Columns of each direction, and how many of them are read. */
const COLUMNS_A_DIRECTION = 8;
const READ_A_DIRECTION = 4;

const EXPECTED = "`name:` and at least 16 counters";

/** The counters of each network interface: `net/dev` of proc_pid_net(5). */
export class NetDev {
  readonly interfaces = new RowTable(NET_FIELDS);
  private readonly scan = new Scanner("net/dev");

  get values(): Float64Array {
    return this.interfaces.values;
  }

  get names(): RowNames {
    return this.interfaces.names;
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    this.skipHeader();
    this.skipHeader();
    for (let near = 0; !scan.ended; scan.nextLine()) near = this.readRow(bytes, near) + 1;
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.interfaces.clear();
  }

  private skipHeader(): void {
    const { scan } = this;
    const end = scan.lineEnd();
    if (!scan.has(BAR, end) || scan.last(COLON, end) >= 0) scan.fail("two header lines");
    scan.nextLine();
  }

  /** Reads a row and returns its index. */
  private readRow(bytes: Uint8Array, near: number): number {
    const { scan } = this;
    scan.skipSpaces();
    // Old kernels put no space after the colon, and a name may hold colons itself (`eth0:1`): only the last one counts.
    const colon = scan.last(COLON, scan.lineEnd());
    if (colon <= scan.at) scan.fail(EXPECTED);
    const index = this.interfaces.names.indexOf(bytes, scan.at, colon, near);
    const start = this.interfaces.start(index);
    const { values } = this.interfaces;
    scan.at = colon + 1;
    let columns = 0;
    for (scan.skipSpaces(); !scan.lineEnded; scan.skipSpaces()) {
      const column = columns % COLUMNS_A_DIRECTION;
      if (column >= READ_A_DIRECTION || columns >= LEAST_COLUMNS) scan.skipNumber(EXPECTED);
      else values[start + (columns < COLUMNS_A_DIRECTION ? column : READ_A_DIRECTION + column)] = scan.number(EXPECTED);
      columns++;
    }
    if (columns < LEAST_COLUMNS) scan.fail(EXPECTED);
    return index;
  }
}
