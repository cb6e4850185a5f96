import { describe, expect, test } from "bun:test";
import { ParseError } from "../../src/errors.ts";
import { KeyValueFile } from "../../src/proc/key-value-file.ts";
import { Loadavg } from "../../src/proc/loadavg.ts";
import { NetSnmp } from "../../src/proc/net-snmp.ts";
import { listensOn, Sockstat } from "../../src/proc/net-sockets.ts";
import { NumberFile } from "../../src/proc/number-file.ts";
import { Psi } from "../../src/proc/psi.ts";
import { Stat } from "../../src/proc/stat.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const absent = Number.NaN;

function parsed<T extends { parse(bytes: Uint8Array): void }>(table: T, text: string): T {
  table.parse(bytes(text));
  return table;
}

const malformed = (table: { parse(bytes: Uint8Array): void }, text: string) =>
  expect(() => table.parse(bytes(text))).toThrow(ParseError);

describe("pressure", () => {
  const SOME = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n";

  test("cpu has no line for full before 5.13; the next text may have one", () => {
    const table = parsed(new Psi(), SOME);
    expect([table.someSeconds, table.fullSeconds]).toEqual([1.5, absent]);
    parsed(table, `${SOME}full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n`);
    expect([table.someSeconds, table.fullSeconds]).toEqual([1.5, 0.000007]);
    table.clear();
    expect([table.someSeconds, table.fullSeconds]).toEqual([absent, absent]);
  });

  test("averages that a kernel may add change nothing", () => {
    expect(parsed(new Psi(), "some avg10=0.00 avg3600=1.00 total=2000000").someSeconds).toBe(2);
  });

  test.each([
    "",
    "some",
    "some avg10=0.00\n",
    "full avg10=0.00 total=1\n",
    "some total=\n",
    "some total=1 x\n",
    "some total=-1\n",
  ])("%p is malformed", (text) => malformed(new Psi(), text));
});

describe("loadavg", () => {
  test("a load of hundreds, and hundredths that are exact", () => {
    expect([...parsed(new Loadavg(), "1234.05 0.29 0.00 1/2 3\n").averages]).toEqual([1234.05, 0.29, 0]);
  });

  test.each(["", "1 2 3", "0.1 0.2 0.3 1/2 3", "0.10 0.20", "-1.00 0.00 0.00", "0.10 0.20 0.3x 1/2"])(
    "%p is malformed",
    (text) => malformed(new Loadavg(), text),
  );
});

describe("lines of a key and a number", () => {
  const lines = (...values: number[]) => values.map((value, i) => `key${i} ${value}\n`).join("");
  const make = (...keys: string[]) => {
    const table = new KeyValueFile("vmstat", " ");
    for (const key of keys) table.number(key);
    return table;
  };

  test("are found when every number before them has become longer or shorter, or a line has gone", () => {
    const table = make("key1", "key3", "nokey");
    for (const values of [
      [9, 9, 9, 9],
      [99, 1000, 9, 7],
      [1, 1, 100000, 42],
      [1, 1, 1, 1, 1],
    ]) {
      parsed(table, lines(...values));
      expect([...table.values]).toEqual([values[1]!, values[3]!, absent]);
    }
    expect([...parsed(table, "key0 1\nkey3 5\n").values]).toEqual([absent, 5, absent]);
  });

  test("are whole lines, and no ends of others", () => {
    const table = make("free");
    expect(parsed(table, "nr_free 1\nfreed 2\n").number("free")).toBe(absent);
    expect(parsed(table, "nr_free 1\nfree 2").number("free")).toBe(2);
    // Where the key was is now the middle of a line that contains it.
    expect(parsed(table, "nr_more 11free 7\nfree 3").number("free")).toBe(3);
  });

  test("that are asked for later are read from the next text on", () => {
    const table = parsed(make("key0"), lines(1, 2));
    expect(table.number("key1")).toBe(absent);
    expect(parsed(table, lines(3, 4)).number("key1")).toBe(4);
    expect(table.number("key0")).toBe(3);
  });

  test("that come later, while all others stay, are read from then on", () => {
    const table = make("key1", "key3");
    expect([...parsed(table, lines(1, 2, 3)).values]).toEqual([2, absent]);
    expect([...parsed(table, lines(1, 2, 3, 4)).values]).toEqual([2, 4]);
    expect([...parsed(table, "key0 1\nkey3 4\n").values]).toEqual([absent, 4]);
    expect([...parsed(table, "key0 1\nkey1 2\nkey3 4\n").values]).toEqual([2, 4]);
  });

  test("have no unit, or are in kB", () => {
    const table = new KeyValueFile("meminfo", ":");
    expect([table.bytes("Free"), table.number("Pages")]).toEqual([absent, absent]);
    parsed(table, "Free:   3 kB\nPages: 4\n");
    expect([table.bytes("Free"), table.number("Pages")]).toEqual([3072, 4]);
    for (const text of ["Free: 3\n", "Free: 3 MB\n", "Pages: 4 kB\n", "Pages: 4 5\n", "Pages:\n"])
      malformed(table, text);
  });

  test.each(["", "nr_free_pages 1\n", "pgfault x\n", "pgfault\n"])(
    "of which one is required: %p is malformed, and the next text is not",
    (text) => {
      const table = new KeyValueFile("vmstat", " ", ["pgfault"]);
      table.number("pgfault");
      malformed(table, text);
      expect(parsed(table, "a 1\npgfault 5\n").number("pgfault")).toBe(5);
    },
  );
});

