import { describe, expect, test } from "bun:test";
import { sampleName } from "../../../src/catalog/index.ts";
import type { TaskClock } from "../../../src/collect/perf/task-clock.ts";
import { setUp } from "./collected.ts";

describe("a sample", () => {
  test("before the command has the counters at 0, and nothing else", () => {
    const { sample } = setUp();
    const sampled = sample();
    expect(Object.keys(sampled).length).toBe(14);
    expect(Object.values(sampled).every((value) => value === 0)).toBe(true);
  });

  test("of a single process has the parts of its memory without a PSS walk", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ residentPages: 10, anonymous: 20, file: 12, shared: 8, highest: 50, descriptors: 7 });
    sample();
    kernel.reads.length = 0;
    expect(sample()).toMatchObject({
      processes: 1,
      threads: 1,
      memory_resident_bytes: 40960,
      memory_anonymous_bytes: 20480,
      memory_file_bytes: 12288,
      memory_shared_bytes: 8192,
      memory_peak_bytes: 28672,
      memory_peak_bound_bytes: 51200,
      open_descriptors: 7,
    });
    expect(kernel.reads.filter((read) => read === `${root}/smaps_rollup`)).toEqual([]);
  });

  test("of a process whose first thread has ended is what another thread shows", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ name: "sh", residentPages: 10, anonymous: 20, shared: 8, highest: 50 });
    sample();
    kernel.endLeader(root);
    kernel.burn(root, 0.01);
    sample();
    // No text of its own says that another thread takes more.
    Object.assign(kernel.at(root), { residentPages: 100, anonymous: 200, minorFaults: 5 });
    expect(sample()).toMatchObject({
      ...{ processes: 1, memory_resident_bytes: 409_600, memory_anonymous_bytes: 204_800 },
      memory_peak_bytes: 212_992,
    });
    kernel.end(root);
  });

  test("of a process that hides io, descriptors and PSS has everything else", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ readBytes: 5000 });
    for (const file of ["io", "fd", "smaps_rollup"] as const) kernel.at(root).forbidden.add(file);
    kernel.burn(root, 1);
    const sampled = sample();
    expect(sampled).toMatchObject({ "cpu_seconds_total user": 1, processes: 1, io_read_bytes_total: 0 });
    expect(Object.keys(sampled)).not.toContain("open_descriptors");
    kernel.end(root);
    collector.commandEnded();
    sample();
  });

  test("after the command's end has the daemons that it left", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start();
    const daemon = kernel.fork(root);
    sample();
    kernel.end(root);
    collector.commandEnded();
    sample();
    kernel.burn(daemon, 2);
    expect(sample()).toMatchObject({ processes: 1, "cpu_seconds_total user": 2 });
  });

  test("has the exact time of the daemons that it left, which stat rounds down", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start();
    const daemons = Array.from({ length: 50 }, () => kernel.fork(root, { name: "daemon" }));
    sample();
    for (const daemon of daemons) kernel.burn(daemon, 0.009, 0.008);
    kernel.end(root);
    collector.commandEnded();
    const { "cpu_seconds_total user": user, "cpu_seconds_total system": system, ...rest } = sample();
    expect(user! + system!).toBeCloseTo(0.85, 6);
    expect(rest).toMatchObject({ "comm_cpu_seconds_total daemon": expect.closeTo(0.85, 6) });
    expect(rest).toHaveProperty("accounting_info cpu wait4");
  });

  test("has what each program read itself, and the rest of all, when it has ended", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ name: "make", readBytes: 10 });
    const [first, second] = [1, 2].map((n) => kernel.fork(root, { name: "cc1", readBytes: 1000 * n, minorFaults: 5 }));
    const hidden = kernel.fork(root, { name: "hidden", readBytes: 7 });
    kernel.at(hidden).forbidden.add("io");
    sample();
    for (const pid of [first!, second!]) kernel.burn(pid, 1);
    kernel.at(first!).readBytes = 1500;
    sample();
    // What is done under another name is that program's.
    kernel.at(second!).name = "as";
    kernel.at(second!).readBytes = 2300;
    kernel.burn(second!, 1);
    sample();
    collector.commandEnded();
    const all = sample();
    const read = (comm: string) => all[`comm_io_read_bytes_total ${comm}`];
    expect(["cc1", "as", "hidden"].map(read)).toEqual([3500, 300, undefined]);
    expect(read("other")! + read("make")!).toBe(10);
    expect(all["comm_io_write_bytes_total cc1"]).toBe(0);
  });

  test("has no io by program where nothing may be read", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ name: "make", readBytes: 10 });
    kernel.at(root).forbidden.add("io");
    sample();
    collector.commandEnded();
    expect(Object.keys(sample()).filter((name) => name.startsWith("comm_io"))).toEqual([]);
  });

  test("calls its CPU time a lower bound where what it left has children, whose time is rounded down", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start();
    const daemons = [1, 2, 3].map(() => kernel.fork(root));
    for (const daemon of daemons) kernel.end(kernel.fork(daemon, { userSeconds: 0.009, minorFaults: 40 }));
    kernel.end(root);
    collector.commandEnded();
    expect(Object.keys(sample()).filter((name) => name.includes("wait4"))).toEqual([
      expect.stringContaining("cpu wait4_lower_bound"),
    ]);
  });

  test("has context switches only when the command has ended", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start();
    const SWITCHES = "context_switches_total voluntary";
    expect(Object.keys(sample())).not.toContain(SWITCHES);
    kernel.end(root);
    collector.commandEnded();
    expect(sample()[SWITCHES]).toBe(1);
  });

  test("that cannot be parsed is lost, and the next one is complete", () => {
    const { kernel, sample, start } = setUp();
    const root = start();
    kernel.burn(root, 1);
    kernel.at(root).threads = Number.NaN;
    expect(() => sample()).toThrow("pid/stat: expected");
    kernel.at(root).threads = 1;
    expect(sample()).toMatchObject({ "cpu_seconds_total user": 1 });
  });

  test("at the end waits for the orphans that have ended, so that their time is exact", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ name: "sh" });
    const daemon = kernel.fork(root, { name: "daemon" });
    sample();
    kernel.end(root);
    kernel.burn(daemon, 0.123_45);
    kernel.exit(daemon);
    collector.commandEnded();
    const sampled = sample();
    expect(kernel.has(daemon)).toBe(false);
    expect(sampled["cpu_seconds_total user"]).toBeCloseTo(0.123_45, 9);
  });
});

