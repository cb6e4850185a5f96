import { Scanner } from "./scan.ts";

/** A file of /sys that holds one number and a line break. */
export class SingleNumber {
  /** NaN: no text. */
  value = Number.NaN;
  private readonly scan: Scanner;

  /** `where` is the file as a ParseError names it. */
  constructor(where: string) {
    this.scan = new Scanner(where);
  }

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    const value = scan.number("one number");
    const whole = scan.lineEnded;
    scan.nextLine();
    if (!whole || !scan.ended) scan.fail("one number");
    this.value = value;
  }

  /** No text: no value. */
  clear(): void {
    this.value = Number.NaN;
  }
}
