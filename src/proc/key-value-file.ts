import { pageBytes } from "../os/process.ts";
import { encode, Scanner } from "./scanner.ts";
import { KIBIBYTE } from "./units.ts";

const NEWLINE = 0x0a;
const KB = encode("kB");

/** Maps each byte to one character, whatever the bytes are. */
const LATIN1 = new TextDecoder("latin1");

/** A digit and a line break. */
const SHORTEST_VALUE = 2;

/** No text is so long. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** What ends a key: `MemFree: 12 kB` or `pgfault 12`. */
export type KeySeparator = ":" | " ";

/**
 * A kernel file of one key and one number a line: proc_meminfo(5), proc_vmstat(5), memory.stat of a control group.
 *
 * Which keys are read follows from its use: the first `number()` or `bytes()` of a key adds it, and the next text is
 * searched for it. Ask once for every key before the first text.
 *
 * The kernel writes the same lines in the same order each time, while the numbers grow. So each key is first looked for
 * where it was in the last text, then in the lines after that. Where one has gone, or may have come since the text has
 * grown by as much as a line, all keys are searched for again.
 */
export class KeyValueFile {
  /** The number or bytes of each key, by `place()`; NaN: the text has no such line. */
  values: Float64Array = new Float64Array(0);
  private readonly scan: Scanner;
  private readonly places = new Map<string, number>();
  /** By place: the key with its separator, and how many bytes one of its units is; 0: a mere number. */
  private readonly texts: string[] = [];
  private readonly keys: Uint8Array[] = [];
  private readonly unitBytes: number[] = [];
  /** The places of the keys that the last text had, in its order, and the offset of each line. */
  private order: readonly number[] = [];
  private starts = new Int32Array(0);
  /** How long a text is that has room for a line which the last order lacks. */
  private bytesToLearn = NEVER;
  private isRestarted = false;

  /**
   * `where`: the file as a ParseError names it. `required`: keys that every kernel writes: a text without one of them is
   * malformed.
   */
  constructor(
    where: string,
    private readonly separator: KeySeparator,
    private readonly required: readonly string[] = [],
  ) {
    this.scan = new Scanner(where);
  }

  /** Returns the number of a line; NaN: there is no such line. */
  number(key: string): number {
    const place = this.place(key);
    return this.values[place]!;
  }

  /** Returns the bytes of a line that is in kB; NaN: there is no such line. */
  bytes(key: string): number {
    const place = this.place(key, KIBIBYTE);
    return this.values[place]!;
  }

  /** Returns the bytes of a line that counts pages; NaN: there is no such line. */
  pages(key: string): number {
    return this.number(key) * pageBytes();
  }

  /** Returns where in `values` a key is, for a loop in which looking up its name would count. */
  place(key: string, unitBytes = 0): number {
    return this.places.get(key) ?? this.add(key, unitBytes);
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, values } = this;
    values.fill(Number.NaN);
    scan.begin(bytes);
    if (!this.locate(bytes)) this.learn(bytes);
    const { order, starts } = this;
    for (let i = 0; i < order.length; i++) {
      const place = order[i]!;
      scan.at = starts[i]! + this.keys[place]!.length;
      values[place] = this.value(this.unitBytes[place]!);
    }
    for (let i = 0; i < this.required.length; i++) {
      const place = this.places.get(this.required[i]!);
      if (place === undefined || Number.isNaN(values[place])) this.failWithoutRequired(bytes);
    }
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.values.fill(Number.NaN);
  }

  /** The lines are searched for in the next two texts, since the last ones were not the kernel's. */
  restart(): void {
    this.order = [];
    this.isRestarted = true;
  }

  private value(unitBytes: number): number {
    const { scan } = this;
    const expected = unitBytes === 0 ? "`key number` in each line" : "`key: number kB` in each line";
    scan.skipSpaces();
    const number = scan.number(expected);
    if (unitBytes === 0) {
      if (!scan.lineEnded) scan.fail(expected);
      return number;
    }
    scan.skipSpaces();
    if (!scan.accept(KB) || !scan.lineEnded) scan.fail(expected);
    return number * unitBytes;
  }

  private add(key: string, unitBytes: number): number {
    const place = this.keys.length;
    this.places.set(key, place);
    this.texts.push(key + this.separator);
    this.keys.push(encode(key + this.separator));
    this.unitBytes.push(unitBytes);
    const values = new Float64Array(place + 1).fill(Number.NaN);
    values.set(this.values);
    this.values = values;
    // The known order is without it.
    this.order = [];
    return place;
  }

  /** Finds the lines of the last text's keys in this one; false: one is missing, one may be new, or none is known. */
  private locate(bytes: Uint8Array): boolean {
    const { order, starts } = this;
    if (bytes.length >= this.bytesToLearn) return false;
    let moved = 0;
    let from = 0;
    for (let i = 0; i < order.length; i++) {
      let start = starts[i]! + moved;
      if (!this.isAt(bytes, start, order[i]!)) {
        start = this.find(bytes, from, order[i]!);
        if (start < 0) return false;
        moved = start - starts[i]!;
      }
      starts[i] = start;
      from = start;
    }
    return order.length > 0;
  }

  /** Searches the whole text for each key, and remembers their order. */
  private learn(bytes: Uint8Array): void {
    const text = `\n${LATIN1.decode(bytes)}`;
    const starts = this.texts.map((key) => text.indexOf(`\n${key}`));
    const order = [...starts.keys()].filter((place) => starts[place]! >= 0);
    order.sort((a, b) => starts[a]! - starts[b]!);
    const hasLost = this.isRestarted || order.length < this.order.length;
    this.isRestarted = false;
    this.order = order;
    this.starts = new Int32Array(order.length);
    for (let i = 0; i < order.length; i++) this.starts[i] = starts[order[i]!]!;
    // A line that has gone may come back with the next text.
    this.bytesToLearn = hasLost ? 0 : NEVER;
    for (let place = 0; place < starts.length; place++)
      if (starts[place]! < 0)
        this.bytesToLearn = Math.min(this.bytesToLearn, bytes.length + this.keys[place]!.length + SHORTEST_VALUE);
  }

  /** Returns the offset of the key's line, searched from the line at `from` on; -1: there is none. */
  private find(bytes: Uint8Array, from: number, place: number): number {
    let start = from;
    while (!this.isAt(bytes, start, place)) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) return -1;
      start = end + 1;
    }
    return start;
  }

  /** Whether a line of the key starts at the offset. */
  private isAt(bytes: Uint8Array, start: number, place: number): boolean {
    if (start > 0 && bytes[start - 1] !== NEWLINE) return false;
    const key = this.keys[place]!;
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
    return true;
  }

  private failWithoutRequired(bytes: Uint8Array): never {
    // The kernel did not write this text: its order says nothing about the next one.
    this.order = [];
    this.scan.at = bytes.length;
    this.scan.fail(`lines for ${this.required.join(", ")}`);
  }
}
