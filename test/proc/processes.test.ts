import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { ParseError } from "../../src/errors.ts";
import { KeyValueFile } from "../../src/proc/key-value-file.ts";
import { PidIo, ReapedIo } from "../../src/proc/pid-io.ts";
import { PidStatus, SmapsRollup } from "../../src/proc/pid-memory.ts";
import { PidStat, waitedForSeconds } from "../../src/proc/pid-stat.ts";
import { KernelProcesses } from "../../src/proc/processes.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The fields from the state on, of a shell on Linux 6.18. */
const FIELDS =
  "S 71 72 72 34816 73 4194304 1001 2002 3 4 150 25 310 75 20 0 2 0 123456 2482176 321 18446744073709551615 1 2 3 0 0 0 0";

function stat(text: string): PidStat & { name: string } {
  const parsed = new PidStat(4096);
  const whole = bytes(text);
  parsed.parse(whole);
  return Object.assign(parsed, {
    name: new TextDecoder().decode(whole.subarray(parsed.nameStart, parsed.nameEnd)),
  });
}

describe("pid/stat", () => {
  test.each(["sh", "a b", "((bash process))", ") R 1 2", "a\nb", "", "x".repeat(64), "(", "1 (init) S"])(
    "the name %p is parsed, and everything after it",
    (name) => {
      const parsed = stat(`72 (${name}) ${FIELDS}\n`);
      expect([parsed.name, parsed.parent, parsed.startTicks]).toEqual([name, 71, 123456]);
    },
  );

  test.each(["sh", "a b", "((x))", ") R 1 2", ""])("of %p the time of waited-for children is found alone", (name) => {
    const text = bytes(`72 (${name}) ${FIELDS}\n`);
    expect(waitedForSeconds(text, text.length)).toBe(3.85);
    // Cut short at any place, it is the same or not known.
    for (let length = 0; length < text.length; length++) {
      const seconds = waitedForSeconds(text, length);
      if (!Number.isNaN(seconds)) expect(seconds).toBe(3.85);
    }
  });

  test("has times in seconds and memory in bytes", () => {
    expect(stat(`72 (sh) ${FIELDS}`)).toMatchObject({
      ...{ userSeconds: 1.5, systemSeconds: 0.25, childrenUserSeconds: 3.1, childrenSystemSeconds: 0.75 },
      ...{ minorFaults: 1001, childrenMinorFaults: 2002, majorFaults: 3, childrenMajorFaults: 4 },
      ...{ threads: 2, residentBytes: 321 * 4096, ended: false },
    });
  });

  test.each([
    ["Z", true],
    ["X", true],
    ["R", false],
    ["D", false],
    ["t", false],
  ])("%s: ended is %p", (state, ended) => {
    expect(stat(`7 (x) ${FIELDS.replace("S", state)}`).ended).toBe(ended);
  });

  test("fields that may be negative are skipped", () => {
    expect(stat(`7 (x) ${FIELDS.replace("34816 73", "0 -1").replace(" 20 0 ", " -51 -20 ")}`).threads).toBe(2);
  });

  test.each([
    "",
    "7",
    "7 (x",
    "7 x) S 1",
    "7 (x)",
    "7 (x) S",
    "7 (x) S 1 2 3",
    `7 (x) ${FIELDS.split(" ").slice(0, 21).join(" ")}`,
    `7 (x) ${FIELDS.replace("150", "-150")}`,
    `7 (x) ${FIELDS.replace("150", "1x")}`,
  ])("%p is malformed", (text) => {
    expect(() => stat(text)).toThrow(ParseError);
  });

  test("cut off or damaged, it gives numbers or a ParseError", () => {
    const whole = bytes(`72 (sh) ${FIELDS}\n`);
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.nat(7));
    fc.assert(
      fc.property(fc.nat(whole.length), fc.array(flip, { maxLength: 6 }), (length, flips) => {
        const damaged = whole.slice();
        for (const [at, bit] of flips) damaged[at]! ^= 1 << bit;
        const parsed = new PidStat(4096);
        try {
          parsed.parse(damaged.subarray(0, length));
        } catch (error) {
          return error instanceof ParseError;
        }
        return parsed.userSeconds >= 0 && parsed.residentBytes >= 0;
      }),
    );
  });
});

