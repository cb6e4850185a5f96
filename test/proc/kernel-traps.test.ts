import { describe, expect, test } from "bun:test";
import { ParseError } from "../../src/errors.ts";
import { HeaderPairs } from "../../src/proc/header-pairs.ts";
import { LineKeys } from "../../src/proc/line-keys.ts";
import { Loadavg } from "../../src/proc/loadavg.ts";
import { Meminfo } from "../../src/proc/meminfo.ts";
import { Pressure } from "../../src/proc/pressure.ts";
import { SingleNumber } from "../../src/proc/single-number.ts";
import { Sockstat } from "../../src/proc/sockstat.ts";
import { Stat } from "../../src/proc/stat.ts";
import { Vmstat } from "../../src/proc/vmstat.ts";

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
    const table = parsed(new Pressure(), SOME);
    expect([table.someSeconds, table.fullSeconds]).toEqual([1.5, absent]);
    parsed(table, `${SOME}full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n`);
    expect([table.someSeconds, table.fullSeconds]).toEqual([1.5, 0.000007]);
    table.clear();
    expect([table.someSeconds, table.fullSeconds]).toEqual([absent, absent]);
  });

  test("averages that a kernel may add change nothing", () => {
    expect(parsed(new Pressure(), "some avg10=0.00 avg3600=1.00 total=2000000").someSeconds).toBe(2);
  });

  test.each([
    "",
    "some",
    "some avg10=0.00\n",
    "full avg10=0.00 total=1\n",
    "some total=\n",
    "some total=1 x\n",
    "some total=-1\n",
  ])("%p is malformed", (text) => malformed(new Pressure(), text));
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

describe("lines by key", () => {
  const lines = (...values: number[]) => values.map((value, i) => `key${i} ${value}\n`).join("");
  const found = (keys: LineKeys, text: string, key: number) => text.slice(keys.values[key]).split("\n")[0];

  test("are found when every number before them has become longer or shorter, or a line has gone", () => {
    const keys = new LineKeys(["key1 ", "key3 ", "nokey "]);
    for (const text of [lines(9, 9, 9, 9), lines(99, 1000, 9, 7), lines(1, 1, 100000, 42), lines(1, 1, 1, 1, 1)]) {
      expect(keys.locate(bytes(text))).toBe(true);
      const values = text.split("\n").map((line) => line.split(" ")[1]);
      expect([found(keys, text, 0), found(keys, text, 1)]).toEqual([values[1], values[3]]);
      expect(keys.values[2]).toBe(-1);
    }
    const shorter = "key0 1\nkey3 5\n";
    expect(keys.locate(bytes(shorter))).toBe(true);
    expect([...keys.values]).toEqual([-1, shorter.indexOf("5"), -1]);
  });

  test("are lines, and no ends of others", () => {
    const keys = new LineKeys(["free "]);
    expect(keys.locate(bytes("nr_free 1\nfreed 2\n"))).toBe(false);
    expect(keys.locate(bytes("nr_free 1\nfree 2"))).toBe(true);
    expect(keys.values[0]).toBe(15);
    // Where the key was is now the middle of a line that has it, too.
    expect(keys.locate(bytes("nr_more 11free 7\nfree 3"))).toBe(true);
    expect(keys.values[0]).toBe(22);
  });
});

describe("vmstat", () => {
  test("what is not counted is absent, and stalls of all zones are one number", () => {
    const table = parsed(new Vmstat(), "pgfault 10\npgmajfault 3\nallocstall_normal 4\nallocstall_movable 5\n");
    expect([table.swapInBytes, table.oomKills, table.faults, table.majorFaults, table.reclaimStalls]).toEqual([
      absent,
      absent,
      10,
      3,
      9,
    ]);
    expect(parsed(table, "pgfault 11\nallocstall 7\n").reclaimStalls).toBe(7);
  });

  test.each(["", "nr_free_pages 1\n", "pgfault x\n", "pgfault\n"])(
    "%p is malformed, and the next text is not",
    (text) => {
      const table = new Vmstat();
      malformed(table, text);
      expect(parsed(table, "a 1\npgfault 5\n").faults).toBe(5);
    },
  );
});

test("meminfo of before Hugetlb has the default size of huge pages alone", () => {
  const least = "MemTotal: 8 kB\nMemFree: 4 kB\nBuffers: 0 kB\nCached: 2 kB\n";
  expect(parsed(new Meminfo(), `${least}HugePages_Total:      3\nHugepagesize:    2048 kB\n`).hugePagesBytes).toBe(
    3 * 2 ** 21,
  );
  expect(parsed(new Meminfo(), least).hugePagesBytes).toBe(absent);
  malformed(new Meminfo(), `${least}HugePages_Total: many\n`);
});

describe("header pairs", () => {
  const COLUMNS = [
    ["Tcp", "OutSegs"],
    ["Udp", "NoPorts"],
    ["Tcp", "New"],
  ] as const;
  const make = () => new HeaderPairs("net/snmp", COLUMNS);
  const text = (segments: string) =>
    `Ip: A\nIp: 1\nTcp: MaxConn OutSegs\nTcp: -1 ${segments}\nUdp: NoPorts X\nUdp: 7 8\n`;

  test("columns go by their names, in whatever place this kernel has them", () => {
    const table = parsed(make(), text("12"));
    expect([...table.values]).toEqual([12, 7, absent]);
    parsed(table, "Udp: Xyz NoPorts\nUdp: 1 2\nTcp: New Other OutSegs\nTcp: 3 4 5\n");
    expect([...table.values]).toEqual([5, 2, 3]);
    expect([...parsed(table, text("13")).values]).toEqual([13, 7, absent]);
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
  expect(parsed(new SingleNumber("/sys/x"), "1900000\n").value).toBe(1900000);
  for (const text of ["", "\n", "<unknown>\n", "1 2\n", "1\n2\n"]) malformed(new SingleNumber("/sys/x"), text);
});

describe("stat's counts", () => {
  const CPUS = "cpu  1 2 3 4\ncpu0 1 1 1 1\ncpu1 0 1 2 3\n";

  test("are found behind a line of interrupts, whatever else is there", () => {
    const table = parsed(
      new Stat(),
      `${CPUS}intr 77 1 2 3\nctxt 88\nbtime 1\nprocesses 9\nprocs_running 2\nprocs_blocked 1\n`,
    );
    const { interrupts, contextSwitches, forks, tasksRunning, tasksBlocked, online } = table;
    expect([interrupts, contextSwitches, forks, tasksRunning, tasksBlocked, online]).toEqual([77, 88, 9, 2, 1, 2]);
  });

  test("are absent where a sandbox has none", () => {
    const table = parsed(new Stat(), `${CPUS}intr 0\nbtime 1\n`);
    expect([table.interrupts, table.contextSwitches, table.tasksRunning]).toEqual([0, absent, absent]);
  });

  test("the sum is a row of its own, and the others are counted", () => {
    const table = parsed(new Stat(true), `${CPUS}intr 5\n`);
    expect(table.names.all).toEqual(["cpu"]);
    expect([...table.seconds.subarray(0, 4)]).toEqual([0.01, 0.02, 0.03, 0.04]);
    expect([table.online, table.interrupts]).toEqual([2, 5]);
    malformed(table, "cpu  1 2 3 4\nintr 5\n");
  });
});
