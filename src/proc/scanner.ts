import { ParseError } from "../errors.ts";

const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** A number of so many digits is below 2^53, and exact, whatever the digits are. */
const EXACT_DIGITS = 15;
const TWO_TO_32 = 2 ** 32;

const UTF8 = new TextDecoder();
const ENCODER = new TextEncoder();

/** Returns the bytes of a word in a kernel file. All share one encoder: making one costs a start more than its words. */
export function encode(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** Reads the text of a kernel file from a place that moves forward. Allocates nothing but errors. */
export class Scanner {
  /** Offset of the next byte. */
  at = 0;
  private bytes = new Uint8Array(0);

  /** `where`: the file as a ParseError names it, `net/dev`. */
  constructor(private readonly where: string) {}

  begin(bytes: Uint8Array): void {
    this.bytes = bytes as Uint8Array<ArrayBuffer>;
    this.at = 0;
  }

  /** Whether the end of the text is reached. */
  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Whether the end of a line is reached, with or without its line break. */
  get lineEnded(): boolean {
    const byte = this.bytes[this.at];
    return byte === undefined || byte === NEWLINE;
  }

  get atDigit(): boolean {
    return isDigit(this.bytes[this.at]);
  }

  get atMinus(): boolean {
    return this.bytes[this.at] === MINUS;
  }

  /** Returns the offset of this line's break, or of the text's end. */
  lineEnd(): number {
    const end = this.bytes.indexOf(NEWLINE, this.at);
    return end < 0 ? this.bytes.length : end;
  }

  /** Moves to the first byte of the next line, or to the end. */
  nextLine(): void {
    this.at = Math.min(this.lineEnd() + 1, this.bytes.length);
  }

  skipSpaces(): void {
    const { bytes } = this;
    let at = this.at;
    while (bytes[at] === SPACE || bytes[at] === TAB) at++;
    this.at = at;
  }

  /** Moves past everything up to a space or a line break. */
  skipWord(): void {
    const { bytes } = this;
    let at = this.at;
    for (let byte = bytes[at]; byte !== undefined && byte !== SPACE && byte !== NEWLINE && byte !== TAB; )
      byte = bytes[++at];
    this.at = at;
  }

  /** Moves past `word` and returns true, if the text goes on with it. */
  accept(word: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
    this.at = at + word.length;
    return true;
  }

  /**
   * Reads a decimal number that ends at a space, a line's end or the text's. Up to 2^53 it is exact; from there to 2^64,
   * the most that a kernel counter holds, it is the nearest double. Throws ParseError on anything else.
   */
  number(expected: string): number {
    const { bytes, at: start } = this;
    let at = start;
    let value = 0;
    // No call for each digit: while the code is not compiled yet, that would be most of a sample's time.
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) value = value * 10 + (byte - ZERO);
    if (at === start || !(at === bytes.length || isGap(bytes[at]))) this.fail(expected);
    if (at - start > EXACT_DIGITS) value = this.large(at);
    this.at = at;
    return value;
  }

  /** Reads the digits up to another character; 15 at most. Throws ParseError where there are none. */
  digits(expected: string): number {
    const start = this.at;
    let value = 0;
    for (; this.atDigit; this.at++) value = value * 10 + (this.bytes[this.at]! - ZERO);
    if (this.at === start || this.at - start > EXACT_DIGITS) this.fail(expected);
    return value;
  }

  /** Moves past a number. It may be negative: some kernels count I/Os in flight below zero. */
  skipNumber(expected: string): void {
    const { bytes } = this;
    if (bytes[this.at] === MINUS) this.at++;
    const start = this.at;
    let at = start;
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[at]!) at++;
    if (at === start || !(at === bytes.length || isGap(bytes[at]))) this.fail(expected);
    this.at = at;
  }

  /** Throws a ParseError with the line of the current place. */
  fail(expected: string): never {
    const before = this.at === 0 ? -1 : this.bytes.lastIndexOf(NEWLINE, this.at - 1);
    throw new ParseError(this.where, expected, UTF8.decode(this.bytes.subarray(before + 1, this.lineEnd())));
  }

  /** Whether `byte` occurs from here up to `end`. */
  has(byte: number, end: number): boolean {
    const found = this.bytes.indexOf(byte, this.at);
    return found >= 0 && found < end;
  }

  /** Returns the offset of the last `byte` from here up to `end`; -1: none. */
  last(byte: number, end: number): number {
    const found = end === 0 ? -1 : this.bytes.lastIndexOf(byte, end - 1);
    return found < this.at ? -1 : found;
  }

  /** Reads the digits up to `end` as two halves of 32 bits, so that only their sum is rounded: once, to the nearest. */
  private large(end: number): number {
    let high = 0;
    let low = 0;
    for (let at = this.at; at < end; at++) {
      low = low * 10 + (this.bytes[at]! - ZERO);
      const carry = Math.floor(low / TWO_TO_32);
      low -= carry * TWO_TO_32;
      high = high * 10 + carry;
      if (high >= TWO_TO_32) this.fail("numbers below 2^64");
    }
    return high * TWO_TO_32 + low;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isGap(byte: number | undefined): boolean {
  return byte === SPACE || byte === NEWLINE || byte === TAB;
}
