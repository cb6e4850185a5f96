import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { Diskstats } from "../../src/proc/diskstats.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { KeyValueFile } from "../../src/proc/key-value-file.ts";
import { NetDev } from "../../src/proc/net-dev.ts";
import { CPU_MODES, Stat } from "../../src/proc/stat.ts";
import { BlockDevices, cpuModel, isStackedInterface } from "../../src/proc/sys-devices.ts";
import { recordedTree, recordedTrees } from "../helpers/proc-tree.ts";

const absent = Number.NaN;

const MEMORY_KEYS = ["MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SReclaimable"];

function meminfo(): KeyValueFile {
  const table = new KeyValueFile("meminfo", ":");
  for (const key of MEMORY_KEYS) table.bytes(key);
  return table;
}

const PARSERS = {
  "/proc/stat": () => new Stat(),
  "/proc/meminfo": meminfo,
  "/proc/net/dev": () => new NetDev(),
  "/proc/diskstats": () => new Diskstats(),
};

interface Known {
  /** CPUs online, and the first one's seconds in CPU_MODES' order. */
  cpus: string[];
  first: number[];
  model: string;
  /** kB: total, free, available, buffers, cached, reclaimable slab. */
  memory: number[];
  /** Bytes received and sent. */
  network: Record<string, [received: number, sent: number]>;
  stackedInterfaces: string[];
  /** Sectors read and written, of whole disks. */
  disks: Record<string, [read: number, written: number]>;
  stackedDisks: string[];
}

const numbered = (count: number, name: (i: number) => string) => Array.from({ length: count }, (_, i) => name(i));

const KNOWN: Record<string, Known> = {
  "2.6.18-server": {
    cpus: ["cpu0", "cpu1"],
    first: [5123.45, 12.34, 987.65, 45678.9, 345.67, 3.21, 65.43, 0, absent, absent],
    model: "Intel(R) Xeon(R) CPU            5130  @ 2.00GHz",
    memory: [4043772, 193824, absent, 262144, 2816000, absent],
    network: { lo: [81234567, 81234567], eth0: [4123456789, 2987654321], sit0: [0, 0] },
    stackedInterfaces: [],
    disks: { "cciss/c0d0": [2400000, 7200000], sda: [64000, 8000], "dm-0": [2396000, 7199920] },
    stackedDisks: ["dm-0"],
  },
  "4.4-server": {
    cpus: numbered(4, (i) => `cpu${i}`),
    first: [1203.45, 2.34, 456.78, 98765.43, 34.56, 0, 12.34, 0, 0, 0],
    model: "Intel(R) Xeon(R) CPU E3-1220 v3 @ 3.10GHz",
    memory: [8174572, 1203456, 5012345, 312456, 3456789, 456123],
    network: { eth0: [9123456789, 1987654321], lo: [5234567, 5234567] },
    stackedInterfaces: [],
    disks: { sda: [3456780, 9876544], sr0: [0, 0], sdb: [2000000, 64000] },
    stackedDisks: [],
  },
  "5.10-vm-steal": {
    cpus: ["cpu0", "cpu1"],
    first: [2500, 10, 800, 30000, 200, 0, 30, 4123.45, 0, 0],
    model: "Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz",
    memory: [3980288, 212345, 2876543, 104857, 2345678, 234567],
    network: { lo: [1234, 1234], eth0: [712345678, 98765432] },
    stackedInterfaces: [],
    disks: { xvda: [2345678, 3456784], xvdf: [4800, 512000] },
    stackedDisks: [],
  },
  "5.4-offline-cpu": {
    cpus: ["cpu0", "cpu1", "cpu2", "cpu4", "cpu5", "cpu7"],
    first: [10, 0.1, 5, 700, 0.2, 0, 0.05, 0, 3, 0.07],
    model: "implementer 0x41 part 0xd08",
    memory: [16307220, 9123456, 14012345, 212456, 4456789, 656123],
    network: { lo: [0, 0], enp3s0: [123456, 65432] },
    stackedInterfaces: [],
    disks: { mmcblk0: [80000, 16000], mmcblk0boot0: [80, 0] },
    stackedDisks: [],
  },
  "6.1-container": {
    cpus: ["cpu0", "cpu1"],
    first: [803.45, 0, 256.78, 18765.43, 4.56, 0, 2.34, 0, 0, 0],
    model: "AMD EPYC 7B13",
    memory: [2097152, 1548576, 1900000, 0, 204800, 0],
    network: { lo: [0, 0], eth0: [65432100, 1234567] },
    stackedInterfaces: [],
    disks: {},
    stackedDisks: [],
  },
  "6.1-stacked": {
    cpus: ["cpu0", "cpu1"],
    first: [903.45, 0.12, 356.78, 28765.43, 14.56, 0, 3.34, 0, 40, 0.03],
    model: "13th Gen Intel(R) Core(TM) i5-1340P",
    memory: [32768000, 12345678, 25012345, 512456, 9456789, 856123],
    network: {
      lo: [777, 777],
      eno1: [5000000000, 3000000000],
      eno2: [1000000000, 2000000000],
      bond0: [6000000000, 5000000000],
      "bond0.100": [2500000000, 1500000000],
      "br-5d1c": [700000, 800000],
      veth12ab34c: [700000, 800000],
      wg0: [12345, 54321],
    },
    stackedInterfaces: ["bond0", "bond0.100", "br-5d1c"],
    disks: {
      nvme0n1: [16000000, 12000000],
      nvme1n1: [16000000, 12000000],
      nvme2c2n1: [64000, 192000],
      nvme2n1: [64000, 192000],
      md127: [31940000, 11999920],
      "dm-0": [31930000, 11999920],
      "dm-1": [30000000, 9000000],
      "dm-2": [1930000, 2999920],
      zd0: [40, 48],
    },
    stackedDisks: ["nvme2n1", "md127", "dm-0", "dm-1", "dm-2", "zd0"],
  },
  "6.18-vm": {
    cpus: ["cpu0", "cpu1"],
    first: [15.56, 0, 18.15, 1493.73, 0.31, 0, 0.13, 0.43, 0, 0],
    model: "AMD EPYC",
    memory: [24684096, 24221892, 24303720, 1152, 233576, 127284],
    network: { lo: [3193, 3193], ifb0: [0, 0], ifb1: [0, 0], eth0: [300966217, 339442] },
    stackedInterfaces: [],
    disks: { vda: [4990434, 4763616] },
    stackedDisks: [],
  },
  "6.8-64cpu": {
    cpus: numbered(64, (i) => `cpu${i}`),
    first: [6112710.46, 20.45, 945865.69, 79277365.58, 702.75, 0, 900.28, 0, 2827.23, 0],
    model: "AMD EPYC 9554P 64-Core Processor",
    memory: [1056473472, 812345678, 1000123456, 4512456, 189456789, 12856123],
    network: {
      lo: [123456789012, 123456789012],
      // 2^53 + 1 and 2^64 - 1, as the nearest doubles.
      ens1f0np0: [2 ** 53, 2 ** 64],
      ens1f1np1: [0, 0],
    },
    stackedInterfaces: [],
    disks: Object.fromEntries(
      numbered(24, (i) => `nvme${i}n1`).map((name, i) => [name, [8 * (1e9 + i), 16 * (1e9 + i)]]),
    ),
    stackedDisks: [],
  },
};

