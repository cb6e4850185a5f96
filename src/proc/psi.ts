import { encode, Scanner } from "./scanner.ts";
import { MICROSECONDS } from "./units.ts";

const EQUALS = 0x3d;

const SOME = encode("some ");
const FULL = encode("full ");
const TOTAL = encode("total=");

const EXPECTED = "`some …` and `full …` lines that end in total=µs";

/** Pressure stall information of the machine or of a control group: `some avg10=0.06 … total=939199480`. */
export class Psi {
  /** Time in which at least one task waited; NaN: no such line. */
  someSeconds = Number.NaN;
  /** Time in which all waited; NaN before Linux 5.13 for cpu. */
  fullSeconds = Number.NaN;
  private readonly scan = new Scanner("pressure");

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    if (!scan.accept(SOME)) scan.fail(EXPECTED);
    this.someSeconds = this.readTotal();
    scan.nextLine();
    if (scan.accept(FULL)) this.fullSeconds = this.readTotal();
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.someSeconds = Number.NaN;
    this.fullSeconds = Number.NaN;
  }

  /** Reads the total of the line, whatever averages stand before it. */
  private readTotal(): number {
    const { scan } = this;
    const equals = scan.last(EQUALS, scan.lineEnd());
    scan.at = Math.max(scan.at, equals + 1 - TOTAL.length);
    if (!scan.accept(TOTAL)) scan.fail(EXPECTED);
    const total = scan.number(EXPECTED);
    if (!scan.lineEnded) scan.fail(EXPECTED);
    return total / MICROSECONDS;
  }
}
