import { Scanner } from "./scanner.ts";

const MAX = new TextEncoder().encode("max");
const UNLIMITED = new TextEncoder().encode("-1");

/**
 * No limit of memory, as version 1 has it: the most bytes that are whole pages, just below 2^63 and by the page size
 * another number on each machine. No real limit is near it.
 */
const NO_LIMIT = 2 ** 62;

/** A file of a group that holds one number: a use or a limit. */
export class CgroupNumber {
  /** NaN: `max`, `-1` or version 1's huge number, which all mean that there is no limit. */
  value = Number.NaN;
  private readonly scan: Scanner;

  /** `where` is the file as a ParseError names it. */
  constructor(where: string) {
    this.scan = new Scanner(where);
  }

  /** Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    const expected = "a number or `max`";
    this.clear();
    scan.begin(bytes);
    const value = scan.accept(MAX) || scan.accept(UNLIMITED) ? Number.NaN : scan.number(expected);
    if (!scan.lineEnded) scan.fail(expected);
    if (value < NO_LIMIT) this.value = value;
  }

  clear(): void {
    this.value = Number.NaN;
  }
}
