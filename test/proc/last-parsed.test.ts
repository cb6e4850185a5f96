import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { ParseError } from "../../src/errors.ts";
import { Diskstats } from "../../src/proc/diskstats.ts";
import { KeyValueFile } from "../../src/proc/key-value-file.ts";
import { LastParsed } from "../../src/proc/last-parsed.ts";
import { NetDev } from "../../src/proc/net-dev.ts";
import { NetSnmp } from "../../src/proc/net-snmp.ts";
import type { KernelTable } from "../../src/proc/procfs.ts";
import { Psi } from "../../src/proc/psi.ts";
import { Stat } from "../../src/proc/stat.ts";
import { TextShape } from "../../src/proc/text-shape.ts";
import { recordedTree } from "../helpers/proc-tree.ts";

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));
const recorded = (path: string) => readFileSync(`${recordedTree("6.18-vm")}/proc/${path}`, "latin1");

function keyed(separator: ":" | " ", keys: readonly string[]) {
  const file = new KeyValueFile("test", separator);
  for (const key of keys) file.number(key);
  return file;
}

function kilobytes(keys: readonly string[]) {
  const file = new KeyValueFile("test", ":");
  for (const key of keys) file.bytes(key);
  return file;
}

function snmp(keys: readonly string[]) {
  const file = new NetSnmp("test");
  for (const key of keys) file.number(key);
  return file;
}

/** The tables that are read by shape, each with a text of the kernel's. */
const TABLES: Readonly<Record<string, readonly [make: () => KernelTable, text: string]>> = {
  stat: [() => new Stat(), recorded("stat")],
  "stat of all CPUs": [() => new Stat(true), recorded("stat")],
  meminfo: [() => kilobytes(["MemTotal", "Cached", "Slab", "Committed_AS", "Nothing"]), recorded("meminfo")],
  vmstat: [
    () => keyed(" ", ["pgfault", "pswpin", "oom_kill", "nr_free_pages"]),
    "nr_free_pages 5\npswpin 0\npgfault 17\n",
  ],
  "net/dev": [() => new NetDev(), recorded("net/dev")],
  "net/snmp": [() => snmp(["Tcp:InSegs", "Tcp:RetransSegs", "Udp:InErrors"]), recorded("net/snmp")],
  diskstats: [() => new Diskstats(), recorded("diskstats")],
};

/** What a table holds, or why it could not take a text. */
function outcome(table: KernelTable, parse: () => void): unknown {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.message;
  }
  const values = [...table.values!];
  // There may be room for rows that no text had.
  const count = values.findLastIndex((value) => !Number.isNaN(value)) + 1;
  return [values.slice(0, count), [...(table.counts ?? [])], (table as Partial<Stat>).online];
}

const NUMBER = /(?<![^\s:=])\d+(?!\S)/g;

/** A text with other numbers, some of them as large as the kernel's largest. */
function otherNumbers(text: string, numbers: readonly bigint[]): string {
  let next = 0;
  return text.replace(NUMBER, () => String(numbers[next++ % numbers.length]));
}

/** A text's words, whatever its numbers, with and without its lines. */
/** A text with one mark in place of each long row of numbers. */
const rowsShort = (text: string) => text.replace(/(?: +\d+){20,}/g, " #");
const linesOf = (text: string) => text.replace(/\d+/g, "0").replace(/[^\S\n]+/g, " ");
const wordsOf = (text: string) => linesOf(text).replace(/\s+/g, " ");

const someNumbers = fc.array(fc.oneof(fc.bigInt(0n, 9999n), fc.bigInt(0n, 2n ** 64n - 1n)), {
  minLength: 1,
  maxLength: 50,
});

describe.each(Object.entries(TABLES))("%s, read by its shape", (_, [make, text]) => {
  const both = () => {
    const [table, plain] = [make(), make()];
    const parsed = new LastParsed(table);
    return (next: string) => {
      const ours = outcome(table, () => parsed.parse(bytes(next)));
      const expected = outcome(plain, () => plain.parse(bytes(next)));
      if (Bun.deepEquals(ours, expected)) return [ours, expected];
      // A parser that goes by the last text may miss a line that has just come, which one without a past finds.
      const fresh = make();
      return [ours, outcome(fresh, () => fresh.parse(bytes(next)))];
    };
  };

  test("has a shape, and one that is kept while numbers change", () => {
    const table = make();
    const { of } = TextShape;
    let found = 0;
    TextShape.of = (...args) => {
      found++;
      return of(...args);
    };
    try {
      const parsed = new LastParsed(table);
      for (let i = 0; i < 9; i++) parsed.parse(bytes(otherNumbers(text, [BigInt(i), 77n, 5n])));
    } finally {
      TextShape.of = of;
    }
    expect(found).toBe(1);
    expect([...table.values!].some((value) => value > 0)).toBe(true);
  });

  test("has the values that its parser finds, whatever the numbers are", () => {
    fc.assert(
      fc.property(fc.array(someNumbers, { minLength: 4, maxLength: 12 }), (all) => {
        const parse = both();
        for (const numbers of all) {
          const [ours, expected] = parse(otherNumbers(text, numbers));
          expect(ours).toEqual(expected);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("has them also where lines come, go and change places, and the same failures where a text is damaged", () => {
    const damage = fc.record({
      at: fc.nat(text.length),
      remove: fc.nat(40),
      insert: fc.constantFrom("", "-5", "x", "0x1f", " 7", "\n", "1e3", "%lu", "nan", ".", "\0", "new0: 1 2\n"),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(someNumbers, fc.option(damage)), { minLength: 4, maxLength: 12 }), (all) => {
        const parse = both();
        for (const [numbers, how] of all) {
          const next = otherNumbers(text, numbers);
          const damaged = how ? next.slice(0, how.at) + how.insert + next.slice(how.at + how.remove) : next;
          // That a line ends between other words of the same is not noticed: the kernel does not do that.
          if (wordsOf(damaged) === wordsOf(next) && linesOf(damaged) !== linesOf(next)) continue;
          // Nor is it that a row as long as that of the interrupts lacks one.
          if (damaged !== next && rowsShort(damaged) === rowsShort(next)) continue;
          const [ours, expected] = parse(damaged);
          expect(ours).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("a text that is the last one again", () => {
  test("is not parsed again, but after another, after a failure, and after the table was cleared", () => {
    const table = new Psi();
    let parses = 0;
    const { parse } = table;
    table.parse = (text) => {
      parses++;
      parse.call(table, text);
    };
    const parsed = new LastParsed(table);
    const take = (text: string) => {
      try {
        parsed.parse(bytes(text));
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
      return parses;
    };
    const [one, other] = ["some total=1\nfull total=2\n", "some total=3\nfull total=4\n"];
    expect([take(one), take(one), take(other), take(one)]).toEqual([1, 1, 2, 3]);
    expect(table.someSeconds).toBe(0.000001);
    expect([take("some"), take("some"), take(one)]).toEqual([4, 5, 6]);
    parsed.forget();
    table.clear();
    expect([take(one), table.fullSeconds]).toEqual([7, 0.000002]);
  });
});