describe("net/snmp", () => {
  const KEYS = ["Tcp:OutSegs", "Udp:NoPorts", "Tcp:New"];
  const values = (table: NetSnmp) => KEYS.map((key) => table.number(key));
  const make = () => {
    const table = new NetSnmp("net/snmp");
    values(table);
    return table;
  };
  const text = (segments: string) =>
    `Ip: A\nIp: 1\nTcp: MaxConn OutSegs\nTcp: -1 ${segments}\nUdp: NoPorts X\nUdp: 7 8\n`;

  test("columns go by their names, in whatever place this kernel has them", () => {
    const table = parsed(make(), text("12"));
    expect(values(table)).toEqual([12, 7, absent]);
    parsed(table, "Udp: Xyz NoPorts\nUdp: 1 2\nTcp: New Other OutSegs\nTcp: 3 4 5\n");
    expect(values(table)).toEqual([5, 2, 3]);
    expect(values(parsed(table, text("13")))).toEqual([13, 7, absent]);
  });

  test("a column that is asked for later is read from the next text on", () => {
    const table = parsed(make(), text("12"));
    expect(table.number("Tcp:MaxConn")).toBe(absent);
    expect(table.number("Udp:X")).toBe(absent);
    parsed(table, text("13").replace("-1", "4"));
    expect([table.number("Tcp:MaxConn"), table.number("Udp:X"), ...values(table)]).toEqual([4, 8, 13, 7, absent]);
  });

  test.each([
    "",
    "Tcp: OutSegs\n",
    "Tcp: OutSegs\nUdp: NoPorts\nUdp: 1\n",
    text("1x"),
    text(""),
    text("1").replace("Udp: 7 8\n", ""),
    "Tcp: MaxConn OutSegs\nTcp: -1 1\n",
  ])("%p is malformed", (bad) => malformed(make(), bad));
});

describe("sockstat", () => {
  test("of IPv6 has those in use alone", () => {
    const six = parsed(new Sockstat("net/sockstat6"), "TCP6: inuse 5\nUDP6: inuse 1\n");
    expect([six.inUse, six.orphans, six.timeWait]).toEqual([5, absent, absent]);
    const four = parsed(new Sockstat("net/sockstat"), "sockets: used 9\nTCP: inuse 4 orphan 1 tw 2 alloc 5 mem 0\n");
    expect([four.inUse, four.orphans, four.timeWait]).toEqual([4, 1, 2]);
  });

  test.each(["", "sockets: used 9\n", "TCP: used 1\n", "TCP: inuse x\n"])("%p is malformed", (text) =>
    malformed(new Sockstat("net/sockstat"), text),
  );
});

test("a file of one number has one number", () => {
  expect(parsed(new NumberFile("/sys/x"), "1900000\n").value).toBe(1900000);
  for (const text of ["", "\n", "<unknown>\n", "1 2\n", "1\n2\n"]) malformed(new NumberFile("/sys/x"), text);
});

describe("stat's counts", () => {
  const CPUS = "cpu  1 2 3 4\ncpu0 1 1 1 1\ncpu1 0 1 2 3\n";

  test("are found behind a line of interrupts, whatever else is there", () => {
    const table = parsed(
      new Stat(),
      `${CPUS}intr 77 1 2 3\nctxt 88\nbtime 1\nprocesses 9\nprocs_running 2\nprocs_blocked 1\n`,
    );
    const counts = ["intr", "ctxt", "processes", "procs_running", "procs_blocked"] as const;
    expect([...counts.map((line) => table.count(line)), table.online]).toEqual([77, 88, 9, 2, 1, 2]);
  });

  test("are absent where a sandbox has none", () => {
    const table = parsed(new Stat(), `${CPUS}intr 0\nbtime 1\n`);
    expect([table.count("intr"), table.count("ctxt"), table.count("procs_running")]).toEqual([0, absent, absent]);
  });

  test("the sum is a row of its own, and the others are counted", () => {
    const table = parsed(new Stat(true), `${CPUS}intr 5\n`);
    expect(table.cpus.names.all).toEqual(["cpu"]);
    expect([...table.cpus.values.subarray(0, 4)]).toEqual([0.01, 0.02, 0.03, 0.04]);
    expect([table.online, table.count("intr")]).toEqual([2, 5]);
    malformed(table, "cpu  1 2 3 4\nintr 5\n");
  });
});

test("a listening port is found in net/tcp, and no other state or port", () => {
  const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  const row = (local: string, state: string) =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 0 0 0 1\n`;
  const text = head + row("0100007F:1451", "0A") + row("0100007F:1F90", "01");
  expect(listensOn(text, 0x1451, "net/tcp")).toBe(true);
  expect(listensOn(text, 0x1f90, "net/tcp")).toBe(false);
  expect(listensOn(head + row("00000000000000000000000000000000:0050", "0A"), 80, "net/tcp6")).toBe(true);
  expect(() => listensOn("nonsense\n", 80, "net/tcp")).toThrow(ParseError);
  expect(() => listensOn(`${head}nonsense\n`, 80, "net/tcp")).toThrow(ParseError);
});
