/*
 * Values are written as what they differ by from the value before them in their series:
 *
 *   first byte      bytes behind it
 *   kkzzzzzz        none: z < 48 is the difference itself, in units of kind k
 *   kk11nnnn        n + 1, a longer difference, the lowest byte first
 *   11lllttt        8 - l - t: the bits that changed in the double, l zero bytes above and t below them left out
 *   11111111        none: there is no value (NaN)
 *
 * Kinds 0, 1 and 2 are differences of whole numbers, hundredths and thousandths, zigzag (0, -1, 1, -2 … as 0, 1, 2, 3 …).
 * They are taken only where both values are the double nearest to such a decimal, so that every double comes back bit by
 * bit. The value before the first, and before one that follows an absent one, is 0.
 */

/** Room that `putValue` may need. */
export const VALUE_BYTES = 9;

const SCALES = [1, 100, 1000] as const;
/** Beyond this, the difference of two has no exact zigzag in a double. */
const MOST_UNITS = 2 ** 51;
const MOST_INLINE = 48;
const CHANGED_BITS = 0b11 << 6;
const ABSENT = 0xff;

const doubles = new Float64Array(2);
const words = new Uint32Array(doubles.buffer);

/** Whether two are the same value: NaN is itself, and 0 is not -0. */
export function isSame(a: number, b: number): boolean {
  return a === b ? a !== 0 || 1 / a === 1 / b : Number.isNaN(a) && Number.isNaN(b);
}

/** Writes a value after the one before it; the offset behind it. */
export function putValue(bytes: Uint8Array, at: number, previous: number, value: number): number {
  if (Number.isNaN(value)) {
    bytes[at] = ABSENT;
    return at + 1;
  }
  const from = Number.isNaN(previous) ? 0 : previous;
  for (let kind = 0; kind < SCALES.length; kind++) {
    const scale = SCALES[kind] as number;
    const difference = unitsOf(value, scale) - unitsOf(from, scale);
    if (!Number.isNaN(difference)) return putDifference(bytes, at, kind, difference);
  }
  return putChangedBits(bytes, at, from, value);
}

/** A value as a whole number of units; NaN where it is none. A negative zero is none: it would come back as 0. */
function unitsOf(value: number, scale: number): number {
  const units = Math.round(value * scale);
  const exact = units / scale === value && Math.abs(units) <= MOST_UNITS && (value !== 0 || 1 / value > 0);
  return exact ? units : Number.NaN;
}

function putDifference(bytes: Uint8Array, start: number, kind: number, difference: number): number {
  const zigzag = difference < 0 ? -2 * difference - 1 : 2 * difference;
  if (zigzag < MOST_INLINE) {
    bytes[start] = (kind << 6) | zigzag;
    return start + 1;
  }
  let at = start + 1;
  for (let rest = zigzag; rest > 0; rest = Math.floor(rest / 256)) bytes[at++] = rest % 256;
  bytes[start] = (kind << 6) | (MOST_INLINE + at - start - 2);
  return at;
}

function putChangedBits(bytes: Uint8Array, start: number, from: number, value: number): number {
  doubles[0] = from;
  doubles[1] = value;
  const low = ((words[0] as number) ^ (words[2] as number)) >>> 0;
  const high = ((words[1] as number) ^ (words[3] as number)) >>> 0;
  const above = high === 0 ? 4 + (Math.clz32(low) >> 3) : Math.clz32(high) >> 3;
  const below = low === 0 ? 4 + (trailingZeros(high) >> 3) : trailingZeros(low) >> 3;
  bytes[start] = CHANGED_BITS | (above << 3) | below;
  let at = start + 1;
  for (let i = below; i < 8 - above; i++) bytes[at++] = i < 4 ? low >>> (8 * i) : high >>> (8 * (i - 4));
  return at;
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Reads values back, one behind the other. Past the end it reads zeros: `at` shows it, and nothing breaks. */
export class ValueReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;

  next(previous: number): number {
    const first = this.byte();
    if (first === ABSENT) return Number.NaN;
    const from = Number.isNaN(previous) ? 0 : previous;
    if (first >= CHANGED_BITS) return this.changedBits(first, from);
    const scale = SCALES[first >> 6] as number;
    return (Math.round(from * scale) + this.difference(first & 63)) / scale;
  }

  private difference(code: number): number {
    let zigzag = code;
    if (code >= MOST_INLINE) {
      zigzag = 0;
      for (let scale = 1, left = code - MOST_INLINE + 1; left > 0; left--, scale *= 256) zigzag += this.byte() * scale;
    }
    return zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
  }

  private changedBits(first: number, from: number): number {
    let low = 0;
    let high = 0;
    const end = 8 - ((first >> 3) & 7);
    for (let i = first & 7; i < end; i++) {
      if (i < 4) low |= this.byte() << (8 * i);
      else high |= this.byte() << (8 * (i - 4));
    }
    doubles[0] = from;
    words[0] = (words[0] as number) ^ low;
    words[1] = (words[1] as number) ^ high;
    return doubles[0] as number;
  }

  private byte(): number {
    return this.bytes[this.at++] ?? 0;
  }
}
