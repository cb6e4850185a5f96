/** Bytes as text and back, whatever they are: one that is not UTF-8 is a lone surrogate from U+DC80 on, as in Python. */

const ESCAPE = 0xdc00;
const LONE_SURROGATE = /[\udc80-\udcff]/u;
const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether text stands for bytes that are no UTF-8. */
export function isRaw(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

export function rawBytes(text: string): Uint8Array {
  if (!isRaw(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text)
    if (isRaw(character)) bytes.push(character.charCodeAt(0) - ESCAPE);
    else bytes.push(...encoder.encode(character));
  return Uint8Array.from(bytes);
}

export function rawText(bytes: Uint8Array): string {
  const plain = decoded(bytes);
  if (plain !== undefined) return plain;
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const character = decoded(bytes.subarray(at, at + lengthAt(bytes, at)));
    text += character ?? String.fromCharCode(ESCAPE + bytes[at]!);
    at += character === undefined ? 1 : encoder.encode(character).length;
  }
  return text;
}

/** How long the character is that begins at a place, if one does. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Undefined: it is not UTF-8. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
