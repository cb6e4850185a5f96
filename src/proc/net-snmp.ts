import { encode, Scanner } from "./scanner.ts";

const LATIN1 = new TextDecoder("latin1");
const SPACE = 0x20;

/** The counters of one protocol: a line of names, and a line of values that begins with the same word. */
interface Protocol {
  readonly name: string;
  readonly prefix: Uint8Array;
  /** By column of the line: the place of its value in `values`; -1: it is not read. Ends with the last that is. */
  places: Int8Array;
  /** Length of the line of names for which `places` is right; -1: none was read. */
  namesLength: number;
}

/**
 * The counters of `net/snmp` and `net/netstat`, proc_pid_net(5). Which there are, and in which order, depends on the
 * kernel's version. As in a KeyValueFile, a counter is read from the first text after `number()` was asked for it.
 */
export class NetSnmp {
  /** By place; NaN: this kernel does not count it. */
  values: Float64Array = new Float64Array(0);
  private readonly keys: string[] = [];
  private readonly places = new Map<string, number>();
  private readonly protocols: Protocol[] = [];
  private readonly scan: Scanner;

  /** `where`: the file as a ParseError names it, `net/snmp`. */
  constructor(where: string) {
    this.scan = new Scanner(where);
  }

  /** Returns a counter by protocol and name, `Tcp:RetransSegs`; NaN: this kernel does not count it. */
  number(key: string): number {
    const place = this.places.get(key) ?? this.add(key);
    return this.values[place]!;
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, protocols } = this;
    this.clear();
    scan.begin(bytes);
    let found = 0;
    for (; found < protocols.length && !scan.ended; scan.nextLine()) {
      for (let i = 0; i < protocols.length; i++) {
        const start = scan.at;
        if (!scan.accept(protocols[i]!.prefix)) continue;
        this.readValues(bytes, start, protocols[i]!);
        found++;
        break;
      }
    }
    if (found < protocols.length) scan.fail("two lines, names and values, for each protocol");
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.values.fill(Number.NaN);
  }

  private add(key: string): number {
    const name = key.slice(0, key.indexOf(":"));
    const place = this.keys.push(key) - 1;
    this.places.set(key, place);
    this.values = new Float64Array(place + 1).fill(Number.NaN);
    const protocol = this.protocols.find((each) => each.name === name);
    if (protocol) protocol.namesLength = -1;
    else this.protocols.push({ name, prefix: encode(`${name}: `), places: new Int8Array(0), namesLength: -1 });
    return place;
  }

  /** Reads the values after the line of names that begins at `start`. */
  private readValues(bytes: Uint8Array, start: number, protocol: Protocol): void {
    const { scan } = this;
    const end = scan.lineEnd();
    // A kernel's names are compiled into it: a line of the same length is the same line.
    if (end - start !== protocol.namesLength) this.learn(bytes.subarray(start, end), protocol);
    scan.nextLine();
    if (!scan.accept(protocol.prefix)) scan.fail("a line of values for the names before it");
    for (let column = 0; column < protocol.places.length; column++) {
      const place = protocol.places[column]!;
      if (place < 0) scan.skipWord();
      else this.values[place] = scan.number("numbers, one for each name");
      if (bytes[scan.at] === SPACE) scan.at++;
    }
  }

  private learn(line: Uint8Array, protocol: Protocol): void {
    const [, ...names] = LATIN1.decode(line).split(" ");
    const places = names.map((name) => this.places.get(`${protocol.name}:${name}`) ?? -1);
    protocol.places = new Int8Array(places.findLastIndex((place) => place >= 0) + 1);
    for (let column = 0; column < protocol.places.length; column++) protocol.places[column] = places[column]!;
    protocol.namesLength = line.length;
  }
}
