import { pageBytes } from "../os/process.ts";
import { Scanner } from "./scanner.ts";

const EXPECTED = "at least three numbers of pages";

/** Memory of one process by `proc_pid_statm(5)`. */
export class Statm {
  /** Resident memory without a file behind it, and none that is shared; NaN: no text. */
  anonymousBytes = Number.NaN;
  private readonly scan = new Scanner("statm");

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    scan.skipNumber(EXPECTED);
    scan.skipSpaces();
    const resident = scan.number(EXPECTED);
    scan.skipSpaces();
    this.anonymousBytes = (resident - scan.number(EXPECTED)) * pageBytes();
  }

  /** No text: no value. */
  clear(): void {
    this.anonymousBytes = Number.NaN;
  }
}
