import { encode, Scanner } from "./scanner.ts";

const MAX = encode("max");
const MINUS_ONE = encode("-1");

/**
 * Version 1 of control groups writes "no limit" as the largest number of bytes that are whole pages, just below 2^63 and
 * different for each page size. No real limit is near it.
 */
const NO_LIMIT = 2 ** 62;

/** A kernel file that holds one number: a count of /sys, or a use or limit of a control group. */
export class NumberFile {
  /** NaN: the file does not exist, or there is no limit. */
  value = Number.NaN;
  private readonly scan: Scanner;

  /** `where`: the file as a ParseError names it. `isLimit`: `max`, `-1` and version 1's huge number mean "no limit". */
  constructor(
    where: string,
    private readonly isLimit = false,
  ) {
    this.scan = new Scanner(where);
  }

  /** Takes the value of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, isLimit } = this;
    const expected = isLimit ? "a number or `max`" : "one number";
    this.clear();
    scan.begin(bytes);
    const value =
      isLimit && (scan.accept(MAX) || scan.accept(MINUS_ONE)) ? Number.POSITIVE_INFINITY : scan.number(expected);
    const isWhole = scan.lineEnded;
    scan.nextLine();
    if (!isWhole || !scan.ended) scan.fail(expected);
    if (!isLimit || value < NO_LIMIT) this.value = value;
  }

  /** Removes the value, as for a file that does not exist. */
  clear(): void {
    this.value = Number.NaN;
  }
}
