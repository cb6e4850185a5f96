import { describe, expect, test } from "bun:test";
import { setUp } from "./collected.ts";
import { PAGE } from "./pair.ts";

/** Returns what a collector holds of the peak: its time, and each holder with its bytes. */
function heldBy({ collector }: ReturnType<typeof setUp>) {
  const { atMs, keys, values } = collector.holders!.snapshot();
  return { atMs, held: keys.map(({ labels }, i) => [...labels, values[i]]) };
}

const has = (pages: number) => ({ residentPages: pages, anonymous: pages * 4, minorFaults: pages });

describe("who held the memory at the peak", () => {
  test("is each process with pid, parent, name and PSS, and stays when less is held", () => {
    const set = setUp();
    const root = set.start(has(10));
    const child = set.kernel.fork(root, { ...has(700), name: "sort" });
    set.sample();
    const versions = [set.collector.holders!.version];
    const name = set.kernel.at(root).name;
    const known: ReturnType<typeof heldBy> = { atMs: 1000, held: [] };
    known.held = [
      [String(child), String(root), "sort", "pss", 700 * PAGE],
      [String(root), String(set.kernel.self), name, "pss", 10 * PAGE],
    ];
    expect(heldBy(set)).toEqual(known);
    Object.assign(set.kernel.at(child), has(100));
    set.sample();
    set.kernel.end(child);
    set.sample();
    versions.push(set.collector.holders!.version);
    expect(heldBy(set)).toEqual(known);
    expect(versions[1]).toBe(versions[0]!);
  });

  test("is another set at each new maximum, with the names of then, by resident memory where no walk is due", () => {
    const set = setUp();
    const root = set.start(has(10));
    const child = set.kernel.fork(root, { ...has(50), name: "cc1" });
    set.sample();
    const before = set.collector.holders!.version;
    Object.assign(set.kernel.at(child), { ...has(52), name: "ld" });
    set.sample();
    expect(set.collector.holders!.version).toBeGreaterThan(before);
    expect(heldBy(set).held[0]).toEqual([String(child), String(root), "ld", "resident", 52 * PAGE]);
  });

  test("are sixteen by name, wherever they are in the list, and the rest together", () => {
    const set = setUp();
    const root = set.start(has(500));
    const pages = [3, 40, 7, 21, 99, 5, 33, 64, 12, 18, 27, 51, 9, 77, 46, 30, 15, 85, 24, 60];
    const pids = pages.map((each) => set.kernel.fork(root, has(each)));
    set.sample();
    const { held } = heldBy(set);
    const order = pages.toSorted((a, b) => b - a);
    expect(held.map((one) => one.at(-1))).toEqual([
      ...[500, ...order.slice(0, 15)].map((each) => each * PAGE),
      order.slice(15).reduce((sum, each) => sum + each) * PAGE,
    ]);
    expect(held[1]![0]).toBe(String(pids[pages.indexOf(99)]));
    expect(held.at(-1)!.slice(0, 3)).toEqual(["", "", "other"]);
  });

  test("of a command that no sample saw is nobody", () => {
    const set = setUp();
    const root = set.start(has(10));
    set.kernel.end(root);
    set.collector.commandEnded();
    set.sample();
    expect(set.collector.holders!.version).toBe(0);
  });
});
