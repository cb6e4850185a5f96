import { ParseError } from "../errors.ts";
import { encode, Scanner } from "./scanner.ts";

const TCP = encode("TCP: ");
const TCP6 = encode("TCP6: ");
const IN_USE = encode("inuse ");
const ORPHAN = encode("orphan ");
const TIME_WAIT = encode("tw ");
const EXPECTED = "a line `TCP: inuse n orphan n tw n …` or `TCP6: inuse n`";

/** The TCP sockets of `net/sockstat`, or of `net/sockstat6`, which counts only those in use: proc_pid_net(5). */
export class Sockstat {
  inUse = Number.NaN;
  /** Orphans and sockets in TIME_WAIT of both address families; NaN: the file does not have them. */
  orphans = Number.NaN;
  timeWait = Number.NaN;
  private readonly scan: Scanner;

  constructor(where: "net/sockstat" | "net/sockstat6") {
    this.scan = new Scanner(where);
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    for (; !scan.ended; scan.nextLine()) {
      if (!scan.accept(TCP) && !scan.accept(TCP6)) continue;
      if (!scan.accept(IN_USE)) scan.fail(EXPECTED);
      this.inUse = scan.number(EXPECTED);
      scan.skipSpaces();
      if (scan.accept(ORPHAN)) this.orphans = scan.number(EXPECTED);
      scan.skipSpaces();
      if (scan.accept(TIME_WAIT)) this.timeWait = scan.number(EXPECTED);
      return;
    }
    scan.fail(EXPECTED);
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.inUse = Number.NaN;
    this.orphans = Number.NaN;
    this.timeWait = Number.NaN;
  }
}

/** The state LISTEN, as net/tcp writes it. */
const LISTEN = "0A";

/**
 * Whether a socket of `net/tcp` or `net/tcp6`, proc_pid_net(5), listens on a port, on any address. `where`: the file as a
 * ParseError names it. Throws ParseError.
 */
export function listensOn(text: string, port: number, where: string): boolean {
  const [head = "", ...rows] = text.split("\n");
  if (!/^\s*sl\s+local_address\s/.test(head))
    throw new ParseError(where, "a head that begins with sl local_address", head);
  return rows.some((row) => {
    if (row === "") return false;
    const [, local = "", , state = ""] = row.trim().split(/\s+/, 4);
    const colon = local.lastIndexOf(":");
    if (colon < 0) throw new ParseError(where, "an address and a port", row);
    return state === LISTEN && Number.parseInt(local.slice(colon + 1), 16) === port;
  });
}
