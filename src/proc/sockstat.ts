import { encode, Scanner } from "./scan.ts";

const TCP = encode("TCP: ");
const TCP6 = encode("TCP6: ");
const IN_USE = encode("inuse ");
const ORPHAN = encode("orphan ");
const TIME_WAIT = encode("tw ");
const EXPECTED = "a line `TCP: inuse n orphan n tw n …` or `TCP6: inuse n`";

/** The TCP sockets of `net/sockstat`, or of `net/sockstat6`, which has those in use alone: `proc_pid_net(5)`. */
export class Sockstat {
  inUse = Number.NaN;
  /** Of both address families, as are those in time-wait; NaN: the file does not say. */
  orphans = Number.NaN;
  timeWait = Number.NaN;
  private readonly scan: Scanner;

  constructor(where: "net/sockstat" | "net/sockstat6") {
    this.scan = new Scanner(where);
  }

  /** Takes a text in place of the last. Throws ParseError. */
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

  /** No text: no value. */
  clear(): void {
    this.inUse = Number.NaN;
    this.orphans = Number.NaN;
    this.timeWait = Number.NaN;
  }
}