test("every recorded tree has its origin and its exact values here", () => {
  expect(recordedTrees()).toEqual(Object.keys(KNOWN).sort());
  for (const tree of recordedTrees()) expect(existsSync(`${recordedTree(tree)}/ORIGIN.md`), tree).toBe(true);
});

describe.each(recordedTrees())("%s", (tree) => {
  const known = KNOWN[tree]!;

  function parsed<P extends keyof typeof PARSERS>(path: P): ReturnType<(typeof PARSERS)[P]> {
    const parser = PARSERS[path]();
    using fs = openTree(tree);
    const bytes = fs.proc.read(path);
    if (bytes !== undefined) parser.parse(bytes);
    return parser as ReturnType<(typeof PARSERS)[P]>;
  }

  test.each(Object.keys(PARSERS) as (keyof typeof PARSERS)[])("%s is accepted, or not there", (path) => {
    expect(() => parsed(path)).not.toThrow();
  });

  test("stat", () => {
    const { cpus } = parsed("/proc/stat");
    expect(cpus.names.all).toEqual(known.cpus);
    expect([...cpus.values.subarray(0, CPU_MODES.length)]).toEqual(known.first);
    expect(known.cpus.filter((_, cpu) => Number.isNaN(cpus.value(cpu, "user")))).toEqual([]);
  });

  test("meminfo", () => {
    const m = parsed("/proc/meminfo");
    expect(MEMORY_KEYS.map((key) => m.bytes(key))).toEqual(known.memory.map((kilobytes) => kilobytes * 1024));
  });

  test("cpuinfo", () => {
    using fs = openTree(tree);
    expect(cpuModel(fs.proc)).toBe(known.model);
  });

  test("net/dev, and which interfaces are stacked", () => {
    const { interfaces: table } = parsed("/proc/net/dev");
    const { names } = table;
    const rows = names.all.map((name, i) => [name, [table.value(i, "receivedBytes"), table.value(i, "sentBytes")]]);
    expect(Object.fromEntries(rows)).toEqual(known.network);
    using fs = openTree(tree);
    expect(names.all.filter((name) => isStackedInterface(fs.proc, name))).toEqual(known.stackedInterfaces);
  });

  test("diskstats: which are whole disks, and which of them are stacked", () => {
    const { devices: rows } = parsed("/proc/diskstats");
    const { names } = rows;
    using fs = openTree(tree);
    const devices = new BlockDevices(fs.proc);
    const disks = names.all.flatMap((name, i) =>
      devices.isWholeDisk(name)
        ? [[name, [rows.value(i, "readBytes") / 512, rows.value(i, "writtenBytes") / 512]]]
        : [],
    );
    expect(Object.fromEntries(disks)).toEqual(known.disks);
    expect(disks.map(([name]) => name as string).filter((name) => devices.isStacked(name))).toEqual(known.stackedDisks);
  });
});

function openTree(tree: string) {
  const proc = kernelFs(recordedTree(tree));
  return { proc, [Symbol.dispose]: () => proc.close() };
}
