import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { machineCollectors } from "../../src/collect/registry.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { recordedTree, recordedTrees } from "../helpers/proc-tree.ts";
import { GONE, labels, sampled } from "./rows.ts";

/** What the collectors of kernel and devices must find in a tree, in the order of their series; [] is absent. */
interface Known {
  /** Some and full, of cpu, memory and io. */
  pressure: number[];
  load: number[];
  /** Pages swapped in and out, and read again; major and minor faults, OOM kills, reclaim stalls. */
  paging: number[];
  /** Segments sent, received, again; resets sent, received; UDP: receive buffer, send buffer, no port. */
  tcp: number[];
  /** Drops, overflows. */
  listen: number[];
  /** In use, orphans, in time-wait. */
  sockets: number[];
  frequency: Record<string, number>;
  thermal: Record<string, number>;
}

const none = { frequency: {}, thermal: {} };

const KNOWN: Record<string, Known> = {
  "2.6.18-server": {
    pressure: [],
    load: [0.31, 0.27, 0.19],
    paging: [345, 6789, GONE, 54321, 3216549870 - 54321, GONE, 17],
    tcp: [4294967290, 3987654321, 65432, 765, 43, GONE, GONE, 11],
    listen: [34, 21],
    sockets: [31, 2, 87],
    ...none,
  },
  "4.4-server": {
    pressure: [],
    load: [1.05, 0.98, 0.75],
    paging: [0, 0, GONE, 4321, 123456789 - 4321, GONE, 5],
    tcp: [765432, 654321, 321, 54, 3, 12, 1, 9],
    listen: [2, 1],
    sockets: [14 + 9, 0, 3],
    ...none,
  },
  "5.10-vm-steal": {
    pressure: [987.654321, GONE, 0.012345, 0.002345, 7.654321, 6.54321],
    load: [2.11, 1.76, 1.34],
    paging: [0, 0, GONE, 1234, 55555555 - 1234, 0, 27],
    tcp: [54321, 43210, 99, 8, 7, 1, 2, 3],
    listen: [5, 5],
    sockets: [26, 1, 40],
    ...none,
  },
  "5.4-offline-cpu": {
    pressure: [],
    load: [7.98, 12.5, 103.07],
    paging: [4096, 8192, GONE, 7654, 987654321 - 7654, 2, 57],
    tcp: [1, 2, 0, 0, 0, 0, 0, 0],
    listen: [0, 0],
    sockets: [1, 0, 0],
    frequency: { cpu0: 1.8e9, cpu1: 1.8e9, cpu2: 1.8e9, cpu4: 2.4e9, cpu5: 2.4e9, cpu7: 2.4e9 },
    thermal: {},
  },
  "6.1-container": {
    pressure: [],
    load: [0, 0.01, 0.05],
    paging: [0, 0, GONE, 12, 765432 - 12, 1, 0],
    tcp: [321, 432, 1, 2, 0, 0, 0, 4],
    listen: [4, 3],
    sockets: [4, 0, 1],
    ...none,
  },
  "6.1-stacked": {
    pressure: [123.456789, 0, 0, 0, 45.678901, 34.56789],
    load: [0.52, 0.58, 0.59],
    paging: [12, 34, GONE, 87654, 4321987650 - 87654, 0, 8],
    tcp: [87654321, 98765432, 1234, 4321, 12, 5, 0, 678],
    listen: [1, 0],
    sockets: [75, 0, 12],
    frequency: { cpu0: 1.9e9, cpu1: 4.587654e9 },
    thermal: { "cpu0 core": 3, "cpu0 package": 41, "cpu1 core": 0, "cpu1 package": 41 },
  },
  "6.18-vm": {
    pressure: [1036.313258, 0, 0, 0, 73.0663, 56.930844],
    load: [1.38, 1.35, 0.81],
    paging: [0, 0, 3493392, 22916, 146917022 - 22916, 0, 0],
    tcp: [366904, 387366, 8451, 933, 11, 0, 0, 0],
    listen: [8939, 8939],
    sockets: [1, 0, 6],
    ...none,
  },
  "6.8-64cpu": {
    pressure: [9007199254.740992, 0, 0.000001, 0.000001, 100.000001, 100],
    load: [64.12, 63.9, 60.01],
    paging: [0, 0, GONE, 2 ** 53, 2 ** 64 - 2 ** 53, 7, 777777],
    tcp: [2 ** 53, 123456789012, 987654, 12345, 678, 4321, 0, 21],
    listen: [98766, 98765],
    sockets: [16419, 54, 12345],
    ...none,
  },
};

