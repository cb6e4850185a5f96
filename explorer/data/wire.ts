import type { LinePoints } from "./model.ts";

/**
 * Points as they travel: a word each for how many lines there are, then for each line how many points it has and which
 * line's times are its own too; padding to eight bytes; then the times, where they are not another's, and the values.
 */
const HEAD_WORDS = 1;
const LINE_WORDS = 2;

/** Bytes of an answer to a request for points. */
export function encodePoints(lines: readonly LinePoints[]): Uint8Array<ArrayBuffer> {
  const timesOf = lines.map(({ times }, i) => lines.slice(0, i + 1).findIndex((other) => isSame(other.times, times)));
  const numbers = lines.reduce((sum, { times }, i) => sum + times.length * (timesOf[i] === i ? 2 : 1), 0);
  const headBytes = roundUp(4 * (HEAD_WORDS + LINE_WORDS * lines.length));
  const bytes = new Uint8Array(headBytes + 8 * numbers);
  const words = new Uint32Array(bytes.buffer, 0, headBytes / 4);
  words[0] = lines.length;
  let at = headBytes;
  const put = (array: Float64Array) => {
    new Float64Array(bytes.buffer, at, array.length).set(array);
    at += 8 * array.length;
  };
  for (const [i, { times, values }] of lines.entries()) {
    words[HEAD_WORDS + LINE_WORDS * i] = times.length;
    words[HEAD_WORDS + LINE_WORDS * i + 1] = timesOf[i] as number;
    if (timesOf[i] === i) put(times);
    put(values);
  }
  return bytes;
}

/** The lines of an answer, in place: they share its memory. Throws RangeError where it is none, or is cut. */
export function decodePoints(buffer: ArrayBuffer): LinePoints[] {
  const count = new Uint32Array(buffer, 0, 1)[0] as number;
  const words = new Uint32Array(buffer, 4, LINE_WORDS * count);
  const lines: LinePoints[] = [];
  let at = roundUp(4 * (HEAD_WORDS + LINE_WORDS * count));
  const take = (length: number) => {
    const array = new Float64Array(buffer, at, length);
    at += 8 * length;
    return array;
  };
  for (let i = 0; i < count; i++) {
    const length = words[LINE_WORDS * i] as number;
    const shared = words[LINE_WORDS * i + 1] as number;
    const times = shared === i ? take(length) : lines[shared]?.times;
    if (times?.length !== length)
      throw new RangeError(`line ${i} has the times of line ${shared}, which do not fit it`);
    lines.push({ times, values: take(length) });
  }
  return lines;
}

/** Arrays of eight bytes begin at multiples of eight. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
