import { gcAndSweep, heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { machineCollectors } from "../../src/collect/index.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { recordedTree } from "../helpers/proc-tree.ts";

const TICKS = 5000;
/** The compiler settles on a busy machine, too. */
const TIMEOUT_MS = 60_000;

/** By how much the heap had to grow, with nothing collected, for TICKS calls: the least of some rounds. */
function growth(call: () => void): number {
  for (let i = 0; i < TICKS; i++) call();
  const rounds = Array.from({ length: 3 }, () => {
    gcAndSweep();
    const before = heapStats().heapCapacity;
    for (let i = 0; i < TICKS; i++) call();
    return heapStats().heapCapacity - before;
  });
  return Math.min(...rounds);
}

let kept: object = {};

test.each([
  ["a machine of 64 CPUs and 24 disks", recordedTree("6.8-64cpu")],
  ["the live machine", ""],
])(
  "%s: a steady tick allocates nothing",
  (_, root) => {
    const proc = kernelFs(root);
    try {
      const slices = machineCollectors(proc).map((collector) => {
        return { collector, row: new Float64Array(collector.describe().length) };
      });
      let changed = 0;
      const perTick = growth(() => {
        for (let i = 0; i < slices.length; i++) if (!slices[i]!.collector.sample(slices[i]!.row)) changed++;
      });
      const perObject = growth(() => {
        kept = { kept: 1 };
      });
      expect(perTick * 4).toBeLessThan(perObject);
      expect(changed).toBe(0);
      expect(kept).toEqual({ kept: 1 });
    } finally {
      proc.close();
    }
  },
  TIMEOUT_MS,
);
