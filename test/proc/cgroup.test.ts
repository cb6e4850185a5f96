import { describe, expect, test } from "bun:test";
import { ownCgroups } from "../../src/collect/cgroup/cgroup-hierarchy.ts";
import { ParseError } from "../../src/errors.ts";
import {
  CgroupCpuMax,
  CgroupCpuStat,
  CgroupMemoryStat,
  CgroupOomKills,
  parseCgroupMemberships,
  parseCgroupMounts,
} from "../../src/proc/cgroup.ts";
import { CgroupDiskSums, CgroupIoStat } from "../../src/proc/cgroup-io.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { NumberFile } from "../../src/proc/number-file.ts";
import { Psi } from "../../src/proc/psi.ts";
import { procTree, recordedTree } from "../helpers/proc-tree.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function parsed<T extends { parse(bytes: Uint8Array): void }>(table: T, text: string): T {
  table.parse(bytes(text));
  return table;
}

/** Adds a test for each text that `parse` must refuse. */
function testMalformed(parse: (text: string) => unknown, texts: readonly string[]): void {
  test.each(texts)("%j is malformed", (text) => {
    expect(() => parse(text)).toThrow(ParseError);
  });
}

describe("a limit", () => {
  const number = (text: string) => parsed(new NumberFile("test", true), text).value;

  test("is itself, with or without a line break", () => {
    expect([number("0\n"), number("4096\n"), number("4096"), number("4611686018427000000\n")]).toEqual([
      0, 4096, 4096, 4611686018427000000,
    ]);
  });

  test.each(["max\n", "-1\n", "9223372036854771712\n", "9223372036854710272\n", "18446744073709551615\n"])(
    "%j is no limit",
    (text) => {
      expect(number(text)).toBeNaN();
    },
  );

  testMalformed(number, ["", "\n", "maximum\n", "-2\n", "1 2\n", "1k\n"]);
});

describe("cpu.max", () => {
  test("has a quota and a period, or no quota", () => {
    const max = parsed(new CgroupCpuMax(), "150000 100000\n");
    expect([max.quotaMicroseconds, max.periodMicroseconds]).toEqual([150000, 100000]);
    expect(parsed(max, "max 50000\n").quotaMicroseconds).toBeNaN();
    expect(max.periodMicroseconds).toBe(50000);
  });

  testMalformed(
    (text) => parsed(new CgroupCpuMax(), text),
    ["", "max\n", "150000\n", "150000 0\n", "x 100000\n", "1 2 3\n"],
  );
});

describe("cpu.stat", () => {
  test("has microseconds in version 2 and nanoseconds in version 1", () => {
    expect(parsed(new CgroupCpuStat(), "throttled_usec 1500000\n").throttledSeconds).toBe(1.5);
    expect(parsed(new CgroupCpuStat(), "throttled_time 1500000\n").throttledSeconds).toBe(0.0015);
  });

  test("has times only until the cpu controller is enabled", () => {
    const times = "usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\n";
    const stat = parsed(new CgroupCpuStat(), times);
    const quota = () => [stat.periods, stat.throttledPeriods, stat.throttledSeconds];
    expect([stat.userSeconds, stat.systemSeconds]).toEqual([2, 1]);
    expect(quota()).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    parsed(stat, `${times}nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n`);
    expect([stat.userSeconds, stat.systemSeconds, ...quota()]).toEqual([2, 1, 0, 0, 0]);
  });

  testMalformed((text) => parsed(new CgroupCpuStat(), text), ["user_usec x\n", "user_usec 1 2\n", "nr_periods -1\n"]);
});

