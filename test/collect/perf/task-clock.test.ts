import { expect, test } from "bun:test";
import { TaskClock } from "../../../src/collect/perf/task-clock.ts";
import { WrittenRing } from "./ring.ts";

const SECOND = 1e9;

/** A clock of two CPUs: one process of 2 s, a second of them on each, until `change` does something else. */
function clock(change: (first: WrittenRing, second: WrittenRing) => void = () => undefined, root = 10): TaskClock {
  const [first, second] = [new WrittenRing(), new WrittenRing()];
  first
    .exec(10, "work", 1000)
    .cpu(10, SECOND)
    .exit(10, 3 * SECOND);
  second.cpu(10, SECOND);
  first.counterNs = SECOND;
  second.counterNs = SECOND;
  change(first, second);
  const made = new TaskClock([first, second], [first, second], root);
  made.finish();
  return made;
}

test("the sum of all CPUs is the command's time, and whole if nothing speaks against it", () => {
  expect(clock().seconds).toBe(2);
  expect(clock().isWhole(2)).toBe(true);
  expect(clock().isWhole(0)).toBe(true);
});

test("what ended counts with what the kernel does outside of its event", () => {
  expect(clock().outsideSeconds).toBeCloseTo(140e-6);
  expect(clock((first) => first.exit(11, 5 * SECOND)).outsideSeconds).toBeCloseTo(280e-6);
});

test("nothing is known before the end", () => {
  const made = new TaskClock([], [new WrittenRing().cpu(1, 5)], 1);
  made.drain();
  expect(made.seconds).toBeNaN();
  expect(made.isWhole(0)).toBe(false);
});

test.each<[string, (first: WrittenRing, second: WrittenRing) => void]>([
  ["a record was lost", (_, second) => second.lost(1)],
  ["a record is damaged", (first) => first.bytes(new Uint8Array(8))],
  ["those that ended used more than was counted", (_, second) => second.cpu(12, 5e6)],
  ["the kernel took the event from a process with other rights", (first) => first.exec(12, "su", 5000).exit(12, 9000)],
])("it is a lower bound where %s", (_, change) => {
  expect(clock(change).isWhole(2)).toBe(false);
});

/** Fills a ring up to so many bytes that are free. */
function fill(ring: WrittenRing, freeBytes: number): WrittenRing {
  while (ring.waiting + 40 <= ring.data.length - freeBytes) ring.exit(99, 1);
  return ring;
}

test("it is a lower bound where a ring was full at the end, since the kernel tells of lost records before the next one only", () => {
  const full = clock((_, second) => fill(second, 100));
  expect([full.isWhole(2), full.hasAllRecords, full.lost]).toEqual([false, false, Number.NaN]);
  const nearly = clock((_, second) => fill(second, 400));
  expect([nearly.hasAllRecords, nearly.lost]).toEqual([true, 0]);
});

test("a ring that was full lacks nothing if a later record has none of lost ones before it", () => {
  const ring = fill(new WrittenRing().exec(10, "work", 1000), 60);
  const made = new TaskClock([ring], [], 10);
  made.drain();
  expect(made.hasAllRecords).toBe(false);
  made.drain();
  expect(made.hasAllRecords).toBe(false);
  ring.exit(98, 1);
  made.drain();
  expect([made.hasAllRecords, made.lost]).toEqual([true, 0]);
  fill(ring, 60);
  made.drain();
  ring.lost(3);
  made.drain();
  expect([made.hasAllRecords, made.lost]).toEqual([false, 3]);
});

test("a ring that fills up while it is read may lack records, too", () => {
  const ring = new WrittenRing().exec(10, "work", 1000).exit(9, 1);
  const { release } = ring;
  const made = new TaskClock([ring], [], 10);
  let reads = 0;
  Object.defineProperty(ring, "waiting", {
    get() {
      // The kernel writes on between the two looks.
      if (reads++ === 2) for (let i = 0; i < 99; i++) ring.exit(98, 1);
      return Math.min(ring.data.length, (ring as unknown as { head: number }).head - ring.from);
    },
  });
  ring.release = (bytes) => release.call(ring, bytes);
  made.drain();
  expect(made.hasAllRecords).toBe(false);
});

test("what was lost of the times alone leaves every process known", () => {
  const tasks = new WrittenRing().exec(10, "work", 1000).exit(10, 3 * SECOND);
  const times = new WrittenRing().lost(2).cpu(10, SECOND);
  times.counterNs = 2 * SECOND;
  const made = new TaskClock([tasks], [times], 10);
  made.finish();
  expect([made.hasAllRecords, made.lost, made.seconds, made.untoldSeconds]).toEqual([true, 0, 2, 1]);
  expect(made.timesOfThread).toBe(1);
});

test("it is a lower bound where another source has seen more, but for what is outside of the event", () => {
  expect(clock().isWhole(2.014)).toBe(true);
  expect(clock().isWhole(2.016)).toBe(false);
  const many = clock((first) => {
    for (let pid = 20; pid < 70; pid++) first.exit(pid, SECOND);
  });
  expect(many.isWhole(2.02)).toBe(true);
});

test("a short process that ends by itself does not take the proof away", () => {
  expect(clock((first) => first.exec(12, "true", 5000).exit(12, 105_000)).isWhole(2)).toBe(true);
});

test("closing it closes every ring", () => {
  const rings = [new WrittenRing(), new WrittenRing()];
  new TaskClock(rings, rings, 1).close();
  expect(rings.map(({ closed }) => closed)).toEqual([true, true]);
});

test("it is a lower bound where the command's own exec was not seen: its event may be disabled", () => {
  expect(clock(() => undefined, 11).isWhole(0)).toBe(false);
});