describe("pid/status", () => {
  const status = (text: string) => {
    const parsed = new PidStatus();
    parsed.parse(bytes(text));
    return parsed;
  };
  const MEMORY = "VmHWM:\t    2048 kB\nVmRSS:\t 9 kB\nRssAnon:\t 100 kB\nRssFile:\t 20 kB\nRssShmem:\t 3 kB\n";

  test("has memory in bytes", () => {
    const { highestBytes, anonymousBytes, fileBytes, sharedBytes } = status(`Name:\tx\n${MEMORY}Threads:\t1\n`);
    expect([highestBytes, anonymousBytes, fileBytes, sharedBytes]).toEqual([2048, 100, 20, 3].map((kB) => kB * 1024));
  });

  test("has none of a kernel thread or a zombie, and before Linux 4.5 only the highest", () => {
    expect(status("Name:\tkthreadd\nThreads:\t1\n").highestBytes).toBeNaN();
    const old = status("Name:\tx\nVmHWM:\t 8 kB\nVmRSS:\t 4 kB\n");
    expect([old.highestBytes, old.anonymousBytes]).toEqual([8192, Number.NaN]);
  });

  test.each([
    ["0000000000010000", true],
    ["fffffffffffeffff", false],
    ["ffffffffffffffff", true],
    ["0000000000000000", false],
    ["0000000000030000", true],
    ["00000000000e0000", false],
  ])("SigIgn %s: SIGCHLD is ignored: %p", (mask, ignores) => {
    expect(status(`Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t${mask}\nSigCgt:\t0\n`).ignoresChildren).toBe(ignores);
  });

  test("without that line, or cut off in it, SIGCHLD is not ignored", () => {
    for (const text of ["", "Name:\tx\n", "Name:\tx\nSigIgn:\t", "Name:\tx\nSigIgn:\t0000"])
      expect(status(text).ignoresChildren).toBe(false);
  });
});

describe("pid/io and smaps_rollup", () => {
  test("io", () => {
    const io = new PidIo();
    io.parse(
      bytes("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n"),
    );
    const { readBytes, writeBytes, diskReadBytes, diskWriteBytes, cancelledBytes } = io;
    expect([readBytes, writeBytes, diskReadBytes, diskWriteBytes, cancelledBytes]).toEqual([1, 2, 5, 6, 7]);
    expect(() => io.parse(bytes("rchar: x\n"))).toThrow("pid/io: expected");
  });

  test("smaps_rollup, before Linux 5.4 too, and of a process without memory", () => {
    const rollup = new SmapsRollup();
    rollup.parse(
      bytes(
        "5-7 ---p 0 00:00 0 [rollup]\nRss: 9 kB\nPss: 8 kB\nPss_Dirty: 1 kB\nPss_Anon: 4 kB\nPss_File: 3 kB\nPss_Shmem: 1 kB\n",
      ),
    );
    expect([rollup.proportionalBytes, rollup.anonymousBytes, rollup.fileBytes, rollup.sharedBytes]).toEqual(
      [8, 4, 3, 1].map((kB) => kB * 1024),
    );
    rollup.parse(bytes("5-7 ---p 0 00:00 0 [rollup]\nRss: 9 kB\nPss: 8 kB\nShared_Clean: 1 kB\n"));
    expect([rollup.proportionalBytes, rollup.anonymousBytes]).toEqual([8192, Number.NaN]);
    rollup.parse(bytes(""));
    expect(rollup.proportionalBytes).toBeNaN();
  });
});

test("what our children read is ours without what we read ourselves", () => {
  const reaped = new ReapedIo();
  reaped.update();
  const { readBytes } = reaped;
  for (let i = 0; i < 50; i++) readFileSync("/proc/self/status");
  reaped.update();
  expect(reaped.readBytes).toBe(readBytes);
  Bun.spawnSync(["dd", "if=/dev/zero", "of=/dev/null", "bs=1M", "count=3"], { stderr: "ignore" });
  reaped.update();
  // And its libraries.
  expect(reaped.readBytes - readBytes - 3 * 2 ** 20).toBeWithin(0, 50_000);
});

