import { Scanner } from "./scanner.ts";

const encoder = new TextEncoder();

/** Numbers of a file of `Key: number` lines, in the order in which the kernel writes them; a key may be missing. */
export class KeyNumbers {
  /** By key; NaN: the text had no such line. */
  readonly values: Float64Array;
  private readonly scan: Scanner;
  private readonly keys: readonly Uint8Array[];

  /** `keys` with their colon; What stands behind a number, such as kB, is left alone. */
  constructor(where: string, keys: readonly string[]) {
    this.scan = new Scanner(where);
    this.keys = keys.map((key) => encoder.encode(key));
    this.values = new Float64Array(keys.length).fill(Number.NaN);
  }

  /** Takes a text in place of the last. Throws ParseError where a line of a key holds no number. */
  parse(bytes: Uint8Array): void {
    const { scan, keys, values } = this;
    values.fill(Number.NaN);
    scan.begin(bytes);
    for (let next = 0; next < keys.length && !scan.ended; scan.nextLine()) {
      const key = this.keyFrom(next);
      if (key < 0) continue;
      scan.skipSpaces();
      values[key] = scan.number("`key: number`");
      next = key + 1;
    }
  }

  /** Past the key that the line begins with, of those from `first` on; -1: none of them. */
  private keyFrom(first: number): number {
    for (let i = first; i < this.keys.length; i++) if (this.scan.accept(this.keys[i]!)) return i;
    return -1;
  }
}
