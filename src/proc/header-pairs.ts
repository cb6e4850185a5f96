import { encode, Scanner } from "./scan.ts";

const LATIN1 = new TextDecoder("latin1");
const SPACE = 0x20;

/** A column by the lines that it is in and its name: `["Tcp", "RetransSegs"]`. */
export type HeaderColumn = readonly [lines: string, column: string];

/** The columns of one pair of lines that are wanted. */
interface Pair {
  readonly prefix: Uint8Array;
  /** Wanted columns, by their place in the line, and where each goes; -1: it is passed over. Ends with the last wanted. */
  places: Int8Array;
  /** Length of the header line for which that is right; -1: none was seen. */
  headerLength: number;
}

/**
 * Columns of `net/snmp` and `net/netstat`, `proc_pid_net(5)`, where each line of names has a line of values behind it
 * that begins with the same word. Which columns there are, and in which order, is the kernel's version's.
 */
export class HeaderPairs {
  /** One value a wanted column, in the order asked for; NaN: this kernel has it not. */
  readonly values: Float64Array;
  private readonly pairs: readonly Pair[];
  private readonly scan: Scanner;

  /** `where` is the file as a ParseError names it: `net/snmp`. */
  constructor(
    where: string,
    private readonly columns: readonly HeaderColumn[],
  ) {
    this.scan = new Scanner(where);
    this.values = new Float64Array(columns.length).fill(Number.NaN);
    const lines = [...new Set(columns.map(([line]) => line))];
    this.pairs = lines.map((line) => ({
      prefix: encode(`${line}: `),
      places: new Int8Array(0),
      headerLength: -1,
    }));
  }

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, pairs } = this;
    this.clear();
    scan.begin(bytes);
    let found = 0;
    for (; found < pairs.length && !scan.ended; scan.nextLine()) {
      for (let i = 0; i < pairs.length; i++) {
        const start = scan.at;
        if (!scan.accept(pairs[i]!.prefix)) continue;
        this.readPair(bytes, start, pairs[i]!);
        found++;
        break;
      }
    }
    if (found < pairs.length) scan.fail("two lines, names and values, for each protocol");
  }

  /** No text: no value. */
  clear(): void {
    this.values.fill(Number.NaN);
  }

  /** Reads the values below the header that is at hand. */
  private readPair(bytes: Uint8Array, start: number, pair: Pair): void {
    const { scan } = this;
    const end = scan.lineEnd();
    // A kernel's names are compiled into it: a line of the same length is the same line.
    if (end - start !== pair.headerLength) this.learn(bytes.subarray(start, end), pair);
    scan.nextLine();
    if (!scan.accept(pair.prefix)) scan.fail("a line of values for the names before it");
    for (let column = 0; column < pair.places.length; column++) {
      const place = pair.places[column]!;
      if (place < 0) scan.skipWord();
      else this.values[place] = scan.number("numbers, one for each name");
      if (bytes[scan.at] === SPACE) scan.at++;
    }
  }

  private learn(header: Uint8Array, pair: Pair): void {
    const [line = "", ...names] = LATIN1.decode(header).split(" ");
    const wanted = this.columns.map(([lines, column]) => (`${lines}:` === line ? names.indexOf(column) : -1));
    pair.places = new Int8Array(Math.max(...wanted) + 1).fill(-1);
    for (const [place, column] of wanted.entries()) if (column >= 0) pair.places[column] = place;
    pair.headerLength = header.length;
  }
}
