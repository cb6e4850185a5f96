const UTF8 = new TextDecoder();

/**
 * The names that the rows of one kernel file have had, each with an index that it keeps: a row that goes and comes back
 * has its old one. Names are compared as bytes, so that looking up a known one allocates nothing.
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

  /** Returns the index of the name at `bytes[start, end)`; a new name gets one. `near` is tried first. */
  indexOf(bytes: Uint8Array, start: number, end: number, near: number): number {
    if (this.is(near, bytes, start, end)) return near;
    for (let i = 0; i < this.encoded.length; i++) if (isAt(this.encoded[i]!, bytes, start, end)) return i;
    const name = bytes.slice(start, end);
    this.encoded.push(name);
    return this.all.push(decodeName(name)) - 1;
  }

  /** Forgets all names but the first so many. */
  keep(count: number): void {
    this.all.length = count;
    this.encoded.length = count;
  }
}

function isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** Decodes UTF-8, or else writes each byte past ASCII as `\xff`: two names that differ must not become one. */
function decodeName(name: Uint8Array): string {
  const text = UTF8.decode(name);
  if (!text.includes("\ufffd")) return text;
  return Array.from(name, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join("");
}

/** The rows of one kernel file, each with a name and the same fields: `values[row * fields.length + field]`. */
export class RowTable<Field extends string> {
  readonly names = new RowNames();
  /** By a name's index and a field's place; NaN: the last text had no such row or field. May be longer than the names. */
  values: Float64Array = new Float64Array(0);

  constructor(readonly fields: readonly Field[]) {}

  /** Returns where the row of an index begins in `values`, after making room for it. */
  start(row: number): number {
    const start = row * this.fields.length;
    const end = start + this.fields.length;
    this.values = withRoomFor(end - 1, this.values);
    return start;
  }

  /** Returns one value; NaN where there is none. On a tick, read `values`: that is faster. */
  value(row: number, field: Field): number {
    return this.values[row * this.fields.length + this.fields.indexOf(field)] ?? Number.NaN;
  }

  /** Removes all values, as for a file that does not exist; the names keep their indexes. */
  clear(): void {
    this.values.fill(Number.NaN);
  }
}

/** Returns `column` itself, or a longer copy that has room for `index`; new places are NaN. */
function withRoomFor(index: number, column: Float64Array): Float64Array {
  if (index < column.length) return column;
  const longer = new Float64Array(Math.max(index + 1, column.length * 2)).fill(Number.NaN);
  longer.set(column);
  return longer;
}
