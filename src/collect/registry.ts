import { ALL_COLLECTORS, type CollectorChoice } from "../catalog/choices.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { ProcFs } from "../proc/procfs.ts";
import type { Collector, MakeCollector } from "./collector.ts";

/*
 * Every collector of the machine, one row each. The rows alone answer what `--collectors` may name, what
 * `--list-collectors` shows, and what is read just before the command starts; the collectors' own code is loaded when they
 * are made, after the start.
 */

/** What must be known of a collector to want it or not, and how it is made. */
export interface CollectorKind {
  /** As `--collectors` names it; also the collector's own name. */
  readonly name: string;
  /** What it records, in a few words. */
  readonly what: string;
  /** The files that it reads on every machine: the first sample is made from what they hold just before the command starts. */
  readonly files?: readonly string[];
  /** The files and folders that it reads besides, as a person would write them. */
  readonly reads?: readonly string[];
  /** The one other way in which it can work, as `--collectors name=way`. */
  readonly way?: { readonly name: string; readonly what: string };
  /** Loads its code. */
  readonly load: () => MakeCollector;
}

export const COLLECTORS: readonly CollectorKind[] = [
  {
    name: "cpu",
    what: "CPU time by CPU and mode, tasks, switches, interrupts",
    files: ["/proc/stat"],
    way: { name: "total", what: "the sum of all CPUs instead of each" },
    load: () => require("./machine/cpu.ts").cpu,
  },
  {
    name: "memory",
    what: "memory by use, swap space",
    files: ["/proc/meminfo"],
    load: () => require("./machine/memory.ts").memory,
  },
  {
    name: "network",
    what: "bytes, packets, errors and drops by interface",
    files: ["/proc/net/dev"],
    load: () => require("./machine/network.ts").network,
  },
  {
    name: "disk",
    what: "bytes, requests, waiting and busy time by disk",
    files: ["/proc/diskstats"],
    load: () => require("./machine/disk.ts").disk,
  },
  {
    name: "pressure",
    what: "time that tasks waited for CPU, memory, I/O",
    files: ["/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io"],
    load: () => require("./machine/pressure.ts").pressure,
  },
  {
    name: "load",
    what: "load averages",
    files: ["/proc/loadavg"],
    load: () => require("./machine/load.ts").load,
  },
  {
    name: "paging",
    what: "swapping, page faults, OOM kills, reclaim stalls",
    files: ["/proc/vmstat"],
    load: () => require("./machine/memory.ts").paging,
  },
  {
    name: "tcp",
    what: "TCP segments, retransmits, resets; UDP losses",
    files: ["/proc/net/snmp"],
    load: () => require("./machine/sockets.ts").tcp,
  },
  {
    name: "listen",
    what: "connections that listening sockets refused, once a second",
    files: ["/proc/net/netstat"],
    load: () => require("./machine/sockets.ts").listen,
  },
  {
    name: "sockets",
    what: "TCP sockets in use",
    files: ["/proc/net/sockstat", "/proc/net/sockstat6"],
    load: () => require("./machine/sockets.ts").sockets,
  },
  {
    name: "frequency",
    what: "clock of each CPU, up to 32 of them",
    reads: ["/sys/devices/system/cpu/cpufreq/policyN/scaling_cur_freq"],
    way: { name: "all", what: "on wider machines too" },
    load: () => require("./machine/cpu-clocks.ts").frequency,
  },
  {
    name: "thermal",
    what: "times that CPUs were slowed for heat, up to 32 of them",
    reads: [
      "/sys/devices/system/cpu/cpuN/thermal_throttle/core_throttle_count",
      "/sys/devices/system/cpu/cpuN/thermal_throttle/package_throttle_count",
    ],
    way: { name: "all", what: "on wider machines too" },
    load: () => require("./machine/cpu-clocks.ts").thermal,
  },
  {
    name: "container",
    what: "the control group that statexec runs in: use, limits, pressure",
    reads: ["/proc/self/cgroup", "/sys/fs/cgroup"],
    load: () => require("./cgroup/container-cgroup.ts").container,
  },
];

/** Returns the collectors of a choice, all names of which are known. */
export function chosenKinds({ only, without, ways }: CollectorChoice): CollectorKind[] {
  const chosen: CollectorKind[] = [];
  for (const kind of COLLECTORS) {
    const isNamed = only.length === 0 || only.includes(kind.name) || ways.some(([name]) => name === kind.name);
    if (isNamed && !without.includes(kind.name)) chosen.push(kind);
  }
  return chosen;
}

/** Makes a collector, in its other way where that is asked for. */
export function makeCollector(kind: CollectorKind, proc: ProcFs, clock: Clock, otherWay: boolean): Collector {
  return kind.load()({ name: kind.name, proc, clock, otherWay });
}

/** Makes the collectors of a choice, all names of which are known. */
export function machineCollectors(proc: ProcFs, choice = ALL_COLLECTORS, clock: Clock = systemClock): Collector[] {
  const otherWay = (kind: CollectorKind) => choice.ways.some(([name]) => name === kind.name);
  return chosenKinds(choice).map((kind) => makeCollector(kind, proc, clock, otherWay(kind)));
}

/** Returns the files of a choice that are read just before the command starts. */
export function filesBeforeStart(choice: CollectorChoice): string[] {
  const files: string[] = [];
  for (const kind of chosenKinds(choice)) if (kind.files) files.push(...kind.files);
  return files;
}

/** Returns the first word of a choice that names no collector, and all words that would; undefined: every word is known. */
export function unknownCollector(
  choice: CollectorChoice,
): { readonly word: string; readonly known: readonly string[] } | undefined {
  const names = COLLECTORS.map(({ name }) => name);
  for (const word of [...choice.only, ...choice.without, ...choice.ways.map(([name]) => name)])
    if (!names.includes(word)) return { word, known: names };
  const ways = COLLECTORS.flatMap(({ name, way }) => (way ? [`${name}=${way.name}`] : []));
  const word = choice.ways.map((pair) => pair.join("=")).find((each) => !ways.includes(each));
  return word === undefined ? undefined : { word, known: ways };
}
