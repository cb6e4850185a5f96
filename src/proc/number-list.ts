const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/** Takes the numbers of a text, each followed by a space; returns how many, -1: too many, or the text is not such a list. */
export function numbersOf(bytes: Uint8Array, length: number, into: Int32Array): number {
  let count = 0;
  for (let at = 0; at < length; at++) {
    let number = 0;
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) number = number * 10 + byte - ZERO;
    if (number === 0 || at >= length || bytes[at] !== SPACE || count === into.length) return -1;
    into[count++] = number;
  }
  return count;
}
