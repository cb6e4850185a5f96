import type { Block } from "../recording/recording.ts";
import { STAMP_BYTES, writeStamp } from "./write-number.ts";

/** Large enough that the cost of a write does not show, small enough for the processor's cache. */
const CHUNK_BYTES = 65_536;

/** Short texts are joined up to this length before they are encoded: to encode each alone costs much more. */
const JOINED_CHARACTERS = 16_384;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes a text as UTF-8; half of a surrogate pair becomes U+FFFD. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Collects bytes and passes them on in chunks. A chunk is valid until the `write` call with it returns. */
export class ChunkWriter {
  /** The chunk being filled, up to `at`. Each call of `reserve` may replace it. */
  bytes = new Uint8Array(CHUNK_BYTES);
  at = 0;
  /** Text after `at` that is not encoded yet. */
  private joined = "";
  private readonly write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.write = write;
  }

  /** Makes room for this many bytes from `at` on. */
  reserve(size: number): void {
    if (this.joined !== "") this.encode();
    if (this.at + size <= this.bytes.length) return;
    this.flush();
    if (size > this.bytes.length) this.bytes = new Uint8Array(size);
  }

  text(text: string): void {
    this.joined += text;
    if (this.joined.length > JOINED_CHARACTERS) this.encode();
  }

  flush(): void {
    if (this.joined !== "") this.encode();
    if (this.at > 0) this.write(this.bytes.subarray(0, this.at));
    this.at = 0;
  }

  private encode(): void {
    let text = this.joined;
    this.joined = "";
    for (;;) {
      const { read, written } = encoder.encodeInto(text, this.bytes.subarray(this.at));
      this.at += written;
      if (read === text.length) return;
      text = text.slice(read);
      this.flush();
    }
  }
}

/** The cache is emptied at this size, the text of about a million time stamps: a week at a sample a second. */
const MOST_CACHED_BYTES = 16 * 1024 * 1024;

/** The time stamps of a block's rows as they end their lines, one after the other. */
export interface StampText {
  readonly bytes: Uint8Array;
  /** The offset of each row's stamp, and the end of the last one. */
  readonly starts: Uint32Array;
}

/** A cache of the text of time stamps. Series that were sampled together share their times, and so the text. */
export class StampCache {
  private cached = new Map<Float64Array, StampText>();
  private cachedBytes = 0;
  private ends: readonly string[] = [];
  private endsTimes: Float64Array | undefined;

  /** The line end of each row of a small block, as strings. */
  textsOf(block: Block): readonly string[] {
    if (this.endsTimes === block.times && this.ends.length >= block.length) return this.ends;
    const { bytes, starts } = this.of(block);
    const text = decoder.decode(bytes);
    this.ends = Array.from({ length: block.length }, (_, row) => text.slice(starts[row], starts[row + 1]));
    this.endsTimes = block.times;
    return this.ends;
  }

  of(block: Block): StampText {
    const known = this.cached.get(block.times);
    if (known && known.starts.length > block.length) return known;
    const made = stampText(block);
    // A recording whose series have arrays of their own would fill the cache with entries that are never used again.
    if (this.cachedBytes > MOST_CACHED_BYTES) this.clear();
    this.cached.set(block.times, made);
    this.cachedBytes += made.bytes.length + made.starts.byteLength;
    return made;
  }

  private clear(): void {
    this.cached.clear();
    this.cachedBytes = 0;
  }
}

function stampText({ times, length }: Block): StampText {
  const bytes = new Uint8Array(length * STAMP_BYTES);
  const starts = new Uint32Array(length + 1);
  let at = 0;
  for (let row = 0; row < length; row++) {
    at = writeStamp(bytes, at, times[row]!);
    starts[row + 1] = at;
  }
  return { bytes: bytes.slice(0, at), starts };
}
