import { describe, expect, test } from "bun:test";
import { setUp } from "./collected.ts";
import { BEGUN, PAGE, pair } from "./pair.ts";

const PEAK = "memory_peak_bytes";
const PEAK_TIME = "memory_peak_timestamp_seconds";
const BOUND = "accounting_info memory_peak proc_sampled_lower_bound";
const KILOBYTE = 1024;
const MEBIBYTE = 2 ** 20;

describe("the peak", () => {
  test("is the highest memory at one time, and has the time of it", () => {
    const { sample, pages, child, end } = pair("copied");
    expect(sample()).toMatchObject({ [PEAK]: BEGUN * PAGE, [PEAK_TIME]: 1 });
    pages.take(child, 300);
    expect(sample()).toMatchObject({ [PEAK]: (BEGUN + 300) * PAGE, [PEAK_TIME]: 2 });
    pages.drop(child, 200);
    for (let i = 0; i < 10; i++) expect(sample()).toMatchObject({ [PEAK]: (BEGUN + 300) * PAGE, [PEAK_TIME]: 2 });
    expect(Object.keys(end())).not.toContain(BOUND);
  });

  test("of processes that have each executed a program is exact without a PSS walk, however fast they grow", () => {
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

  test("of copies counts the pages that they share once, and those that they have written to since for each", () => {
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

  test("has memory in files that no process maps, each file once, as far as the machine's has grown", () => {
    const { kernel, collector, sample, start } = setUp();
    kernel.sharedMemoryBytes = 500 * MEBIBYTE;
    const root = start({ residentPages: 5, anonymous: 20 });
    const child = kernel.fork(root, { residentPages: 5, anonymous: 20 });
    sample();
    kernel.sharedMemoryBytes += 300 * MEBIBYTE;
    kernel.tmpfsFiles.set(root, [["0:1:7", 200 * MEBIBYTE]]);
    kernel.tmpfsFiles.set(child, [
      ["0:1:7", 200 * MEBIBYTE],
      ["0:1:8", 100 * MEBIBYTE],
    ]);
    expect(sample()[PEAK]).toBe(300 * MEBIBYTE + 40 * KILOBYTE);
    for (const pid of [child, root]) kernel.end(pid);
    collector.commandEnded();
    expect(sample()).not.toHaveProperty(BOUND);
  });

  test("counts shared memory once that a file has and a process maps", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ residentPages: 5, anonymous: 20 });
    sample();
    kernel.sharedMemoryBytes = 300 * MEBIBYTE;
    Object.assign(kernel.at(root), { residentPages: 5 + 300 * 256, shared: 300 * 1024, minorFaults: 99 });
    kernel.tmpfsFiles.set(root, [["0:1:7", 300 * MEBIBYTE]]);
    expect(sample()[PEAK]).toBe(300 * MEBIBYTE + 20 * KILOBYTE);
    kernel.end(root);
    collector.commandEnded();
    expect(sample()).not.toHaveProperty(BOUND);
  });

  test("is a lower bound if the machine's shared memory has grown by more than the processes are known to hold", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ residentPages: 5, anonymous: 20 });
    sample();
    kernel.sharedMemoryBytes = 300 * MEBIBYTE;
    expect(sample()[PEAK]).toBe(20 * KILOBYTE);
    kernel.end(root);
    collector.commandEnded();
    expect(sample()[BOUND]).toBe(1);
  });

  test("is that also on a machine so busy that the status of each process is not read at each sample", () => {
    const { kernel, collector, sample, start } = setUp({}, 500);
    const root = start({ residentPages: 5, anonymous: 20 });
    sample();
    const before = kernel.reads.length;
    sample();
    expect(kernel.reads.slice(before)).not.toContain(`${root}/status`);
    kernel.sharedMemoryBytes = 300 * MEBIBYTE;
    sample();
    kernel.sharedMemoryBytes = 0;
    kernel.end(root);
    collector.commandEnded();
    expect(sample()[BOUND]).toBe(1);
  });

  test("has memory in a file also if others have given back as much of theirs before", () => {
    const { kernel, sample, start } = setUp();
    kernel.sharedMemoryBytes = 500 * MEBIBYTE;
    const root = start({ residentPages: 5, anonymous: 20 });
    kernel.sharedMemoryBytes -= 300 * MEBIBYTE;
    sample();
    kernel.sharedMemoryBytes += 300 * MEBIBYTE;
    kernel.tmpfsFiles.set(root, [["0:1:7", 300 * MEBIBYTE]]);
    expect(sample()[PEAK]).toBe(300 * MEBIBYTE + 20 * KILOBYTE);
    kernel.end(root);
  });

  test("is never above its bound, nor is the largest process", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ residentPages: 5, anonymous: 20, highest: 20 });
    expect(sample()).toMatchObject({ memory_peak_bound_bytes: 20 * KILOBYTE });
    kernel.ended.largest = 200 * MEBIBYTE;
    kernel.end(root);
    collector.commandEnded();
    const { memory_peak_bound_bytes, memory_largest_process_bytes } = sample();
    expect([memory_peak_bound_bytes, memory_largest_process_bytes]).toEqual([200 * MEBIBYTE, 200 * MEBIBYTE]);
  });

  test("has reserved huge pages, also after they were given back, which no other figure shows", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ residentPages: 5, anonymous: 20 });
    Object.assign(kernel.at(root), { huge: 204_800, minorFaults: 100 });
    expect(sample()).toMatchObject({ [PEAK]: 204_820 * KILOBYTE, memory_anonymous_bytes: 204_820 * KILOBYTE });
    kernel.at(root).huge = 0;
    expect(sample()).toMatchObject({ [PEAK]: 204_820 * KILOBYTE, memory_anonymous_bytes: 20 * KILOBYTE });
    kernel.end(root);
  });

  test("is a lower bound if several processes have huge pages, which may be the same ones", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ residentPages: 5, anonymous: 20, huge: 204_800 });
    const child = kernel.fork(root, { residentPages: 5, anonymous: 20, huge: 102_400 });
    expect(sample()[PEAK]).toBe(204_840 * KILOBYTE);
    for (const pid of [child, root]) kernel.end(pid);
    collector.commandEnded();
    expect(sample()[BOUND]).toBe(1);
  });

  test("of copies takes one walk while they stay the same, and none if they hold less", () => {
    const { sample, pages, child, walks } = pair("copied");
    pages.take(child, 300);
    sample();
    const before = walks();
    sample();
    pages.drop(child, 100);
    sample();
    expect(walks()).toBe(before);
  });

  test("of shared memory counts it once, also if a process has executed a program", () => {
    const { sample, pages, root, child } = pair("executed");
    pages.map(root, 200);
    expect(sample()[PEAK]).toBe((2 * BEGUN + 200) * PAGE);
    pages.map(child, 250);
    expect(sample()[PEAK]).toBe((2 * BEGUN + 250) * PAGE);
  });

  test("goes by the program of now: a process that executes one and is then copied shares with its copy", () => {
    const { sample, pages, root } = pair("executed");
    sample();
    pages.execute(root);
    pages.take(root, 500);
    pages.fork(root);
    expect(sample()[PEAK]).toBe((2 * BEGUN + 500) * PAGE);
  });

  test("is a lower bound if there is no time for a walk at the highest sample", () => {
    const { sample, pages, kernel, root, child, end } = pair("copied");
    // 64 GiB are more than the budget has for a walk.
    const residentPages = 64 * 2 ** 18;
    for (const pid of [root, child])
      Object.assign(kernel.at(pid), { residentPages, anonymous: residentPages * 4, minorFaults: 100 });
    expect(sample()[PEAK]).toBe(64 * 2 ** 30);
    pages.drop(child, 1);
    expect(end()[BOUND]).toBe(1);
  });

  test("is exact again after a walk, if no process has given anything back since the open sample", () => {
    const { sample, pages, kernel, root, child, end } = pair("copied");
    sample();
    pages.take(root, 100);
    kernel.at(child).forbidden.add("smaps_rollup");
    pages.write(child, 5);
    sample();
    kernel.at(child).forbidden.clear();
    expect(sample()[PEAK]).toBe((2 * BEGUN + 100) * PAGE);
    expect(Object.keys(end())).not.toContain(BOUND);
  });

  test("stays a lower bound if one of the processes of the open sample has gone", () => {
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

  test("of processes that hide what they share is the largest of them, and a lower bound", () => {
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

  test("of a process whose first thread has ended is a lower bound: the kernel shows nothing of its memory", () => {
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

  test("of a single process needs no walk", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ anonymous: 100, shared: 20 });
    sample();
    Object.assign(kernel.at(root), { anonymous: 400 });
    expect(sample()).toMatchObject({ [PEAK]: 420 * KILOBYTE, [PEAK_TIME]: 2 });
  });

  test("is not known before Linux 4.5, whose status does not have anonymous memory", () => {
    const { sample, start } = setUp();
    start({ anonymous: undefined, residentPages: 200 });
    expect(Object.keys(sample())).not.toContain(PEAK);
  });

  test("has an upper bound: the sum of what each living process ever held", () => {
    const { kernel, root, child, sample } = pair("executed");
    kernel.at(root).highest = 300;
    kernel.at(child).highest = 5000;
    expect(sample()).toMatchObject({ memory_peak_bound_bytes: 5300 * KILOBYTE });
    kernel.end(child);
    expect(sample()).toMatchObject({ memory_peak_bound_bytes: 5300 * KILOBYTE });
  });

  test("of a command that ended before any sample is not known, but its largest process is", () => {
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

  test("has no largest process if that may be statexec itself", () => {
    const { kernel, collector, sample, start } = setUp();
    kernel.at(kernel.self).highest = 1000;
    const root = start();
    kernel.ended.largest = 1030 * KILOBYTE;
    kernel.end(root);
    collector.commandEnded();
    expect(Object.keys(sample())).not.toContain("memory_largest_process_bytes");
  });
});