describe("lines of keys and numbers", () => {
  test("a missing key is NaN, and the others are found", () => {
    const file = new KeyValueFile("test", ":");
    const all = () => [file.number("a"), file.number("b"), file.bytes("c")];
    expect(all()).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    file.parse(bytes("x: 1\na: 0\nab: 9\nc:\t7 kB"));
    expect(all()).toEqual([0, Number.NaN, 7168]);
    file.parse(bytes("b: 2\n"));
    expect(all()).toEqual([Number.NaN, 2, Number.NaN]);
  });
});

test("the processes of this machine: this one is listed, and its files have what it knows of itself", () => {
  const processes = new KernelProcesses();
  const count = processes.list();
  expect([...processes.pids.subarray(0, count)]).toContain(process.pid);
  const parsed = new PidStat(processes.pageBytes);
  parsed.parse(processes.read(process.pid, "stat")!);
  expect([parsed.parent, parsed.ended]).toEqual([process.ppid, false]);
  expect(processes.read(process.pid, "io")).toBeDefined();
  expect(processes.openDescriptors(process.pid)).toBeGreaterThan(2);
  expect(processes.read(2 ** 22 + 1, "stat")).toBeUndefined();
  processes.close();
});

test("the list of processes is the same until one begins or ends", async () => {
  const processes = new KernelProcesses();
  // Other processes of the machine begin and end, too, but not between any two lists.
  let tries = 0;
  do processes.list();
  while (!processes.isListSame && ++tries < 1000);
  expect(processes.isListSame).toBe(true);
  const before = [...processes.pids.subarray(0, processes.listed)];
  const child = Bun.spawn(["sleep", "60"]);
  expect(processes.list()).toBeGreaterThan(0);
  expect(processes.isListSame).toBe(false);
  expect([...processes.pids.subarray(0, processes.listed)]).toContain(child.pid);
  expect(before).not.toContain(child.pid);
  child.kill();
  await child.exited;
  processes.list();
  expect(processes.isListSame).toBe(false);
  expect([...processes.pids.subarray(0, processes.listed)]).not.toContain(child.pid);
  processes.close();
});

test("the newest pid and our children are those of the kernel", async () => {
  const processes = new KernelProcesses();
  const ofUs = () => [...processes.children.subarray(0, processes.listChildren(process.pid))];
  const before = processes.newestPid();
  expect(before).toBeGreaterThan(0);
  const children = [Bun.spawn(["sleep", "60"]), Bun.spawn(["sleep", "60"])];
  const pids = children.map(({ pid }) => pid);
  expect(processes.newestPid()).not.toBe(before);
  // Without CONFIG_PROC_CHILDREN nothing is known.
  const isKnown = existsSync(`/proc/self/task/${process.pid}/children`);
  if (isKnown) expect(ofUs()).toEqual(expect.arrayContaining(pids));
  else expect(processes.listChildren(process.pid)).toBe(-1);
  for (const child of children) child.kill();
  await Promise.all(children.map(({ exited }) => exited));
  if (isKnown) for (const pid of pids) expect(ofUs()).not.toContain(pid);
  expect(processes.listChildren(2 ** 22 + 1)).toBe(-1);
  processes.close();
});

test("every list is whole, also while signals arrive, which the kernel ends a call for", async () => {
  const processes = new KernelProcesses();
  const ignore = () => undefined;
  process.on("SIGCHLD", ignore);
  const sender = Bun.spawn(["sh", "-c", `while kill -CHLD ${process.pid}; do :; done`], { stderr: "ignore" });
  try {
    let incomplete = 0;
    for (let i = 0; i < 5000; i++) {
      const listed = processes.pids.subarray(0, processes.list());
      if (!listed.includes(process.pid) || !listed.includes(sender.pid)) incomplete++;
    }
    expect(incomplete).toBe(0);
  } finally {
    sender.kill("SIGKILL");
    await sender.exited;
    process.off("SIGCHLD", ignore);
    processes.close();
  }
});
