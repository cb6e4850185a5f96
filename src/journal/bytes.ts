const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const double = new DataView(new ArrayBuffer(8));

/** What does not fit the format: the end came too early, or a count that cannot be. */
export class MalformedRecord extends Error {
  override readonly name = "MalformedRecord";
}

/** A buffer that grows to what is written into it. All numbers are little-endian. */
export class ByteWriter {
  bytes: Uint8Array;
  /** Where the next byte goes. */
  at = 0;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for so many bytes from `at` on. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** A whole number from 0 to 2^32 - 1, in four bytes. */
  word(value: number): void {
    this.reserve(4);
    this.at += 4;
    putWord(this.bytes, this.at - 4, value);
  }

  double(value: number): void {
    this.reserve(8);
    double.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.bytes[this.at++] = double.getUint8(i);
  }

  /** A whole number from 0 to 2^53, seven bits a byte, the lowest first. */
  count(value: number): void {
    this.reserve(8);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes[this.at++] = (rest % 128) | 128;
    this.bytes[this.at++] = rest;
  }

  /** Its length in bytes, and itself as UTF-8. */
  text(text: string): void {
    const encoded = encoder.encode(text);
    this.count(encoded.length);
    this.reserve(encoded.length);
    this.bytes.set(encoded, this.at);
    this.at += encoded.length;
  }

  texts(texts: readonly string[]): void {
    this.count(texts.length);
    for (const text of texts) this.text(text);
  }
}

/** Reads what ByteWriter wrote. Every method throws MalformedRecord past the end. */
export class ByteReader {
  private readonly _bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this._bytes = bytes;
  }

  byte(): number {
    return this._bytes[this.take(1)] as number;
  }

  word(): number {
    return wordAt(this._bytes, this.take(4));
  }

  double(): number {
    const from = this.take(8);
    for (let i = 0; i < 8; i++) double.setUint8(i, this._bytes[from + i] as number);
    return double.getFloat64(0, true);
  }

  count(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
    throw new MalformedRecord("a count of more than 53 bits");
  }

  /** A count of things that take a byte or more each. */
  length(): number {
    const count = this.count();
    if (count > this._bytes.length - this.at) throw new MalformedRecord("a count of more than there is");
    return count;
  }

  text(): string {
    const length = this.length();
    return decoder.decode(this._bytes.subarray(this.take(length), this.at));
  }

  texts(): string[] {
    return Array.from({ length: this.length() }, () => this.text());
  }

  private take(size: number): number {
    const from = this.at;
    if (from + size > this._bytes.length) throw new MalformedRecord("the end of a record where there should be more");
    this.at += size;
    return from;
  }
}

export function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function wordAt(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
