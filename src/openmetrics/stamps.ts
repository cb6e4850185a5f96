import type { Block } from "../recording/recording.ts";
import { STAMP_BYTES, writeStamp } from "./number.ts";

const decoder = new TextDecoder();

/** Text that may be kept, a million stamps: nothing of a run of a week at one sample a second is written twice. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** The ends of the lines of one block, one behind the other. */
export interface StampText {
  readonly bytes: Uint8Array;
  /** Where the stamp of a row begins; one more than there are rows. */
  readonly starts: Uint32Array;
}

/** The text of time stamps. Series of one row store share their times, so that the text is made once for all of them. */
export class StampCache {
  private kept = new Map<Float64Array, StampText>();
  private keptBytes = 0;
  private texts: readonly string[] = [];
  private _textsOf: Float64Array | undefined;

  /** The end of each line of a block of a few rows, as texts. */
  textsOf(block: Block): readonly string[] {
    if (this._textsOf === block.times && this.texts.length >= block.length) return this.texts;
    const { bytes, starts } = this.of(block);
    const text = decoder.decode(bytes);
    this.texts = Array.from({ length: block.length }, (_, row) => text.slice(starts[row], starts[row + 1]));
    this._textsOf = block.times;
    return this.texts;
  }

  of(block: Block): StampText {
    const known = this.kept.get(block.times);
    if (known && known.starts.length > block.length) return known;
    const made = stampText(block);
    // A reader that makes new arrays for every series would fill the map with what nobody asks for again.
    if (this.keptBytes > KEPT_BYTES) this.forget();
    this.kept.set(block.times, made);
    this.keptBytes += made.bytes.length + made.starts.byteLength;
    return made;
  }

  private forget(): void {
    this.kept.clear();
    this.keptBytes = 0;
  }
}

function stampText({ times, length }: Block): StampText {
  const bytes = new Uint8Array(length * STAMP_BYTES);
  const starts = new Uint32Array(length + 1);
  let at = 0;
  for (let row = 0; row < length; row++) {
    at = writeStamp(bytes, at, times[row] as number);
    starts[row + 1] = at;
  }
  return { bytes: bytes.slice(0, at), starts };
}
