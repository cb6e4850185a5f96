import { describe, expect, test } from "bun:test";
import { Budget } from "../../src/collect/budget.ts";
import { setUp } from "./collected.ts";

const PEAK = "memory_peak_bytes";
const PEAK_TIME = "memory_peak_timestamp_seconds";
const KILOBYTE = 1024;

/** A command of two processes, so that only a walk over their pages says what they hold together. */
function pair(kilobytes: number) {
  const run = setUp();
  const root = run.start({ proportional: 0, residentPages: 0 });
  const child = run.kernel.fork(root);
  const hold = (kB: number) => Object.assign(run.kernel.at(child), { proportional: kB, residentPages: kB / 4 });
  hold(kilobytes);
  const walks = () => run.kernel.reads.filter((read) => read === `${child}/smaps_rollup`).length;
  return { ...run, root, child, hold, walks };
}

describe("the peak", () => {
  test("is the highest at one time, and when that was", () => {
    const { sample, hold } = pair(1000);
    expect(sample()).toMatchObject({ [PEAK]: 1000 * KILOBYTE, [PEAK_TIME]: 1 });
    hold(3000);
    expect(sample()).toMatchObject({ [PEAK]: 3000 * KILOBYTE, [PEAK_TIME]: 2 });
    hold(500);
    for (let i = 0; i < 10; i++) expect(sample()).toMatchObject({ [PEAK]: 3000 * KILOBYTE, [PEAK_TIME]: 2 });
  });

  test("is a lower bound where there was no time to look into the highest, until there is", () => {
    const { sample, hold, walks, kernel, collector, root, child } = pair(1000);
    sample();
    // 64 GiB are more than the budget has for a walk; what that took is not known better yet.
    hold(64 * 2 ** 20);
    expect(sample()).toMatchObject({ [PEAK]: 1000 * KILOBYTE });
    expect(walks()).toBe(1);
    for (const pid of [child, root]) kernel.end(pid);
    collector.commandEnded();
    expect(sample()).toMatchObject({ "accounting_info memory_peak proc_sampled_lower_bound": 1 });
  });

  test("is looked for at once where resident memory is a twentieth above all that was walked over", () => {
    const { sample, hold, walks } = pair(1000);
    sample();
    hold(1004);
    sample();
    expect(walks()).toBe(1);
    hold(1060);
    expect(sample()).toMatchObject({ [PEAK]: 1060 * KILOBYTE });
    expect(walks()).toBe(2);
  });

  test("is looked for within a second where it is a little above, so that a slow growth is followed", () => {
    const { sample, hold, walks } = pair(1000);
    sample();
    hold(1012);
    expect(sample()).toMatchObject({ [PEAK]: 1012 * KILOBYTE });
    expect(walks()).toBe(2);
  });

  test("is looked for every five seconds without any growth", () => {
    const { sample, walks } = pair(1000);
    for (let i = 0; i < 16; i++) sample();
    expect(walks()).toBe(4);
  });

  test("is of a single process, too, without a walk", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ anonymous: 100, shared: 20 });
    sample();
    Object.assign(kernel.at(root), { anonymous: 400 });
    expect(sample()).toMatchObject({ [PEAK]: 420 * KILOBYTE, [PEAK_TIME]: 2 });
  });

  test("is not known where some process does not say, and the sample has no such point", () => {
    const { kernel, child, sample } = pair(1000);
    kernel.at(child).forbidden.add("smaps_rollup");
    const keys = Object.keys(sample());
    expect(keys).not.toContain(PEAK);
    expect(keys).not.toContain("memory_proportional_bytes");
    expect(keys).toContain("memory_resident_bytes");
  });

  test("is by the walk, too, where the kernel does not tell anonymous memory apart in status", () => {
    const { kernel, sample, start } = setUp();
    start({ anonymous: undefined, proportional: 700, residentPages: 200 });
    expect(sample()).toMatchObject({ [PEAK]: 700 * KILOBYTE });
    expect(kernel.reads.some((read) => read.endsWith("/smaps_rollup"))).toBe(true);
  });

  test("has its bound above it: what those that live ever held", () => {
    const { kernel, root, child, sample } = pair(1000);
    kernel.at(root).highest = 300;
    kernel.at(child).highest = 5000;
    expect(sample()).toMatchObject({ memory_peak_bound_bytes: 5300 * KILOBYTE });
    kernel.end(child);
    expect(sample()).toMatchObject({ memory_peak_bound_bytes: 5300 * KILOBYTE });
  });

  test("of one that ended before any sample is not known, its largest process is", () => {
    const { kernel, collector, sample, start } = setUp();
    kernel.at(kernel.self).highest = 1000;
    const root = start();
    kernel.ended.largest = 80_000 * KILOBYTE;
    kernel.end(root);
    collector.commandEnded();
    const sampled = sample();
    expect(sampled).toMatchObject({ memory_largest_process_bytes: 80_000 * KILOBYTE });
    expect(Object.keys(sampled)).not.toContain(PEAK);
    expect(Object.keys(sampled)).not.toContain("accounting_info memory_peak proc_sampled");
  });

  test("of a largest process that may be statexec itself is not told", () => {
    const { kernel, collector, sample, start } = setUp();
    kernel.at(kernel.self).highest = 1000;
    const root = start();
    kernel.ended.largest = 1030 * KILOBYTE;
    kernel.end(root);
    collector.commandEnded();
    expect(Object.keys(sample())).not.toContain("memory_largest_process_bytes");
  });
});

describe("a budget", () => {
  test("has a little in advance, is used up, and fills with time up to a minute's", () => {
    let now = 0;
    const budget = new Budget(0.01, 50, () => now);
    expect(budget.allows(50)).toBe(true);
    budget.spend(60);
    expect(budget.allows(0)).toBe(false);
    now += 1000;
    expect(budget.allows(0)).toBe(true);
    expect(budget.allows(1)).toBe(false);
    now += 3_600_000;
    expect(budget.allows(600)).toBe(true);
    expect(budget.allows(601)).toBe(false);
  });

  test("that is exhausted puts a walk off until there is time again", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ residentPages: 1 });
    // At a hundredth of a millisecond a mebibyte a first look at this would take 60 ms.
    const child = kernel.fork(root, { proportional: 1000, residentPages: (5 * 2 ** 30) / 4096 });
    expect(Object.keys(sample())).not.toContain(PEAK);
    expect(Object.keys(sample())).toContain(PEAK);
    kernel.end(child);
    kernel.end(root);
    collector.commandEnded();
    sample();
  });
});