describe("memory", () => {
  test("a key is whole: anon is not anon_thp, total_rss not total_rss_huge", () => {
    expect(parsed(new CgroupMemoryStat(2), "anon_thp 7\nanon 1\nshmem_thp 9\nshmem 2\n").anonymousBytes).toBe(1);
    expect(parsed(new CgroupMemoryStat(1), "rss 1\ntotal_rss_huge 7\ntotal_rss 5\n").anonymousBytes).toBe(5);
  });

  test("kernel memory is one line and that of sockets; before Linux 5.18, the sum of its parts", () => {
    const kernel = (text: string) => parsed(new CgroupMemoryStat(2), text).kernelBytes;
    expect(kernel("kernel 100\nkernel_stack 10\npagetables 20\nsock 3\nslab 40\n")).toBe(103);
    expect(kernel("kernel_stack 10\npagetables 20\npercpu 1\nsock 3\nslab 40\n")).toBe(74);
    expect(kernel("kernel_stack 10\nslab 40\n")).toBe(50);
    expect(kernel("anon 5\n")).toBeNaN();
  });

  test("kills before Linux 4.13 are not counted, which is not 0", () => {
    expect(parsed(new CgroupOomKills("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\n").kills).toBeNaN();
    expect(
      parsed(new CgroupOomKills("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n").kills,
    ).toBe(2);
    expect(parsed(new CgroupOomKills("memory.events"), "oom 3\noom_kill 1\noom_group_kill 0\n").kills).toBe(1);
  });
});

describe("pressure", () => {
  const some = "some avg10=0.00 avg60=0.12 avg300=0.05 total=2588648\n";

  test("is the totals, in seconds", () => {
    const pressure = parsed(new Psi(), `${some}full avg10=9.00 avg60=0.00 avg300=0.00 total=17\n`);
    expect([pressure.someSeconds, pressure.fullSeconds]).toEqual([2.588648, 0.000017]);
  });

  test("of cpu before Linux 5.13 has no full", () => {
    expect(parsed(new Psi(), some).fullSeconds).toBeNaN();
  });

  testMalformed(
    (text) => parsed(new Psi(), text),
    ["", "some\n", "some avg10=0.00\n", "total=1\n", "some total=x\n", "full avg10=0 total=1\n"],
  );
});

describe("io.stat", () => {
  test("sums whole disks that are not made of others", () => {
    const proc = kernelFs(recordedTree("6.1-stacked"));
    const group = ownCgroups(proc)[0]!.folder;
    const io = new CgroupIoStat();
    io.parse(proc.read(`${group}/io.stat`)!);
    expect(io.devices.names.all).toEqual(["253:0", "9:127", "259:0", "259:5", "7:0"]);
    // The array's and the volume's bytes are in those of its two halves; the loop device's in its file's.
    expect(new CgroupDiskSums(proc, io)).toMatchObject({ readBytes: 4096, writtenBytes: 16384 });
    proc.close();
  });

  test("counts a device of which nothing is known, and is 0 without any", () => {
    const io = parsed(new CgroupIoStat(), "8:0 rbytes=1 wbytes=2 cost.usage=0.5 rios=1\n8:16 rbytes=4\n");
    const sums = new CgroupDiskSums(procTree(), io);
    expect(sums).toMatchObject({ readBytes: 5, writtenBytes: 2 });
    parsed(io, "");
    expect(sums).toMatchObject({ readBytes: 0, writtenBytes: 0 });
  });

  testMalformed((text) => parsed(new CgroupIoStat(), text), ["rbytes=1\n", "8:0 rbytes=x\n", "8:0 rbytes=\n"]);
});

describe("memberships and mounts", () => {
  test("a path may hold colons", () => {
    expect(parseCgroupMemberships(bytes("2:cpu,cpuacct:/a:b/c\n1:name=systemd:/\n0::/x\n"))).toEqual([
      { version: 1, controllers: ["cpu", "cpuacct"], path: "/a:b/c" },
      { version: 1, controllers: ["name=systemd"], path: "/" },
      { version: 2, controllers: [], path: "/x" },
    ]);
  });

  testMalformed((text) => parseCgroupMemberships(bytes(text)), ["memory:/\n", "4:memory\n", "x:memory:/\n"]);

  test("a mount without its file system is malformed, and one of another file system is left out", () => {
    expect(() => parseCgroupMounts(bytes("1 1 0:1 / /x rw\n"))).toThrow(ParseError);
    expect(parseCgroupMounts(bytes("1 1 0:1 / /x rw shared:1 - ext4 /dev/sda rw\n"))).toEqual([]);
  });
});
