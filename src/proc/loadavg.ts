import { Scanner } from "./scanner.ts";

const DOT = 0x2e;
const HUNDREDTHS = 100;
const EXPECTED = "three averages with two decimals each";

/** The load averages of `proc_loadavg(5)`: `0.06 0.33 0.45 1/84 27546`. */
export class Loadavg {
  /** Means of the last minute, five and fifteen; NaN: no text. */
  readonly averages: Float64Array = new Float64Array(3).fill(Number.NaN);
  private readonly scan = new Scanner("loadavg");

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, averages } = this;
    this.clear();
    scan.begin(bytes);
    for (let i = 0; i < averages.length; i++) {
      scan.skipSpaces();
      const whole = scan.digits(EXPECTED);
      if (bytes[scan.at] !== DOT) scan.fail(EXPECTED);
      const start = ++scan.at;
      const hundredths = scan.number(EXPECTED);
      if (scan.at - start !== 2) scan.fail(EXPECTED);
      // Divided as a whole, so that it is the double nearest to the decimal.
      averages[i] = (whole * HUNDREDTHS + hundredths) / HUNDREDTHS;
    }
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.averages.fill(Number.NaN);
  }
}
