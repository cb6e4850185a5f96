import { describe, expect, test } from "bun:test";
import { COLLECTORS, machineCollectors } from "../../src/collect/registry.ts";
import { ForbiddenError } from "../../src/errors.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { procTree } from "../helpers/proc-tree.ts";
import { disks, labels, made, net, sampled, stat } from "./rows.ts";

describe("a source that fails", () => {
  const SOURCES = {
    cpu: "/proc/stat",
    memory: "/proc/meminfo",
    network: "/proc/net/dev",
    disk: "/proc/diskstats",
    pressure: "/proc/pressure/memory",
    load: "/proc/loadavg",
    paging: "/proc/vmstat",
    tcp: "/proc/net/snmp",
    listen: "/proc/net/netstat",
    sockets: "/proc/net/sockstat6",
    frequency: "/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq",
    thermal: "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count",
  };
  const GOOD = {
    "/proc/stat": stat({ 0: 1 }),
    "/proc/meminfo": "MemTotal: 8 kB\nMemFree: 4 kB\nBuffers: 0 kB\nCached: 2 kB\n",
    "/proc/net/dev": net({ lo: [1, 2] }),
    "/proc/diskstats": disks({ sda: [2, 4] }),
    "/proc/pressure/cpu": "some total=1\n",
    "/proc/pressure/memory": "some total=2\nfull total=1\n",
    "/proc/pressure/io": "some total=2\nfull total=1\n",
    "/proc/loadavg": "0.00 0.00 0.00 1/2 3\n",
    "/proc/vmstat": "pgfault 1\n",
    "/proc/net/snmp": "Tcp: OutSegs\nTcp: 1\nUdp: NoPorts\nUdp: 2\n",
    "/proc/net/netstat": "TcpExt: ListenDrops\nTcpExt: 1\n",
    "/proc/net/sockstat": "TCP: inuse 1 orphan 0 tw 0\n",
    "/proc/net/sockstat6": "TCP6: inuse 1\n",
    "/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq": "1000\n",
    "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "1\n",
  };

  test("there is one for every collector", () => {
    // A group is many files, some of which may fail while the others are read: container.test.ts has it.
    expect([...Object.keys(SOURCES), "container"]).toEqual(COLLECTORS.map(({ name }) => name));
  });

  test.each(Object.entries(SOURCES))("%s, forbidden or malformed, fails alone and recovers", (name, path) => {
    const tree = procTree(GOOD);
    const collectors = machineCollectors(tree).map((collector) => ({ collector, keys: labels(collector) }));
    const failures = () =>
      collectors.flatMap(({ collector, keys }) => {
        // What is costly is read at this sample, too.
        collector.commandEnded?.();
        try {
          return sampled(collector, keys) ? [] : [`${collector.name}: changed`];
        } catch (error) {
          return [`${collector.name}: ${(error as Error).name}`];
        }
      });
    tree.forbid(path);
    expect(failures()).toEqual([`${name}: ForbiddenError`]);
    tree.allow(path);
    expect(failures()).toEqual([]);
    tree.set(path, "what?");
    expect(failures()).toEqual([`${name}: ParseError`]);
    tree.set(path, GOOD[path as keyof typeof GOOD]);
    expect(failures()).toEqual([]);
  });

  test.each(Object.entries(SOURCES))("%s, forbidden from the start, is described when it is let", (name, path) => {
    const tree = procTree(GOOD).forbid(path);
    const collector = machineCollectors(tree).find((each) => each.name === name)!;
    const before = labels(collector);
    for (let i = 0; i < 2; i++) {
      collector.commandEnded?.();
      expect(() => sampled(collector, before)).toThrow(ForbiddenError);
    }
    collector.commandEnded?.();
    tree.allow(path);
    const after = sampled(collector, before) === undefined ? labels(collector) : before;
    expect(after).not.toEqual([]);
    expect(Object.keys(sampled(collector, after)!)).toEqual(after);
  });
});

describe("a source that is not there", () => {
  test("is no series and no failure, and is not asked for again", () => {
    const tree = procTree();
    for (const collector of machineCollectors(tree)) {
      expect(labels(collector), collector.name).toEqual([]);
      expect(collector.sample(new Float64Array(0)), collector.name).toBe(true);
    }
    for (const path of ["/proc/stat", "/proc/vmstat", "/proc/pressure/cpu", "/proc/net/sockstat"])
      expect(tree.readsOf(path), path).toBe(1);
  });

  test("of IPv6 leaves the sockets of IPv4", () => {
    const tree = procTree({ "/proc/net/sockstat": "TCP: inuse 3 orphan 1 tw 2 alloc 5 mem 0\n" });
    const sockets = made("sockets", tree);
    expect(Object.values(sampled(sockets, labels(sockets))!)).toEqual([3, 1, 2]);
  });
});

test("a file that is refused at the start is so for the first sample, not for the next", () => {
  const tree = procTree({ "/proc/loadavg": "0.50 0.00 0.00 1/2 3\n" }).forbid("/proc/loadavg");
  const load = made("load", tree);
  const row = new Float64Array(load.describe().length);
  tree.allow("/proc/loadavg");
  expect(() => load.sample(row)).toThrow(ForbiddenError);
  expect([load.sample(row), row[0]]).toEqual([true, 0.5]);
});

test("a start reads each file once, and so does every tick", () => {
  const tree = procTree({ "/proc/loadavg": "0.50 0.00 0.00 1/2 3\n" });
  const load = made("load", tree);
  load.describe();
  const row = new Float64Array(3);
  load.sample(row);
  expect([tree.readsOf("/proc/loadavg"), row[0]]).toEqual([1, 0.5]);
  tree.set("/proc/loadavg", "0.75 0.00 0.00 1/2 3\n");
  load.sample(row);
  expect([tree.readsOf("/proc/loadavg"), row[0]]).toEqual([2, 0.75]);
});

test("a costly file is read once a second, and at the command's start and end", () => {
  const tree = procTree({ "/proc/net/netstat": "TcpExt: ListenDrops\nTcpExt: 1\n" });
  const clock = new FakeClock();
  const listen = made("listen", tree, clock);
  const drops = () => {
    const row = new Float64Array(2);
    listen.sample(row);
    return row[0];
  };
  listen.describe();
  expect([drops(), drops(), drops()]).toEqual([1, Number.NaN, Number.NaN]);
  listen.commandStarting?.();
  expect([drops(), drops()]).toEqual([1, Number.NaN]);
  clock.stall(500);
  expect(drops()).toBeNaN();
  clock.stall(400);
  expect([drops(), drops()]).toEqual([1, Number.NaN]);
  listen.commandEnded?.();
  expect([drops(), drops()]).toEqual([1, Number.NaN]);
  expect(tree.readsOf("/proc/net/netstat")).toBe(4);
});
