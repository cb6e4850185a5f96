import type { RowNames } from "./row-names.ts";
import { RowTable } from "./row-table.ts";
import { Scanner } from "./scan.ts";

const COLON = 0x3a;
const BAR = 0x7c;

/** What is kept of a row: of the eight columns a direction the first four. */
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

/** Newer kernels may append. */
const LEAST_COLUMNS = 16;
const COLUMNS_A_DIRECTION = 8;
const KEPT_A_DIRECTION = 4;

const EXPECTED = "`name:` and at least 16 counters";

/** The counters of `net/dev`, `proc_pid_net(5)`. */
export class NetDev {
  readonly rows = new RowTable(NET_FIELDS);
  private readonly scan = new Scanner("net/dev");

  get names(): RowNames {
    return this.rows.names;
  }

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    this.header();
    this.header();
    for (let near = 0; !scan.ended; scan.nextLine()) near = this.row(bytes, near) + 1;
  }

  /** No text: no interface has a row. */
  clear(): void {
    this.rows.clear();
  }

  private header(): void {
    const { scan } = this;
    const end = scan.lineEnd();
    if (!scan.has(BAR, end) || scan.last(COLON, end) >= 0) scan.fail("two header lines");
    scan.nextLine();
  }

  /** Reads a row; its index. */
  private row(bytes: Uint8Array, near: number): number {
    const { scan } = this;
    scan.skipSpaces();
    // Old kernels put no space after the colon, and a name may hold colons itself (`eth0:1`): only the last one counts.
    const colon = scan.last(COLON, scan.lineEnd());
    if (colon <= scan.at) scan.fail(EXPECTED);
    const index = this.rows.names.indexOf(bytes, scan.at, colon, near);
    const start = this.rows.start(index);
    const { values } = this.rows;
    scan.at = colon + 1;
    let columns = 0;
    for (scan.skipSpaces(); !scan.lineEnded; scan.skipSpaces()) {
      const column = columns % COLUMNS_A_DIRECTION;
      if (column >= KEPT_A_DIRECTION || columns >= LEAST_COLUMNS) scan.skipNumber(EXPECTED);
      else values[start + (columns < COLUMNS_A_DIRECTION ? column : KEPT_A_DIRECTION + column)] = scan.number(EXPECTED);
      columns++;
    }
    if (columns < LEAST_COLUMNS) scan.fail(EXPECTED);
    return index;
  }
}
