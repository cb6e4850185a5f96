import { describe, expect, test } from "bun:test";
import { machineCollectors } from "../../src/collect/registry.ts";
import { pageBytes } from "../../src/os/process.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { procTree, recordedTree } from "../helpers/proc-tree.ts";
import { disks, GONE, labels, made, net, sampled } from "./rows.ts";

describe("network", () => {
  const SENT = "statexec_network_sent_bytes_total";
  const RECEIVED = "statexec_network_received_bytes_total";

  test("an interface that appears changes the set; one that goes has no points and comes back to its series", () => {
    const tree = procTree({ "/proc/net/dev": net({ lo: [1, 2], eth0: [3, 4] }) });
    const collector = made("network", tree);
    const two = labels(collector);
    expect(two).toHaveLength(16);
    expect(two.filter((name) => name.includes("_bytes_"))).toEqual([
      `${SENT} lo`,
      `${RECEIVED} lo`,
      `${SENT} eth0`,
      `${RECEIVED} eth0`,
    ]);
    expect(sampled(collector, two)).toMatchObject({
      [`${SENT} lo`]: 2,
      [`${RECEIVED} lo`]: 1,
      [`${SENT} eth0`]: 4,
      [`${RECEIVED} eth0`]: 3,
    });

    tree.set("/proc/net/dev", net({ eth0: [5, 6] }));
    expect(sampled(collector, two)).toMatchObject({ [`${SENT} lo`]: GONE, [`${SENT} eth0`]: 6 });

    tree.set("/proc/net/dev", net({ tun0: [9, 9], lo: [7, 8], eth0: [5, 6] }));
    expect(sampled(collector, two)).toBeUndefined();
    expect(sampled(collector, two)).toBeUndefined();
    const three = labels(collector);
    expect(three.slice(0, 18)).toEqual([...two, `${SENT} tun0`, `${RECEIVED} tun0`]);
    expect(sampled(collector, three)).toMatchObject({ [`${SENT} lo`]: 8, [`${SENT} tun0`]: 9 });
  });

  test("every figure has its own column", () => {
    const row = Array.from({ length: 16 }, (_, i) => i + 1).join(" ");
    const collector = made("network", procTree({ "/proc/net/dev": `${net({})}eth0: ${row}\n` }));
    expect(sampled(collector, labels(collector))).toEqual({
      [`${SENT} eth0`]: 9,
      [`${RECEIVED} eth0`]: 1,
      "statexec_network_packets_total eth0 sent": 10,
      "statexec_network_packets_total eth0 received": 2,
      "statexec_network_errors_total eth0 sent": 11,
      "statexec_network_errors_total eth0 received": 3,
      "statexec_network_drops_total eth0 sent": 12,
      "statexec_network_drops_total eth0 received": 4,
    });
  });

  test("a file that goes takes every value, and no series, with it", () => {
    const tree = procTree({ "/proc/net/dev": net({ lo: [1, 2] }) });
    const collector = made("network", tree);
    const keys = labels(collector);
    tree.remove("/proc/net/dev");
    expect(sampled(collector, keys)).toEqual(Object.fromEntries(keys.map((key) => [key, GONE])));
    tree.set("/proc/net/dev", net({ lo: [5, 6] }));
    expect(sampled(collector, keys)).toMatchObject({ [`${SENT} lo`]: 6, [`${RECEIVED} lo`]: 5 });
  });
});

