import { gcAndSweep, heapStats } from "bun:jsc";
import { machineCollectors } from "../../src/collect/registry.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";

const TICKS = 5000;

/** On a busy machine, a kernel file may change its shape in any round. */
const MOST_ROUNDS = 6;

/** By how much the heap had to grow, with nothing collected, for TICKS calls: the least of some rounds. */
function growth(call: () => void): number {
  for (let i = 0; i < TICKS; i++) call();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_ROUNDS && least > 0; round++) {
    gcAndSweep();
    const before = heapStats().heapCapacity;
    for (let i = 0; i < TICKS; i++) call();
    least = Math.min(least, heapStats().heapCapacity - before);
  }
  return least;
}

/**
 * Prints how much the heap grows for steady ticks of all collectors on the tree below argv[2], beside one small object a
 * tick, and how many ticks found another set of series. A program of its own: the test runner's heap has other guests.
 */
const slices = machineCollectors(kernelFs(process.argv[2])).map((collector) => {
  return { collector, row: new Float64Array(collector.describe().length) };
});
let changed = 0;
let kept: object = {};
const perTick = growth(() => {
  for (let i = 0; i < slices.length; i++) if (!slices[i]!.collector.sample(slices[i]!.row)) changed++;
});
const perObject = growth(() => {
  kept = { kept: 1 };
});
console.log(JSON.stringify({ perTick, perObject, changed, kept }));
