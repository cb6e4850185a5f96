import { describe, expect, test } from "bun:test";
import { ParseError } from "../../src/errors.ts";
import { Diskstats } from "../../src/proc/diskstats.ts";
import { KeyValueFile } from "../../src/proc/key-value-file.ts";
import { NetDev } from "../../src/proc/net-dev.ts";
import { Stat } from "../../src/proc/stat.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const HEADER = "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n";
const NET_ROW = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";

function netDev(...rows: string[]): NetDev {
  const table = new NetDev();
  table.parse(bytes(HEADER + rows.join("\n")));
  return table;
}

function diskstats(...rows: string[]): Diskstats {
  const table = new Diskstats();
  table.parse(bytes(rows.join("\n")));
  return table;
}

function stat(...rows: string[]): Stat {
  const table = new Stat();
  table.parse(bytes(rows.join("\n")));
  return table;
}

function meminfo(text: string): KeyValueFile {
  const required = ["MemTotal", "MemFree", "Buffers", "Cached"];
  const table = new KeyValueFile("meminfo", ":", required);
  for (const key of [...required, "MemAvailable", "SReclaimable"]) table.bytes(key);
  table.parse(bytes(text));
  return table;
}

const isOnline = (table: Stat, cpu: number) => !Number.isNaN(table.cpus.value(cpu, "user"));

/** The error that a text gives, as a person reads it. */
function message(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    return (error as ParseError).message;
  }
  throw new Error("was parsed");
}

describe("net/dev", () => {
  test.each([
    ["eth0:1", `eth0:1: ${NET_ROW}`],
    ["eth0", `  eth0:${NET_ROW}`],
    ["eth0:1", `eth0:1:${NET_ROW}`],
    ["my net", `my net: ${NET_ROW}`],
    ["a\\040b", `a\\040b: ${NET_ROW}`],
    ["netz-ü", `netz-ü: ${NET_ROW}`],
    ["123", `123: ${NET_ROW}`],
    ["eth0", `eth0: ${NET_ROW} 17 18`],
  ])("the name %p survives in %p", (name, row) => {
    const table = netDev(row);
    expect(table.interfaces.names.all).toEqual([name]);
    expect([table.interfaces.value(0, "receivedBytes"), table.interfaces.value(0, "sentBytes")]).toEqual([1, 9]);
  });

  test("two names that are no UTF-8 stay two", () => {
    const table = new NetDev();
    const row = (byte: number) => [...bytes("e"), byte, ...bytes(`: ${NET_ROW}\n`)];
    table.parse(new Uint8Array([...bytes(HEADER), ...row(0xfe), ...row(0xff)]));
    expect(table.interfaces.names.all).toEqual(["e\\xfe", "e\\xff"]);
  });

  test.each([
    ["", "two header lines"],
    ["Inter-| Receive\n", "two header lines"],
    [`eth0: ${NET_ROW}\neth1: ${NET_ROW}\n`, "two header lines"],
    [`${HEADER}eth0: 1 2 3\n`, 'counters, got "eth0: 1 2 3"'],
    [`${HEADER}eth0 ${NET_ROW}\n`, "`name:`"],
    [`${HEADER}: ${NET_ROW}\n`, "`name:`"],
    [`${HEADER}eth0: ${NET_ROW.replace("9", "9x")}\n`, "`name:`"],
    [`${HEADER}eth0: ${NET_ROW.replace("12", "a")}\n`, "`name:`"],
    [`${HEADER}eth0: -${NET_ROW}\n`, "`name:`"],
  ])("%p is malformed", (text, expected) => {
    expect(message(() => new NetDev().parse(bytes(text)))).toContain(expected);
  });

  test("the error names file, expectation and text", () => {
    expect(message(() => netDev("  eth0: 12 x"))).toBe(
      'net/dev: expected `name:` and at least 16 counters, got "  eth0: 12 x"',
    );
  });

  test("a row that goes is absent; back, it has its old index", () => {
    const table = netDev(`lo: ${NET_ROW}`, `eth0: ${NET_ROW}`, `wlan0: ${NET_ROW}`);
    const sent = (rows: number) => Array.from({ length: rows }, (_, row) => table.interfaces.value(row, "sentBytes"));
    table.parse(bytes(`${HEADER}wlan0: ${NET_ROW}\n`));
    expect(sent(3)).toEqual([Number.NaN, Number.NaN, 9]);
    table.parse(bytes(`${HEADER}eth1: ${NET_ROW}\neth0: ${NET_ROW}\n`));
    expect(table.interfaces.names.all).toEqual(["lo", "eth0", "wlan0", "eth1"]);
    expect(sent(4)).toEqual([Number.NaN, 9, Number.NaN, 9]);
    table.clear();
    expect(sent(4)).toEqual(Array(4).fill(Number.NaN));
  });

  test.each([
    ["9007199254740993", 2 ** 53],
    ["9007199254740995", 2 ** 53 + 4],
    ["18446744073709551615", 2 ** 64],
    ["0000000000000000000000012", 12],
  ])("%p is the nearest double, %d", (text, value) => {
    expect(netDev(`lo: ${text} ${NET_ROW.slice(2)}`).interfaces.value(0, "receivedBytes")).toBe(value);
  });

  test("no counter is 2^64 or more", () => {
    expect(message(() => netDev(`lo: 18446744073709551616 ${NET_ROW.slice(2)}`))).toContain("below 2^64");
    expect(message(() => netDev(`lo: ${"9".repeat(400)} ${NET_ROW.slice(2)}`))).toContain("below 2^64");
  });
});