describe("disk", () => {
  test("whole disks only, and a partition that appears changes nothing", () => {
    const tree = procTree({ "/proc/diskstats": disks({ sda: [2, 4], sda1: [1, 1], loop0: [1, 1], "dm-0": [6, 8] }) });
    const collector = made("disk", tree);
    const keys = labels(collector);
    expect(sampled(collector, keys)).toMatchObject({
      "statexec_disk_read_bytes_total sda": 1024,
      "statexec_disk_write_bytes_total sda": 2048,
      "statexec_disk_read_bytes_total dm-0": 3072,
      "statexec_disk_write_bytes_total dm-0": 4096,
    });
    tree.set("/proc/diskstats", disks({ sda: [4, 4], sda1: [1, 1], sda2: [0, 0] }));
    expect(sampled(collector, keys)).toMatchObject({
      "statexec_disk_read_bytes_total sda": 2048,
      "statexec_disk_read_bytes_total dm-0": GONE,
    });
    tree.set("/proc/diskstats", disks({ sdb: [0, 0], sda: [6, 6] }));
    expect(sampled(collector, keys)).toBeUndefined();
    const more = labels(collector);
    expect(more.slice(0, keys.length)).toEqual(keys);
    expect(more.slice(keys.length, keys.length + 2)).toEqual([
      "statexec_disk_read_bytes_total sdb",
      "statexec_disk_write_bytes_total sdb",
    ]);
  });

  test("every figure has its own column, those of later kernels where they are", () => {
    const of = (columns: number) => {
      const row = Array.from({ length: columns }, (_, i) => (i + 1) * 1000).join(" ");
      const collector = made("disk", procTree({ "/proc/diskstats": `8 0 sda ${row}\n` }));
      const values = Object.entries(sampled(collector, labels(collector))!);
      return Object.fromEntries(values.map(([name, value]) => [name.slice("statexec_disk_".length), value]));
    };
    const base = {
      "read_bytes_total sda": 3000 * 512,
      "write_bytes_total sda": 7000 * 512,
      "operations_total sda read": 1000,
      "operations_total sda write": 5000,
      "wait_seconds_total sda read": 4,
      "wait_seconds_total sda write": 8,
      "busy_seconds_total sda": 10,
      "in_flight sda": 9000,
    };
    const discards = {
      "operations_total sda discard": 12000,
      "wait_seconds_total sda discard": 15,
      "discard_bytes_total sda": 14000 * 512,
    };
    expect(of(11)).toEqual(base);
    expect(of(15)).toEqual({ ...base, ...discards });
    const flushes = { "operations_total sda flush": 16000, "wait_seconds_total sda flush": 17 };
    expect(of(17)).toEqual({ ...base, ...discards, ...flushes });
  });

  test("no diskstats is no series, and is not asked for again", () => {
    const tree = procTree();
    const collector = made("disk", tree);
    expect(labels(collector)).toEqual([]);
    for (let tick = 0; tick < 3; tick++) expect(collector.sample(new Float64Array(0))).toBe(true);
    expect(tree.readsOf("/proc/diskstats")).toBe(1);
    expect(collector.facts?.()).toEqual([]);
  });
});

describe("memory", () => {
  const values = (meminfo: string) => {
    const collector = made("memory", procTree({ "/proc/meminfo": meminfo }));
    return sampled(
      collector,
      labels(collector).map((name) => name.replace("statexec_memory_", "")),
    );
  };

  test("used is total less free, buffers and cached, which has the reclaimable slab", () => {
    const text =
      "MemTotal: 100 kB\nMemFree: 20 kB\nMemAvailable: 50 kB\nBuffers: 5 kB\nCached: 30 kB\nSReclaimable: 5 kB\n";
    expect(values(text)).toMatchObject({
      total_bytes: 102400,
      available_bytes: 51200,
      used_bytes: 40960,
      free_bytes: 20480,
      buffers_bytes: 5120,
      cached_bytes: 35840,
      used_percent: 40,
    });
  });

  test("an old kernel has no MemAvailable, and only the page cache is cached", () => {
    const old = values("MemTotal: 100 kB\nMemFree: 20 kB\nBuffers: 0 kB\nCached: 30 kB\n");
    expect(old).toMatchObject({ available_bytes: GONE, cached_bytes: 30720, used_bytes: 51200, buffers_bytes: 0 });
  });

  test("less than nothing used is no figure", () => {
    const odd = values("MemTotal: 100 kB\nMemFree: 90 kB\nBuffers: 0 kB\nCached: 30 kB\n");
    expect(odd).toMatchObject({ used_bytes: GONE, used_percent: GONE, total_bytes: 102400 });
  });

  test("before Hugetlb, huge pages are those of the default size", () => {
    const least = "MemTotal: 8 kB\nMemFree: 4 kB\nBuffers: 0 kB\nCached: 2 kB\n";
    const defaultSize = "HugePages_Total:      3\nHugepagesize:    2048 kB\n";
    expect(values(least + defaultSize)).toMatchObject({ huge_pages_bytes: 3 * 2 ** 21 });
    expect(values(`${least}${defaultSize}Hugetlb: 8192 kB\n`)).toMatchObject({ huge_pages_bytes: 2 ** 23 });
    expect(values(least)).toMatchObject({ huge_pages_bytes: GONE });
  });

  test("no meminfo is no series and no fact", () => {
    const collector = made("memory", procTree());
    expect([collector.describe(), collector.facts?.()]).toEqual([[], []]);
    expect(collector.sample(new Float64Array(0))).toBe(true);
  });
});