describe("the set of series", () => {
  test("changes at the command's end and not before; each sample updates the tree once", () => {
    const { kernel, collector, start, fill, sample } = setUp();
    const root = start();
    expect(fill()).toBeDefined();
    kernel.end(root);
    collector.commandEnded();
    let lists = 0;
    const { list } = kernel;
    kernel.list = () => {
      lists++;
      return list.call(kernel);
    };
    expect(fill()).toBeUndefined();
    expect(fill()).toBeUndefined();
    expect(lists).toBe(1);
    const ended = sample();
    expect(lists).toBe(1);
    expect(ended["accounting_info cpu wait4"]).toBe(1);
    expect(Object.keys(sample()).filter((key) => key.startsWith("comm_") || key.startsWith("accounting"))).toEqual([]);
    expect(lists).toBe(2);
  });

  test("names each series once", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ name: "other" });
    for (let i = 0; i < 30; i++) kernel.fork(root, { name: `n${i}`, userSeconds: i });
    sample();
    kernel.end(root);
    collector.commandEnded();
    sample();
    const keys = collector.describe().map(({ metric, labels: own }) => [sampleName(metric), ...own].join());
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("the sources of the figures", () => {
  test("call them lower bounds if the kernel hides processes of other users, as with hidepid", () => {
    const { kernel, collector, sample, start } = setUp();
    kernel.hide(1);
    const root = start();
    sample();
    kernel.end(root);
    collector.commandEnded();
    const sources = Object.keys(sample()).filter((name) => name.startsWith("accounting_info"));
    expect(sources).toEqual([
      "accounting_info cpu wait4",
      "accounting_info memory proc_lower_bound",
      "accounting_info memory_peak proc_sampled_lower_bound",
      "accounting_info io proc_lower_bound",
    ]);
  });

  test("are wait4(2) alone where /proc is of another pid namespace, whose numbers are of other processes", () => {
    const { kernel, collector, sample, start } = setUp();
    kernel.isForeign = true;
    const root = start({ userSeconds: 1, residentPages: 10, anonymous: 20, readBytes: 5000 });
    expect(sample()).not.toHaveProperty("processes");
    kernel.end(root);
    collector.commandEnded();
    const { "cpu_seconds_total user": user, ...rest } = sample();
    expect(user).toBe(1);
    expect(Object.keys(rest).filter((name) => /memory|processes|threads|io_|disk_|descriptors/.test(name))).toEqual([]);
    expect(rest["accounting_info cpu wait4_lower_bound"]).toBe(1);
    expect(kernel.reads).toEqual([]);
  });

  test.each([
    ["if a process ignores SIGCHLD", true, "wait4_lower_bound"],
    ["nor else", false, "wait4"],
  ])("call them lower bounds %s", (_, ignoresChildren, source) => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ ignoresChildren });
    sample();
    kernel.end(root);
    collector.commandEnded();
    const sampled = sample();
    expect(sampled[`accounting_info cpu ${source}`]).toBe(1);
    expect(sampled[`accounting_info io ${source.replace("wait4", "proc")}`]).toBe(1);
  });

  test.each([
    ["leaves no room for more", 1, 0.015, true, "wait4"],
    ["leaves room for more", 1.0, 0.2, true, "wait4_lower_bound"],
    ["has more", 1.5, 0.02, true, "wait4_lower_bound"],
    ["may have missed some", 1.0, 0.02, false, "wait4_lower_bound"],
  ])(
    "of CPU time are exact where the kernel's clock %s, and of io never are",
    (_, seconds, outsideSeconds, isAll, source) => {
      const clock = { seconds, outsideSeconds, isWhole: () => isAll, drain: () => 0, finish: () => undefined };
      const { kernel, collector, sample, start } = setUp({ taskClock: () => clock as unknown as TaskClock });
      const root = start({ ignoresChildren: true });
      sample();
      kernel.burn(root, 1);
      kernel.end(root);
      collector.commandEnded();
      const sampled = sample();
      expect(sampled[`accounting_info cpu ${source}`]).toBe(1);
      expect(sampled["accounting_info io proc_lower_bound"]).toBe(1);
      if (isAll && source !== "wait4") expect(sampled.cpu_bound_seconds).toBe(seconds + outsideSeconds);
    },
  );

  test("have no bound by the number of pids where a child that was seen has ended since, and no one has waited for it", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ ignoresChildren: true });
    const child = kernel.fork(root);
    sample();
    kernel.burn(child, 5);
    kernel.end(child);
    kernel.end(root);
    collector.commandEnded();
    expect(sample()).not.toHaveProperty("cpu_bound_seconds");
  });
});
