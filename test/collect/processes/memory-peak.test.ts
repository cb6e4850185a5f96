import { describe, expect, test } from "bun:test";
import { setUp } from "./collected.ts";
import { BEGUN, PAGE, pair } from "./pair.ts";

const PEAK = "memory_peak_bytes";
const PEAK_TIME = "memory_peak_timestamp_seconds";
const BOUND = "accounting_info memory_peak proc_sampled_lower_bound";
const KILOBYTE = 1024;

describe("the peak", () => {
  test("is the highest at one time, and when that was", () => {
    const { sample, pages, child, end } = pair("copied");
    expect(sample()).toMatchObject({ [PEAK]: BEGUN * PAGE, [PEAK_TIME]: 1 });
    pages.take(child, 300);
    expect(sample()).toMatchObject({ [PEAK]: (BEGUN + 300) * PAGE, [PEAK_TIME]: 2 });
    pages.drop(child, 200);
    for (let i = 0; i < 10; i++) expect(sample()).toMatchObject({ [PEAK]: (BEGUN + 300) * PAGE, [PEAK_TIME]: 2 });
    expect(Object.keys(end())).not.toContain(BOUND);
  });

  test("of programs that were each executed is exact without a walk, however much and fast they grow", () => {
    const { kernel, sample, start, collector } = setUp();
    const pids = [start()];
    for (let i = 0; i < 8; i++) pids.push(kernel.fork(pids[0]!));
    for (let gibibytes = 1; gibibytes <= 16; gibibytes++) {
      const [residentPages, anonymous] = [gibibytes * 2 ** 18 + 500, gibibytes * 2 ** 20];
      for (const pid of pids) Object.assign(kernel.at(pid), { residentPages, anonymous, minorFaults: residentPages });
      expect(sample()[PEAK]).toBe(9 * gibibytes * 2 ** 30);
    }
    expect(kernel.reads.filter((read) => read.endsWith("smaps_rollup")).length).toBeLessThanOrEqual(9);
    for (const pid of pids.reverse()) kernel.end(pid);
    collector.commandEnded();
    expect(sample()["accounting_info memory_peak proc_sampled"]).toBe(1);
  });

  test("of copies counts what they share once, and what they have written to since for each", () => {
    const { sample, pages, root, child, end } = pair("copied");
    pages.take(root, 400);
    const other = pages.fork(root);
    expect(sample()[PEAK]).toBe((BEGUN + 400) * PAGE);
    pages.write(other, 200);
    expect(sample()[PEAK]).toBe((BEGUN + 600) * PAGE);
    pages.write(child, BEGUN);
    expect(sample()[PEAK]).toBe((2 * BEGUN + 600) * PAGE);
    pages.exit(other);
    expect(Object.keys(end())).not.toContain(BOUND);
  });

  test("of copies that stay as they are takes one walk, and none where they hold less", () => {
    const { sample, pages, child, walks } = pair("copied");
    pages.take(child, 300);
    sample();
    const before = walks();
    sample();
    pages.drop(child, 100);
    sample();
    expect(walks()).toBe(before);
  });

  test("of shared memory counts it once, and a process that has executed since as well", () => {
    const { sample, pages, root, child } = pair("executed");
    pages.map(root, 200);
    expect(sample()[PEAK]).toBe((2 * BEGUN + 200) * PAGE);
    pages.map(child, 250);
    expect(sample()[PEAK]).toBe((2 * BEGUN + 250) * PAGE);
  });

  test("goes by what a process is now: one that executes and then is copied shares with its copy", () => {
    const { sample, pages, root } = pair("executed");
    sample();
    pages.execute(root);
    pages.take(root, 500);
    pages.fork(root);
    expect(sample()[PEAK]).toBe((2 * BEGUN + 500) * PAGE);
  });

  test("is a lower bound where there is no time to look into the highest", () => {
    const { sample, pages, kernel, root, child, end } = pair("copied");
    // 64 GiB are more than the budget has for a walk.
    const residentPages = 64 * 2 ** 18;
    for (const pid of [root, child])
      Object.assign(kernel.at(pid), { residentPages, anonymous: residentPages * 4, minorFaults: 100 });
    expect(sample()[PEAK]).toBe(64 * 2 ** 30);
    pages.drop(child, 1);
    expect(end()[BOUND]).toBe(1);
  });

  test("is exact again once it is told, by those that have given nothing back since", () => {
    const told = pair("copied");
    told.sample();
    told.pages.take(told.root, 100);
    told.kernel.at(told.child).forbidden.add("smaps_rollup");
    told.pages.write(told.child, 5);
    told.sample();
    told.kernel.at(told.child).forbidden.clear();
    expect(told.sample()[PEAK]).toBe((2 * BEGUN + 100) * PAGE);
    expect(Object.keys(told.end())).not.toContain(BOUND);
  });

  test("stays a bound where one of those has gone", () => {
    const { sample, pages, root, child, kernel, end } = pair("copied");
    const other = pages.fork(root);
    sample();
    kernel.at(child).forbidden.add("smaps_rollup");
    pages.take(root, 100);
    pages.write(other, 5);
    sample();
    kernel.at(child).forbidden.clear();
    pages.exit(other);
    sample();
    expect(end()[BOUND]).toBe(1);
  });

  test("of processes that hide what they share is between the largest and all of them", () => {
    const { kernel, sample, start, collector } = setUp();
    const root = start({ anonymous: 100 });
    const hidden = [kernel.fork(root), kernel.fork(root)];
    for (const [i, pid] of hidden.entries()) {
      Object.assign(kernel.at(pid), { stackStart: 0, residentPages: 1000, anonymous: 700 + i });
      kernel.at(pid).forbidden.add("smaps_rollup");
    }
    expect(sample()).toMatchObject({ [PEAK]: 701 * KILOBYTE });
    for (const pid of [...hidden, root]) kernel.end(pid);
    collector.commandEnded();
    expect(sample()[BOUND]).toBe(1);
  });

  test("of a process whose first thread has ended is a lower bound: nothing is shown of its memory", () => {
    const { kernel, sample, start, collector } = setUp();
    const root = start({ anonymous: 100 });
    sample();
    const child = kernel.fork(root);
    Object.assign(kernel.at(child), { zombie: true, threads: 3, residentPages: 0 });
    sample();
    for (const pid of [child, root]) kernel.end(pid);
    collector.commandEnded();
    expect(sample()[BOUND]).toBe(1);
  });

  test("is of a single process, too, without a walk", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ anonymous: 100, shared: 20 });
    sample();
    Object.assign(kernel.at(root), { anonymous: 400 });
    expect(sample()).toMatchObject({ [PEAK]: 420 * KILOBYTE, [PEAK_TIME]: 2 });
  });

  test("is not known where the kernel does not tell anonymous memory apart in status, before Linux 4.5", () => {
    const { sample, start } = setUp();
    start({ anonymous: undefined, residentPages: 200 });
    expect(Object.keys(sample())).not.toContain(PEAK);
  });

  test("has its bound above it: what those that live ever held", () => {
    const { kernel, root, child, sample } = pair("executed");
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
