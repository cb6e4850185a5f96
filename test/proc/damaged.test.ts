import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ParseError } from "../../src/errors.ts";
import { Diskstats } from "../../src/proc/diskstats.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { KeyValueFile } from "../../src/proc/key-value-file.ts";
import { Loadavg } from "../../src/proc/loadavg.ts";
import { NetDev } from "../../src/proc/net-dev.ts";
import { NetSnmp } from "../../src/proc/net-snmp.ts";
import { Sockstat } from "../../src/proc/net-sockets.ts";
import { Psi } from "../../src/proc/psi.ts";
import { RowTable } from "../../src/proc/row-table.ts";
import { Scanner } from "../../src/proc/scanner.ts";
import { Stat } from "../../src/proc/stat.ts";
import { recordedTree } from "../helpers/proc-tree.ts";

/** A parser after a collector has asked for what it wants. */
function asked<T extends { number(key: string): number }>(table: T, ...keys: string[]): T {
  for (const key of keys) table.number(key);
  return table;
}

const vmstat = () => asked(new KeyValueFile("vmstat", " ", ["pgfault"]), "pgfault", "pgmajfault");

function meminfo(): KeyValueFile {
  const required = ["MemTotal", "MemFree", "Buffers", "Cached"];
  const table = new KeyValueFile("meminfo", ":", required);
  for (const key of [...required, "SReclaimable", "Hugetlb"]) table.bytes(key);
  return table;
}

const SOURCES = [
  { path: "/proc/stat", table: () => new Stat() },
  { path: "/proc/meminfo", table: meminfo },
  { path: "/proc/net/dev", table: () => new NetDev() },
  { path: "/proc/diskstats", table: () => new Diskstats() },
  { path: "/proc/pressure/io", table: () => new Psi() },
  { path: "/proc/loadavg", table: () => new Loadavg() },
  { path: "/proc/vmstat", table: vmstat },
  { path: "/proc/net/snmp", table: () => asked(new NetSnmp("net/snmp"), "Tcp:OutSegs") },
  { path: "/proc/net/netstat", table: () => asked(new NetSnmp("net/netstat"), "TcpExt:ListenDrops") },
  { path: "/proc/net/sockstat", table: () => new Sockstat("net/sockstat") },
];

/** What a table holds after a text: its numbers, or the ParseError; another exception is the test's failure. */
function numbersOf(table: object, parse: () => void): readonly number[] | ParseError {
  try {
    parse();
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
  return Object.values(table).flatMap((value) => {
    if (typeof value === "number") return [value];
    const values = value instanceof RowTable ? value.values : value;
    return values instanceof Float64Array ? [...values] : [];
  });
}

function isSound(result: readonly number[] | ParseError): boolean {
  return (
    result instanceof ParseError || result.every((value) => Number.isNaN(value) || (value >= 0 && value <= 2 ** 74))
  );
}

describe.each(SOURCES)("$path of a damaged tree gives numbers or a ParseError, and nothing else", ({ path, table }) => {
  const proc = kernelFs(recordedTree("6.1-stacked"));
  const whole = proc.read(path)!.slice();
  proc.close();

  test("cut short", () => {
    for (let length = 0; length <= whole.length; length++) {
      const parser = table();
      expect(isSound(numbersOf(parser, () => parser.parse(whole.subarray(0, length))))).toBe(true);
    }
  });

  test("with flipped bits", () => {
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.nat(7));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 8 }), (flips) => {
        const damaged = whole.slice();
        for (const [at, bit] of flips) damaged[at]! ^= 1 << bit;
        const parser = table();
        return isSound(numbersOf(parser, () => parser.parse(damaged)));
      }),
      { numRuns: 300 },
    );
  });

  test("of any bytes, and a good text after them reads as if they had not been", () => {
    const fresh = table();
    const good = numbersOf(fresh, () => fresh.parse(whole));
    expect(present(good as number[])).not.toEqual([]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const parser = table();
        if (!isSound(numbersOf(parser, () => parser.parse(noise)))) return false;
        const after = numbersOf(parser, () => parser.parse(whole));
        return after instanceof ParseError || present(after).join() === present(good as number[]).join();
      }),
    );
  });
});

const present = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value));

describe("numbers", () => {
  const scan = new Scanner("test");
  const read = (text: string) => {
    scan.begin(new TextEncoder().encode(text));
    return scan.number("a number");
  };

  test("every 64-bit count is its nearest double", () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (n) => read(`${n}`) === Number(n)));
    fc.assert(fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 55n }), (n) => read(`${n} `) === Number(n)));
    fc.assert(fc.property(fc.maxSafeNat(), (n) => read(`${n}\n`) === n));
  });

  test("ticks are the double nearest to their decimal", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (ticks) => {
        const stat = new Stat();
        stat.parse(new TextEncoder().encode(`cpu  0 0 0 ${ticks}\ncpu0 0 0 0 ${ticks}\n`));
        const decimal = `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, "0")}`;
        return stat.cpus.value(0, "idle") === Number(decimal);
      }),
    );
  });

  test("rows round-trip through both tables of names", () => {
    const count = fc.maxSafeNat();
    const name = fc.stringMatching(/^[a-z][a-z0-9:.-]{0,14}$/);
    const rows = fc.uniqueArray(fc.record({ name, received: count, sent: count }), { selector: (row) => row.name });
    fc.assert(
      fc.property(rows, rows, (first, second) => {
        const net = new NetDev();
        for (const part of [first, second]) {
          const lines = part.map((row) => `${row.name}: ${row.received} 0 0 0 0 0 0 0 ${row.sent} 0 0 0 0 0 0 0\n`);
          net.parse(new TextEncoder().encode(`Inter-|\n face |\n${lines.join("")}`));
          for (const row of part) {
            const index = net.interfaces.names.all.indexOf(row.name);
            expect([net.interfaces.value(index, "receivedBytes"), net.interfaces.value(index, "sentBytes")]).toEqual([
              row.received,
              row.sent,
            ]);
          }
        }
        const gone = first.filter((row) => !second.some(({ name: other }) => other === row.name));
        return gone.every((row) =>
          Number.isNaN(net.interfaces.value(net.interfaces.names.all.indexOf(row.name), "sentBytes")),
        );
      }),
    );
  });
});
