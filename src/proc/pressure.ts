import { Scanner } from "./scan.ts";

const MICROSECONDS = 1e6;
const EXPECTED = "`some` or `full` and avg10, avg60, avg300, total";
const SOME = new TextEncoder().encode("some ");
const FULL = new TextEncoder().encode("full ");
const TOTAL = new TextEncoder().encode("total=");

/** A file of pressure stall information, the machine's or a group's: how long tasks waited, since boot or its making. */
export class Pressure {
  /** At least one task waited; NaN: no such line. */
  someSeconds = Number.NaN;
  /** All tasks that were not idle waited; NaN: no such line, as of cpu before Linux 5.13. */
  fullSeconds = Number.NaN;
  private readonly scan = new Scanner("pressure");

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    for (scan.begin(bytes); !scan.ended; scan.nextLine()) {
      if (scan.accept(SOME)) this.someSeconds = this.total();
      else if (scan.accept(FULL)) this.fullSeconds = this.total();
      else scan.fail(EXPECTED);
    }
    if (Number.isNaN(this.someSeconds)) scan.fail(EXPECTED);
  }

  clear(): void {
    this.someSeconds = Number.NaN;
    this.fullSeconds = Number.NaN;
  }

  /** The seconds behind `total=`, to the line's end. */
  private total(): number {
    const { scan } = this;
    for (; !scan.lineEnded; scan.skipSpaces()) {
      if (scan.accept(TOTAL)) return scan.number(EXPECTED) / MICROSECONDS;
      scan.skipWord();
    }
    return scan.fail(EXPECTED);
  }
}
