import { expect, test } from "bun:test";
import { batchedNs, cpuNs } from "../../bench/lib/resource-usage.ts";

/** Uses `ms` of CPU time. */
function spin(ms: number): void {
  const until = cpuNs() + ms * 1e6;
  while (cpuNs() < until);
}

test("a disturbance of one batch is not counted", async () => {
  let batches = 0;
  const quiet = await batchedNs(100, () => spin(1));
  const disturbed = await batchedNs(100, () => spin(batches++ === 7 ? 60 : 1));
  expect(disturbed / quiet).toBeLessThan(2);
});

test("a pause is not counted", async () => {
  const ns = await batchedNs(9, () => Bun.sleep(20));
  expect(ns).toBeLessThan(9 * 20e6);
});

test("runs all ticks, in batches, and returns the time of all of them", async () => {
  const counts: number[] = [];
  const ns = await batchedNs(60, (ticks) => {
    counts.push(ticks);
    spin(ticks / 3);
  });
  expect(counts).toEqual(Array(20).fill(3));
  expect(ns / 20e6).toBeGreaterThanOrEqual(1);
});

test("runs each tick as a batch if there are fewer ticks than batches", async () => {
  const counts: number[] = [];
  await batchedNs(2, async (ticks) => void counts.push(ticks));
  expect(counts).toEqual([1, 1]);
});
