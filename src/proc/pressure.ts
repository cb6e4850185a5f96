import { encode, Scanner } from "./scan.ts";

const EQUALS = 0x3d;
const MICROSECONDS = 1e6;

const SOME = encode("some ");
const FULL = encode("full ");
const TOTAL = encode("total=");

const EXPECTED = "`some …` and `full …` lines that end in total=µs";

/** One file of pressure stall information, the machine's or a group's: `some avg10=0.06 … total=939199480`. */
export class Pressure {
  /** Time in which at least one task waited; NaN: no such line. */
  someSeconds = Number.NaN;
  /** Time in which all waited; NaN before Linux 5.13 for cpu. */
  fullSeconds = Number.NaN;
  private readonly scan = new Scanner("pressure");

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    if (!scan.accept(SOME)) scan.fail(EXPECTED);
    this.someSeconds = this.total();
    scan.nextLine();
    if (scan.accept(FULL)) this.fullSeconds = this.total();
  }

  /** No text: no value. */
  clear(): void {
    this.someSeconds = Number.NaN;
    this.fullSeconds = Number.NaN;
  }

  /** The total of the line, whatever averages stand before it. */
  private total(): number {
    const { scan } = this;
    const equals = scan.last(EQUALS, scan.lineEnd());
    scan.at = Math.max(scan.at, equals + 1 - TOTAL.length);
    if (!scan.accept(TOTAL)) scan.fail(EXPECTED);
    const total = scan.number(EXPECTED);
    if (!scan.lineEnded) scan.fail(EXPECTED);
    return total / MICROSECONDS;
  }
}
