import { encode } from "./scanner.ts";

const NEWLINE = 0x0a;

/** A character a byte, whatever they are. */
const LATIN1 = new TextDecoder("latin1");

/**
 * Finds the lines that begin with some keys, in a text that the kernel writes again and again: the same lines in the
 * same order, while the numbers get longer. Each key is looked for where it was, and only else line by line.
 */
export class LineKeys {
  /** Offset behind each key, by its number; -1: the text has no such line. */
  readonly values: Int32Array;
  private readonly keys: readonly Uint8Array[];
  /** The keys that the text has, in its order, and where the line of each began. */
  private order: readonly number[] = [];
  private starts = new Int32Array(0);

  /** A key is all of its line up to the value or the space before it: `MemFree:`, `pgfault `. */
  constructor(private readonly texts: readonly string[]) {
    this.keys = texts.map(encode);
    this.values = new Int32Array(texts.length).fill(-1);
  }

  /** Finds every key's value; false: none. */
  locate(bytes: Uint8Array): boolean {
    let moved = 0;
    let from = 0;
    for (let place = 0; place < this.order.length; place++) {
      const key = this.order[place]!;
      let start = this.starts[place]! + moved;
      if (!this.isAt(bytes, start, key)) {
        start = this.find(bytes, from, key);
        if (start < 0) return this.learn(bytes);
        moved = start - this.starts[place]!;
      }
      this.starts[place] = start;
      this.values[key] = start + this.keys[key]!.length;
      from = start;
    }
    return this.order.length > 0 || this.learn(bytes);
  }

  /** What was learnt is of no use: the text was none of the kernel's. */
  forget(): void {
    this.order = [];
    this.values.fill(-1);
  }

  /** Looks for each key in the whole text. */
  private learn(bytes: Uint8Array): boolean {
    const text = `\n${LATIN1.decode(bytes)}`;
    const starts = new Int32Array(this.texts.length);
    const order: number[] = [];
    for (let key = 0; key < starts.length; key++) {
      const start = text.indexOf(`\n${this.texts[key]}`);
      starts[key] = start;
      this.values[key] = start < 0 ? -1 : start + this.keys[key]!.length;
      if (start >= 0) order.push(key);
    }
    order.sort((a, b) => starts[a]! - starts[b]!);
    this.order = order;
    this.starts = new Int32Array(order.length);
    for (let place = 0; place < order.length; place++) this.starts[place] = starts[order[place]!]!;
    return order.length > 0;
  }

  /** Where the line of a key begins, from the line at `from` on; -1: there is none. */
  private find(bytes: Uint8Array, from: number, key: number): number {
    let start = from;
    while (!this.isAt(bytes, start, key)) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) return -1;
      start = end + 1;
    }
    return start;
  }

  private isAt(bytes: Uint8Array, start: number, key: number): boolean {
    if (start > 0 && bytes[start - 1] !== NEWLINE) return false;
    const wanted = this.keys[key]!;
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
    return true;
  }
}
