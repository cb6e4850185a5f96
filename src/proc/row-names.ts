const UTF8 = new TextDecoder();

/**
 * The names that the rows of one kernel file have had, each with an index for good: a row that goes and comes back has
 * its old one. Compared as bytes, so that looking up a known name allocates nothing.
 */
export class RowNames {
  /** Every name so far, by index. */
  readonly all: string[] = [];
  private readonly encoded: Uint8Array[] = [];

  /** Whether the name at `bytes[start, end)` is the one of this index. */
  is(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.encoded[index];
    return name !== undefined && isAt(name, bytes, start, end);
  }

  /** The index of the name at `bytes[start, end)`, given one where it is new. `near` is looked at first. */
  indexOf(bytes: Uint8Array, start: number, end: number, near: number): number {
    if (this.is(near, bytes, start, end)) return near;
    for (let i = 0; i < this.encoded.length; i++) if (isAt(this.encoded[i]!, bytes, start, end)) return i;
    const name = bytes.slice(start, end);
    this.encoded.push(name);
    return this.all.push(decodeName(name)) - 1;
  }
}

function isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** UTF-8, or else with each byte past ASCII as `\xff`: two names that differ must not become one. */
function decodeName(name: Uint8Array): string {
  const text = UTF8.decode(name);
  if (!text.includes("\ufffd")) return text;
  return Array.from(name, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join("");
}

/** `column` itself, or a longer copy that has room for `index`; new places are NaN. */
export function withRoomFor(index: number, column: Float64Array): Float64Array {
  if (index < column.length) return column;
  const longer = new Float64Array(Math.max(index + 1, column.length * 2)).fill(Number.NaN);
  longer.set(column);
  return longer;
}
