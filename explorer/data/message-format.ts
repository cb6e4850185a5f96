import { hasSameTimes } from "./line-points.ts";
import type { LinePoints } from "./model.ts";

/**
 * The answer to a request for points. It starts with 32-bit words: the number of lines; then for each line the number
 * of its points and the index of the line whose times it shares, which may be itself. After padding to eight bytes come
 * the doubles of each line: its times, unless they are another line's, and its values.
 */
const HEADER_WORDS = 1;
const WORDS_PER_LINE = 2;

/** Encodes the answer to a request for points. */
export function encodePoints(lines: readonly LinePoints[]): Uint8Array<ArrayBuffer> {
  const timesOf = lines.map(({ times }, i) =>
    lines.slice(0, i + 1).findIndex((other) => hasSameTimes(other.times, times)),
  );
  const numbers = lines.reduce((sum, { times }, i) => sum + times.length * (timesOf[i] === i ? 2 : 1), 0);
  const headerBytes = padded(4 * (HEADER_WORDS + WORDS_PER_LINE * lines.length));
  const bytes = new Uint8Array(headerBytes + 8 * numbers);
  const words = new Uint32Array(bytes.buffer, 0, headerBytes / 4);
  words[0] = lines.length;
  let at = headerBytes;
  const put = (array: Float64Array) => {
    new Float64Array(bytes.buffer, at, array.length).set(array);
    at += 8 * array.length;
  };
  for (const [i, { times, values }] of lines.entries()) {
    words[HEADER_WORDS + WORDS_PER_LINE * i] = times.length;
    words[HEADER_WORDS + WORDS_PER_LINE * i + 1] = timesOf[i]!;
    if (timesOf[i] === i) put(times);
    put(values);
  }
  return bytes;
}

/**
 * Decodes an answer; the lines share its memory.
 * @throws RangeError where the bytes are cut or are no answer
 */
export function decodePoints(buffer: ArrayBuffer): LinePoints[] {
  const count = new Uint32Array(buffer, 0, 1)[0]!;
  const words = new Uint32Array(buffer, 4, WORDS_PER_LINE * count);
  const lines: LinePoints[] = [];
  let at = padded(4 * (HEADER_WORDS + WORDS_PER_LINE * count));
  const take = (length: number) => {
    const array = new Float64Array(buffer, at, length);
    at += 8 * length;
    return array;
  };
  for (let i = 0; i < count; i++) {
    const length = words[WORDS_PER_LINE * i]!;
    const shared = words[WORDS_PER_LINE * i + 1]!;
    const times = shared === i ? take(length) : lines[shared]?.times;
    if (times?.length !== length)
      throw new RangeError(`line ${i} shares the times of line ${shared}, which has another number of points`);
    lines.push({ times, values: take(length) });
  }
  return lines;
}

/** Rounds up to a multiple of eight: arrays of doubles must be aligned to eight bytes. */
function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
