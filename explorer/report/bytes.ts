/** The most significant bit of a byte says that more follow. */
const MORE = 0x80;
const SEVEN_BITS = 0x80;

/** Whole numbers one behind the other, small ones in few bytes. */
export class NumberWriter {
  private _bytes = new Uint8Array(1 << 16);
  private length = 0;

  /** A safe integer of either sign. */
  put(value: number): void {
    // Zigzag: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. Doubled, a safe integer is a whole number still.
    this.putNatural(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A whole number of 0 or more, up to 2^54. */
  putNatural(value: number): void {
    if (this.length + 10 > this._bytes.length) this.grow(10);
    let rest = value;
    while (rest >= SEVEN_BITS) {
      this._bytes[this.length++] = (rest % SEVEN_BITS) | MORE;
      rest = Math.floor(rest / SEVEN_BITS);
    }
    this._bytes[this.length++] = rest;
  }

  putBytes(bytes: Uint8Array): void {
    if (this.length + bytes.length > this._bytes.length) this.grow(bytes.length);
    this._bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this._bytes.slice(0, this.length);
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(this._bytes.length * 2, this.length + by));
    larger.set(this._bytes);
    this._bytes = larger;
  }
}

/** Reads what a writer wrote. */
export class NumberReader {
  private readonly _bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this._bytes = bytes;
  }

  take(): number {
    const natural = this.takeNatural();
    return natural % 2 === 0 ? natural / 2 : -(natural + 1) / 2;
  }

  /** Throws RangeError where the bytes end. */
  takeNatural(): number {
    let value = 0;
    for (let factor = 1; ; factor *= SEVEN_BITS) {
      const byte = this._bytes[this.at++];
      if (byte === undefined) throw new RangeError("the data of this report ends too early");
      value += (byte & ~MORE) * factor;
      if (byte < MORE) return value;
    }
  }

  takeBytes(length: number): Uint8Array {
    if (this.at + length > this._bytes.length) throw new RangeError("the data of this report ends too early");
    this.at += length;
    return this._bytes.subarray(this.at - length, this.at);
  }
}
