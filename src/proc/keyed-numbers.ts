import { Scanner } from "./scanner.ts";

const EXPECTED = "lines of a key and a number";

/** The values of some keys of a kernel file that has a key and a number a line, as those of control groups do. */
export class KeyedNumbers {
  /** By the key's place in the list; NaN: there is no such line. */
  readonly values: Float64Array;
  private readonly keys: readonly Uint8Array[];
  private readonly scan: Scanner;

  /** `where` is the file as a ParseError names it. */
  constructor(where: string, keys: readonly string[]) {
    this.scan = new Scanner(where);
    this.keys = keys.map((key) => new TextEncoder().encode(`${key} `));
    this.values = new Float64Array(keys.length).fill(Number.NaN);
  }

  /** Takes a text in place of the last; what comes behind the last of the keys is not looked at. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    for (let found = 0; found < this.keys.length && !scan.ended; scan.nextLine()) {
      const key = this.key();
      if (key < 0) continue;
      this.values[key] = scan.number(EXPECTED);
      if (!scan.lineEnded) scan.fail(EXPECTED);
      found++;
    }
  }

  clear(): void {
    this.values.fill(Number.NaN);
  }

  /** Past the key that the line begins with; -1: none that is wanted, or one that was already met. */
  private key(): number {
    const { keys, values } = this;
    for (let i = 0; i < keys.length; i++) if (Number.isNaN(values[i]) && this.scan.accept(keys[i]!)) return i;
    return -1;
  }
}
