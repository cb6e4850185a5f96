const WORD_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** A longer text is not kept, and so never the same. */
const MOST_WORDS = 64;

/**
 * An open file and its last text: the same text need not be parsed again. Eight bytes at a time are compared, as doubles:
 * those that are NaN differ from themselves, so that such a text never seems to be the same.
 */
export class KeptText {
  private kept: Float64Array | undefined;
  private length = -1;
  /** Of the same process' other files that are open, too; below 0: not. */
  ioFd = -1;
  childrenFd = -1;

  constructor(readonly fd: number) {}

  /** Whether a text, the first `length` of these bytes, is that of the last call. Keeps it for the next one. */
  isSame(bytes: Uint8Array, length: number): boolean {
    const words = Math.ceil(length / WORD_BYTES);
    if (words > MOST_WORDS || words * WORD_BYTES > bytes.length) return false;
    // The last word may hold bytes of another text after this one.
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

let lastWords: Float64Array = new Float64Array(0);

/** Returns the memory as words; those of a buffer that stays are made once. */
function wordsOf({ buffer }: Uint8Array): Float64Array {
  if (lastWords.buffer !== buffer) lastWords = new Float64Array(buffer, 0, MOST_WORDS);
  return lastWords;
}
