/** Large enough that the cost of a write no longer shows, small enough to stay in the processor's cache. */
const CHUNK_BYTES = 65_536;

/** Texts that wait together: to encode many short ones alone costs more than what they say. */
const WAITING_CHARACTERS = 16_384;

const encoder = new TextEncoder();

/** A text as UTF-8; half of a surrogate pair becomes U+FFFD. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Gathers bytes and passes them on in chunks; a chunk is valid until the call that it is given to returns. */
export class ChunkWriter {
  /** What is being filled, up to `at`. It may change with each call of `reserve`. */
  bytes = new Uint8Array(CHUNK_BYTES);
  at = 0;
  /** Text behind what is filled, not encoded yet. */
  private waiting = "";
  private readonly write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.write = write;
  }

  /** Makes room for so many bytes from `at` on. */
  reserve(size: number): void {
    if (this.waiting !== "") this.encode();
    if (this.at + size <= this.bytes.length) return;
    this.flush();
    if (size > this.bytes.length) this.bytes = new Uint8Array(size);
  }

  text(text: string): void {
    this.waiting += text;
    if (this.waiting.length > WAITING_CHARACTERS) this.encode();
  }

  private encode(): void {
    const encoded = encodeText(this.waiting);
    this.waiting = "";
    this.reserve(encoded.length);
    this.bytes.set(encoded, this.at);
    this.at += encoded.length;
  }

  flush(): void {
    if (this.waiting !== "") this.encode();
    if (this.at > 0) this.write(this.bytes.subarray(0, this.at));
    this.at = 0;
  }
}
