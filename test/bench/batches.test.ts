import { expect, test } from "bun:test";
import { batchedNs, cpuNs } from "../../bench/lib/resource-usage.ts";

/** Uses so much CPU time. */
function spin(ms: number): void {
  const until = cpuNs() + ms * 1e6;
  while (cpuNs() < until);
}

test("what falls on one batch of a loop is not counted", async () => {
  let batches = 0;
  const quiet = await batchedNs(100, () => spin(1));
  const disturbed = await batchedNs(100, () => spin(batches++ === 7 ? 60 : 1));
  expect(disturbed / quiet).toBeLessThan(2);
});

test("a pause is not counted", async () => {
  const ns = await batchedNs(2, () => Bun.sleep(50));
  expect(ns).toBeLessThan(50e6);
});

test("all ticks are run, in batches, and the time is that of all", async () => {
  const counts: number[] = [];
  const ns = await batchedNs(60, (ticks) => {
    counts.push(ticks);
    spin(ticks / 3);
  });
  expect(counts).toEqual(Array(20).fill(3));
  expect(ns / 20e6).toBeGreaterThanOrEqual(1);
});

test("fewer ticks than batches are a batch each", async () => {
  const counts: number[] = [];
  await batchedNs(2, async (ticks) => void counts.push(ticks));
  expect(counts).toEqual([1, 1]);
});
