import { RowNames, withRoomFor } from "./row-names.ts";
import { Scanner } from "./scan.ts";

const COLON = 0x3a;
const BAR = 0x7c;

/** Eight columns a direction, bytes first; newer kernels may append. */
const LEAST_COLUMNS = 16;
const RECEIVED = 0;
const SENT = 8;

const EXPECTED = "`name:` and at least 16 counters";

/** The byte counters of `net/dev`, `proc_pid_net(5)`. */
export class NetDev {
  readonly names = new RowNames();
  /** Bytes received, by a name's index; NaN: no such row. May be longer than the names. */
  receivedBytes: Float64Array = new Float64Array(0);
  /** Bytes sent, likewise. */
  sentBytes: Float64Array = new Float64Array(0);
  private readonly scan = new Scanner("net/dev");

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
    this.receivedBytes.fill(Number.NaN);
    this.sentBytes.fill(Number.NaN);
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
    const index = this.names.indexOf(bytes, scan.at, colon, near);
    this.receivedBytes = withRoomFor(index, this.receivedBytes);
    this.sentBytes = withRoomFor(index, this.sentBytes);
    scan.at = colon + 1;
    let columns = 0;
    for (scan.skipSpaces(); !scan.lineEnded; scan.skipSpaces()) {
      if (columns === RECEIVED) this.receivedBytes[index] = scan.number(EXPECTED);
      else if (columns === SENT) this.sentBytes[index] = scan.number(EXPECTED);
      else scan.skipNumber(EXPECTED);
      columns++;
    }
    if (columns < LEAST_COLUMNS) scan.fail(EXPECTED);
    return index;
  }
}