describe("diskstats", () => {
  const counters = (count: number) => Array.from({ length: count }, (_, i) => i + 1).join(" ");

  test.each([11, 15, 17, 21])("%d counters", (count) => {
    const table = diskstats(`   8       0 sda ${counters(count)}`);
    expect([table.devices.value(0, "readBytes"), table.devices.value(0, "writtenBytes")]).toEqual([3 * 512, 7 * 512]);
  });

  test("a partition of 2.6.18 has four", () => {
    const table = diskstats(`   8    1 sda1 ${counters(4)}`, "");
    expect([table.devices.value(0, "readBytes"), table.devices.value(0, "writtenBytes")]).toEqual([2 * 512, 4 * 512]);
  });

  test.each(["cciss/c0d0", "a disk", "a\\040disk", "md d:0"])("the name %p survives", (name) => {
    expect(diskstats(`8 0 ${name} ${counters(17)}`).devices.names.all).toEqual([name]);
  });

  test("I/Os in flight may be below zero", () => {
    const { devices } = diskstats("8 0 sda 1 2 3 4 5 6 7 8 -1 10 11");
    expect([devices.value(0, "writtenBytes"), devices.value(0, "inFlight")]).toEqual([7 * 512, Number.NaN]);
  });

  test("no disks is an empty file", () => {
    expect(diskstats("").devices.names.all).toEqual([]);
  });

  test.each([
    "8 0 sda",
    "8 0",
    "8",
    "\n",
    `x 0 sda ${counters(11)}`,
    `8 0 sda ${counters(3)}`,
    `8 0 sda ${counters(10)}`,
    `8 0 sda ${counters(16)}`,
    `8 0 sda x${counters(17)}`,
    `8 0 sda ${counters(17)}x`,
    "8 0 sda 1 2 -3 4 5 6 7 8 9 10 11",
  ])("%p is malformed", (row) => {
    expect(message(() => diskstats(row))).toStartWith("diskstats: expected major, minor, name");
  });
});

describe("stat", () => {
  test("a kernel before 2.6 has four columns: the others are absent, not zero", () => {
    const { cpus } = stat("cpu  1 2 3 4", "cpu0 1 2 3 4", "intr 1");
    expect([...cpus.values]).toEqual([0.01, 0.02, 0.03, 0.04, ...Array(6).fill(Number.NaN)]);
  });

  test("columns that no kernel has yet are left out", () => {
    const table = stat("cpu  1 2 3 4 5 6 7 8 9 10 11", "cpu0 1 2 3 4 5 6 7 8 9 10 11");
    expect(table.cpus.value(0, "guestNice")).toBe(0.1);
    expect(table.cpus.names.all).toEqual(["cpu0"]);
  });

  test("a CPU that goes offline has no row; online again, it has its old index", () => {
    const table = stat("cpu  2 2 2 2", "cpu0 1 1 1 1", "cpu1 1 1 1 1");
    table.parse(bytes("cpu  1 1 1 1\ncpu1 1 1 1 1\n"));
    expect([isOnline(table, 0), isOnline(table, 1)]).toEqual([false, true]);
    table.parse(bytes("cpu  2 2 2 2\ncpu0 1 1 1 1\ncpu1 1 1 1 1\n"));
    expect([isOnline(table, 0), isOnline(table, 1)]).toEqual([true, true]);
    expect(table.cpus.names.all).toEqual(["cpu0", "cpu1"]);
  });

  test.each([
    [""],
    ["intr 1"],
    ["cpu  1 2 3 4"],
    ["cpu  1 2 3 4\nintr 1\n"],
    ["cpu  1 2 3\ncpu0 1 2 3\n"],
    ["cpu  1 2 3 4 5\ncpu0 1 2 3 4\n"],
    ["cpu  1 2 3 4\ncpu0 1 2 3 4x\n"],
    ["cpu  1 2 3 4\ncpux 1 2 3 4\n"],
    ["cpu  1 2 3 4\ncpu0x 1 2 3 4\n"],
    ["cpu  1 2 3 4\ncpu0 1 2 3 -4\n"],
  ])("%p is malformed", (text) => {
    expect(message(() => stat(text))).toStartWith("stat: expected cpu rows");
  });
});

describe("meminfo", () => {
  const LEAST = "MemTotal: 8 kB\nMemFree: 4 kB\nBuffers: 0 kB\nCached: 2 kB";

  test("without a last line break", () => {
    expect(meminfo(LEAST).bytes("Cached")).toBe(2048);
  });

  test("what this kernel has not is absent, and zero is zero", () => {
    const table = meminfo(LEAST);
    const keys = ["MemAvailable", "SReclaimable", "Buffers"] as const;
    expect(keys.map((key) => table.bytes(key))).toEqual([Number.NaN, Number.NaN, 0]);
  });

  test("SwapCached is not Cached, and lines of 2.4 and of later kernels are passed by", () => {
    const old = "        total:    used:\nMem:  1 2 3\nSwapCached: 7 kB\n";
    expect(meminfo(`${old}${LEAST}\nHugePages_Total: 0\nNew: what kB\n`).bytes("Cached")).toBe(2048);
  });

  test.each([
    ["", "lines for MemTotal"],
    ["MemTotal: 8 kB\nMemFree: 4 kB\nBuffers: 0 kB\n", "lines for MemTotal"],
    [LEAST.replace("8 kB", "8 MB"), 'got "MemTotal: 8 MB"'],
    [LEAST.replace("8 kB", "8"), 'got "MemTotal: 8"'],
    [LEAST.replace("8 kB", ""), 'got "MemTotal: "'],
    [LEAST.replace("8 kB", "8 kB x"), 'got "MemTotal: 8 kB x"'],
    [LEAST.replace("8 kB", "-8 kB"), 'got "MemTotal: -8 kB"'],
  ])("%p is malformed", (text, expected) => {
    expect(message(() => meminfo(text))).toContain(expected);
  });
});
