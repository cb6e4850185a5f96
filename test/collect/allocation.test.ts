import { gcAndSweep, heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { machineCollectors } from "../../src/collect/index.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { recordedTree } from "../helpers/proc-tree.ts";

const TICKS = 20_000;

/** By how much the heap had to grow, with nothing collected, for so many calls: the least of some rounds. */
function growth(call: () => void, calls: number): number {
  for (let i = 0; i < calls / 4; i++) call();
  const rounds = Array.from({ length: 4 }, () => {
    gcAndSweep();
    const before = heapStats().heapCapacity;
    for (let i = 0; i < calls; i++) call();
    return heapStats().heapCapacity - before;
  });
  return Math.min(...rounds);
}

let kept: object = {};

test.each([
  ["a machine of 64 CPUs and 24 disks", recordedTree("6.8-64cpu"), TICKS],
  ["the live machine", "", TICKS / 4],
])("%s: a steady tick allocates nothing", (_, root, ticks) => {
  const proc = kernelFs(root);
  try {
    const slices = machineCollectors(proc).map((collector) => {
      return { collector, row: new Float64Array(collector.describe().length) };
    });
    let changed = 0;
    const tick = () => {
      for (let i = 0; i < slices.length; i++) if (!slices[i]!.collector.sample(slices[i]!.row)) changed++;
    };
    const oneObject = growth(() => {
      kept = { kept: 1 };
    }, ticks);
    expect(growth(tick, ticks) * 4).toBeLessThan(oneObject);
    expect(changed).toBe(0);
    expect(kept).toEqual({ kept: 1 });
  } finally {
    proc.close();
  }
});