describe("paging", () => {
  test("what is not counted is absent, and the stalls of all zones are one number", () => {
    const tree = procTree({
      "/proc/vmstat": "pswpin 2\npgfault 10\npgmajfault 3\nallocstall_normal 4\nallocstall_movable 5\n",
    });
    const collector = made("paging", tree);
    const keys = labels(collector).map((name) => name.replace("statexec_", ""));
    expect(sampled(collector, keys)).toMatchObject({
      swap_in_bytes_total: 2 * pageBytes(),
      swap_out_bytes_total: GONE,
      memory_refault_bytes_total: GONE,
      "page_faults_total major": 3,
      "page_faults_total minor": 7,
      oom_kills_total: GONE,
      reclaim_stalls_total: 9,
    });
    tree.set("/proc/vmstat", "pgfault 11\nallocstall 7\n");
    expect(sampled(collector, keys)).toMatchObject({ reclaim_stalls_total: 7 });
    tree.set("/proc/vmstat", "pgfault 11\nworkingset_refault 5\n");
    expect(sampled(collector, keys)).toMatchObject({ memory_refault_bytes_total: 5 * pageBytes() });
    tree.set("/proc/vmstat", "pgfault 11\nworkingset_refault_anon 1\nworkingset_refault_file 6\n");
    expect(sampled(collector, keys)).toMatchObject({ memory_refault_bytes_total: 6 * pageBytes() });
  });
});

describe("facts of recorded trees", () => {
  function factsOf(name: string) {
    const proc = kernelFs(recordedTree(name));
    try {
      const collectors = machineCollectors(proc);
      for (const collector of collectors) collector.describe();
      const facts = collectors.flatMap((collector) => collector.facts?.() ?? []);
      const all = (wanted: string) => facts.filter(([fact]) => fact === wanted).map(([, value]) => value);
      return { all, names: [...new Set(facts.map(([fact]) => fact))] };
    } finally {
      proc.close();
    }
  }

  test("a sum takes disks and interfaces that stand on nothing", () => {
    const { all, names } = factsOf("6.1-stacked");
    expect(names).toEqual(["cpus", "cpu_model", "memory_bytes", "summed_interface", "summed_disk", "cpus_quota"]);
    expect(all("summed_disk")).toEqual(["nvme0n1", "nvme1n1", "nvme2c2n1"]);
    expect(all("summed_interface")).toEqual(["lo", "eno1", "eno2", "veth12ab34c", "wg0"]);
    expect(all("cpus")).toEqual(["2"]);
    expect(all("memory_bytes")).toEqual(["33554432000"]);
    expect(all("cpus_quota")).toEqual(["8"]);
  });

  test("without /sys and without disks", () => {
    expect(factsOf("2.6.18-server").all("summed_disk")).toEqual(["cciss/c0d0", "sda"]);
    expect(factsOf("6.1-container").all("summed_disk")).toEqual([]);
    expect(factsOf("5.4-offline-cpu").all("cpus")).toEqual(["6"]);
  });
});