const PAGE = 4096;

describe.each(recordedTrees())("%s", (tree) => {
  const known = KNOWN[tree]!;

  function valuesOf(name: string, way?: string): Record<string, number> {
    const proc = kernelFs(recordedTree(tree));
    try {
      const ways = way === undefined ? [] : [[name, way] as const];
      const [collector] = machineCollectors(proc, { only: [name], without: [], ways });
      const keys = labels(collector!);
      collector!.commandEnded?.();
      return sampled(collector!, keys)!;
    } finally {
      proc.close();
    }
  }
  const list = (name: string) => Object.values(valuesOf(name));
  const byLabels = (name: string, way?: string) =>
    Object.fromEntries(
      Object.entries(valuesOf(name, way)).map(([key, value]) => [key.split(" ").slice(1).join(" "), value]),
    );

  test.each(["pressure", "load", "tcp", "listen", "sockets"] as const)("%s", (name) => {
    expect(list(name)).toEqual(known[name]);
  });

  test("paging", () => {
    expect(list("paging")).toEqual(known.paging.map((value, i) => (i < 3 && value !== GONE ? value * PAGE : value)));
  });

  test("frequency and thermal", () => {
    expect(byLabels("frequency")).toEqual(known.frequency);
    expect(byLabels("thermal")).toEqual(known.thermal);
  });

  test("memory's parts and swap, by another reading", () => {
    const text = readFileSync(`${recordedTree(tree)}/proc/meminfo`, "utf8");
    const line = (key: string) =>
      Number(new RegExp(`^${key.replace(/[()]/g, "\\$&")}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? GONE);
    const huge = /^Hugetlb/m.test(text) ? line("Hugetlb") : line("HugePages_Total") * line("Hugepagesize");
    const values = valuesOf("memory");
    const expected = {
      memory_anonymous: line("AnonPages"),
      memory_file: line("Active(file)") + line("Inactive(file)"),
      memory_slab: line("Slab"),
      memory_shared: line("Shmem"),
      memory_dirty: line("Dirty"),
      memory_writeback: line("Writeback"),
      memory_huge_pages: huge,
      memory_committed: line("Committed_AS"),
      swap_total: line("SwapTotal"),
      swap_used: line("SwapTotal") - line("SwapFree"),
    };
    for (const [name, kilobytes] of Object.entries(expected))
      expect(values[`statexec_${name}_bytes`], name).toBe(kilobytes * 1024);
  });

  test("what /proc/stat counts, and its sum in place of the CPUs", () => {
    const text = readFileSync(`${recordedTree(tree)}/proc/stat`, "utf8");
    const line = (key: string) => Number(new RegExp(`^${key} +(\\d+)`, "m").exec(text)?.[1] ?? GONE);
    const online = text.match(/^cpu\d+ /gm)!.length;
    const [single, total] = [valuesOf("cpu"), valuesOf("cpu", "total")];
    for (const values of [single, total])
      expect(Object.values(values).slice(0, 6)).toEqual([
        online,
        line("procs_running"),
        line("procs_blocked"),
        line("ctxt"),
        line("intr"),
        line("processes"),
      ]);
    expect(Object.keys(single).length).toBe(6 + 10 * online);
    const sums = /^cpu +(.*)$/m
      .exec(text)![1]!
      .split(" ")
      .map((ticks) => Number(ticks) / 100);
    const modes = ["user", "nice", "system", "idle"].map((mode) => total[`statexec_cpu_seconds_total all ${mode}`]!);
    expect(modes).toEqual(sums.slice(0, 4));
    expect(Object.keys(total)).toHaveLength(16);
  });
});

test("a wide machine's clocks are read when asked for only", () => {
  const proc = kernelFs(recordedTree("6.8-64cpu"));
  const clocks = (ways: [string, string][]) => {
    const [collector] = machineCollectors(proc, { only: ["frequency"], without: [], ways });
    return Object.entries(sampled(collector!, labels(collector!))!);
  };
  expect(clocks([])).toEqual([]);
  const all = clocks([["frequency", "all"]]);
  expect(all).toHaveLength(64);
  expect(Object.fromEntries(all)["statexec_cpu_frequency_hertz cpu63"]).toBe(3100063000);
  proc.close();
});
