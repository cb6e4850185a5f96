import { describe, expect, test } from "bun:test";
import { type PerfRecord, PerfRecords } from "../../../src/collect/perf/perf-records.ts";
import { record, WrittenRing } from "./ring.ts";

function read(ring: WrittenRing, reader = new PerfRecords()): PerfRecord[] {
  const found: PerfRecord[] = [];
  reader.read(ring, (one) => found.push(one));
  return found;
}

const told = (records: readonly PerfRecord[]) =>
  records.map(({ kind, pid, thread, parent, atNs, amount, name }) =>
    [kind, pid, thread, parent, atNs, amount, Buffer.from(name).toString("latin1")].join(" ").trim(),
  );

/** One record of each kind that is read. */
const LIFE = [
  "fork 300 300 200 1000 0",
  "exec 300 300 0 2000 0 make",
  "name 300 300 0 2500 0 worker",
  "cpu 300 300 0 0 1234567",
  "exit 300 300 0 9000 0",
  "lost 0 0 0 0 42",
];

const live = (ring: WrittenRing) =>
  ring.fork(300, 200, 1000).exec(300, "make", 2000).rename(300, "worker", 2500).cpu(300, 1_234_567).exit(300, 9000);

describe("the records of a ring", () => {
  test("are read in order, and released", () => {
    const ring = live(new WrittenRing()).lost(42);
    expect(
      told(read(ring)).map((line, i) => (i === 4 ? line.replace(/^exit 300 300 1/, "exit 300 300 0") : line)),
    ).toEqual(LIFE);
    expect(ring.waiting).toBe(0);
    expect(read(ring)).toEqual([]);
  });

  test("are the same wherever the ring's end cuts one of them", () => {
    const whole = told(read(live(new WrittenRing()).lost(42)));
    for (let from = 4096 * 3 + 4096 - 300; from <= 4096 * 4; from++)
      expect(told(read(live(new WrittenRing(4096, from)).lost(42))), String(from)).toEqual(whole);
  });

  test("of CPU time that two CPUs wrote at once, so that its parts are of two threads, are passed over", () => {
    const time = new WrittenRing().cpu(5, 6);
    const mixed = time.data.slice(0, time.waiting);
    new DataView(mixed.buffer).setUint32(mixed.length - 12, 7, true);
    const ring = new WrittenRing().bytes(mixed).cpu(8, 9);
    const reader = new PerfRecords();
    const pids: number[] = [];
    reader.read(ring, ({ pid }) => pids.push(pid));
    expect([pids, reader.isDamaged]).toEqual([[8], false]);
  });

  test("of unknown types are passed over", () => {
    const ring = new WrittenRing().bytes(record(14, [], { pid: 1, atNs: 1 }));
    ring.bytes(record(99, [new Uint8Array(200)], { pid: 1, atNs: 1 })).cpu(5, 6);
    const reader = new PerfRecords();
    expect(told(read(ring, reader))).toEqual(["cpu 5 5 0 0 6"]);
    expect(reader.isDamaged).toBe(false);
  });

  test.each([
    ["of no length", new Uint8Array(8)],
    ["that is longer than what is there", record(7, [new Uint8Array(24)], { pid: 1, atNs: 1 }).subarray(0, 40)],
    ["of a known type, too short for its fields", record(7, [], { pid: 1, atNs: 1 })],
    ["that is no header", new Uint8Array(5).fill(3)],
  ])("%s are damage, which ends the reading and keeps what was before", (_, damage) => {
    const ring = new WrittenRing().cpu(5, 6).bytes(damage);
    const reader = new PerfRecords();
    expect(told(read(ring, reader))).toEqual(["cpu 5 5 0 0 6"]);
    expect(reader.isDamaged).toBe(true);
    expect(ring.waiting).toBe(0);
  });

  test("have names as bytes: with escapes, not in UTF-8, and of the most that the kernel has", () => {
    for (const bytes of [[27, 91, 51, 49, 109], [0xff, 0xfe, 0x80], Array(15).fill(0x61), []]) {
      const [found] = read(new WrittenRing().exec(1, Uint8Array.from(bytes), 1));
      expect([...found!.name]).toEqual(bytes);
    }
  });

  test("have times and counts beyond 32 bits", () => {
    const ring = new WrittenRing().cpu(1, 2 ** 45 + 1).fork(2, 1, 2 ** 50 + 3);
    expect(told(read(ring))).toEqual([`cpu 1 1 0 0 ${2 ** 45 + 1}`, `fork 2 2 1 ${2 ** 50 + 3} 0`]);
  });
});
