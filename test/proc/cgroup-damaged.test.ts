import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ParseError } from "../../src/errors.ts";
import { CgroupCpuMax, CgroupCpuStat, CgroupMemoryStat, CgroupOomKills, CpuacctStat } from "../../src/proc/cgroup.ts";
import { CgroupDiskSums, CgroupIoStat } from "../../src/proc/cgroup-io.ts";
import { NumberFile } from "../../src/proc/number-file.ts";
import { Psi } from "../../src/proc/psi.ts";
import { procTree } from "../helpers/proc-tree.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

interface Damaged {
  readonly name: string;
  readonly text: string;
  /** Returns the values of a text: parsed alone, or after a sound one and this one. */
  read(text: Uint8Array, before?: Uint8Array): readonly number[];
}

function damaged<T extends { parse(bytes: Uint8Array): void }>(
  name: string,
  make: () => T,
  { text, values }: { text: string; values: (table: T) => readonly number[] },
): Damaged {
  const read = (bytes: Uint8Array, before?: Uint8Array) => {
    const table = make();
    if (before) table.parse(new TextEncoder().encode(text));
    try {
      if (before) table.parse(before);
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError);
    }
    table.parse(bytes);
    return values(table);
  };
  return { name, text, read };
}

const ioSums = (io: CgroupIoStat) => {
  const { readBytes, writtenBytes } = new CgroupDiskSums(procTree(), io);
  return [readBytes, writtenBytes];
};

const TABLES: readonly Damaged[] = [
  damaged("cpu.stat", () => new CgroupCpuStat(), {
    text: "usage_usec 3\nuser_usec 2\nsystem_usec 1\nnr_periods 4\nnr_throttled 2\n",
    values: (t) => [t.userSeconds, t.systemSeconds, t.periods, t.throttledPeriods],
  }),
  damaged("cpuacct.stat", () => new CpuacctStat(), {
    text: "user 163\nsystem 17\n",
    values: (t) => [t.userSeconds, t.systemSeconds],
  }),
  damaged("cpu.max", () => new CgroupCpuMax(), {
    text: "150000 100000\n",
    values: (t) => [t.quotaMicroseconds, t.periodMicroseconds],
  }),
  damaged("memory.max", () => new NumberFile("memory.max", true), { text: "4294967296\n", values: (t) => [t.value] }),
  damaged("memory.stat", () => new CgroupMemoryStat(2), {
    text: "anon 1\nfile 2\nkernel 3\nsock 4\nshmem 5\nslab 6\n",
    values: (t) => [t.anonymousBytes, t.cacheBytes, t.sharedBytes, t.kernelBytes],
  }),
  damaged("memory.stat of version 1", () => new CgroupMemoryStat(1), {
    text: "cache 1\ntotal_cache 2\ntotal_rss 3\ntotal_shmem 4\n",
    values: (t) => [t.anonymousBytes, t.cacheBytes, t.sharedBytes],
  }),
  damaged("memory.events", () => new CgroupOomKills("memory.events"), {
    text: "oom 1\noom_kill 1\n",
    values: (t) => [t.kills],
  }),
  damaged("io.stat", () => new CgroupIoStat(), { text: "8:0 8:16 rbytes=1 wbytes=2 rios=1\n", values: ioSums }),
  damaged("pressure", () => new Psi(), {
    text: "some avg10=0.00 total=1\nfull avg10=0.00 total=2\n",
    values: (t) => [t.someSeconds, t.fullSeconds],
  }),
];

describe.each(TABLES)("$name that is damaged", ({ text, read }) => {
  const whole = bytes(text);
  const isSound = (spoilt: Uint8Array) => {
    try {
      return read(spoilt).every((value) => Number.isNaN(value) || value >= 0);
    } catch (error) {
      return error instanceof ParseError;
    }
  };

  test("gives numbers or a ParseError, and does not change what the next text gives", () => {
    const good = read(whole);
    for (let length = 0; length <= whole.length; length++) expect(isSound(whole.subarray(0, length))).toBe(true);
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.nat(7));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 8 }), fc.uint8Array({ maxLength: 60 }), (flips, noise) => {
        const flipped = whole.slice();
        for (const [at, bit] of flips) flipped[at]! ^= 1 << bit;
        return [flipped, noise].every((spoilt) => isSound(spoilt) && Bun.deepEquals(read(whole, spoilt), good));
      }),
    );
  });
});
