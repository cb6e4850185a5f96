const WORD_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** A text of so many words is kept; a longer one is another each time. */
const MOST_WORDS = 64;

/**
 * A file that stays open, and its text: what says the same again need not be parsed again. Eight bytes are compared at a
 * time, as doubles: those that are no number differ from themselves, and make a text seem another one.
 */
export class KeptText {
  private kept: Float64Array | undefined;
  private length = -1;

  constructor(readonly fd: number) {}

  /** Whether a text, which is the first `length` bytes of these, is the one of the last time. It is kept for the next. */
  isSame(bytes: Uint8Array, length: number): boolean {
    const words = Math.ceil(length / WORD_BYTES);
    if (words > MOST_WORDS || words * WORD_BYTES > bytes.length) return false;
    // What stands behind the text is of another one.
    bytes.fill(0, length, words * WORD_BYTES);
    const text = wordsOf(bytes);
    if (length === this.length && this.isKept(text, words)) return true;
    this.kept ??= new Float64Array(MOST_WORDS);
    for (let i = 0; i < words; i++) this.kept[i] = text[i]!;
    this.length = length;
    return false;
  }

  private isKept(text: Float64Array, words: number): boolean {
    const { kept } = this;
    for (let i = 0; i < words; i++) if (kept![i] !== text[i]) return false;
    return true;
  }
}

let last: Float64Array = new Float64Array(0);

/** The memory as words; that of a buffer that stays is made once. */
function wordsOf({ buffer }: Uint8Array): Float64Array {
  if (last.buffer !== buffer) last = new Float64Array(buffer, 0, MOST_WORDS);
  return last;
}
