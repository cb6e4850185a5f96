import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { sampleName } from "../../src/catalog/index.ts";
import { machineCollectors } from "../../src/collect/registry.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";

// An independent reader: text, split and BigInt, sharing no code with the parsers.

const lines = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : []);

function cpuCounters(): Map<string, number> {
  const modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestNice"];
  const rows = lines("/proc/stat").filter((line) => /^cpu\d/.test(line));
  return new Map(
    rows.flatMap((line) => {
      const [cpu, ...ticks] = line.split(/\s+/);
      return ticks.map((n, i) => [`statexec_cpu_seconds_total ${cpu} ${modes[i]}`, Number(n) / 100] as const);
    }),
  );
}

function networkCounters(): Map<string, number> {
  return new Map(
    lines("/proc/net/dev")
      .slice(2)
      .flatMap((line) => {
        const [, name, rest] = /^\s*(.*):\s*(.*)$/.exec(line)!;
        const cells = rest!.split(/\s+/).map(Number);
        return [
          [`statexec_network_received_bytes_total ${name}`, cells[0]!] as const,
          [`statexec_network_sent_bytes_total ${name}`, cells[8]!] as const,
          ...["packets", "errors", "drops"].flatMap((what, i) => [
            [`statexec_network_${what}_total ${name} received`, cells[i + 1]!] as const,
            [`statexec_network_${what}_total ${name} sent`, cells[i + 9]!] as const,
          ]),
        ];
      }),
  );
}

function diskCounters(): Map<string, number> {
  const disks = readdirSync("/sys/block").filter((name) => !/^(loop|ram|zram)/.test(name));
  return new Map(
    lines("/proc/diskstats").flatMap((line) => {
      const cells = line.trim().split(/\s+/);
      if (!disks.includes(cells[2]!.replace("/", "!"))) return [];
      const [disk, counters] = [cells[2]!, cells.slice(3).map(Number)];
      const columns: [name: string, column: number, factor: number][] = [
        [`read_bytes_total ${disk}`, 2, 512],
        [`write_bytes_total ${disk}`, 6, 512],
        [`busy_seconds_total ${disk}`, 9, 0.001],
        [`discard_bytes_total ${disk}`, 13, 512],
        ...["read", "write", "", "discard", "flush"].flatMap((mode, i): typeof columns => [
          [`operations_total ${disk} ${mode}`, [0, 4, 99, 11, 15][i]!, 1],
          [`wait_seconds_total ${disk} ${mode}`, [3, 7, 99, 14, 16][i]!, 0.001],
        ]),
      ];
      const there = columns.filter(([, column]) => column < counters.length);
      return there.map(([name, column, factor]) => [`statexec_disk_${name}`, counters[column]! * factor] as const);
    }),
  );
}

/** The value behind a word at a line's start. */
function word(path: string, name: string): number {
  return Number(
    lines(path)
      .map((line) => new RegExp(`^${name}\\s+(\\d+)`).exec(line)?.[1])
      .find(Boolean),
  );
}

function kernelCounters(): Map<string, number> {
  const stalls = lines("/proc/vmstat").filter((line) => line.startsWith("allocstall"));
  const all: [string, number][] = [
    ["context_switches_total", word("/proc/stat", "ctxt")],
    ["interrupts_total", word("/proc/stat", "intr")],
    ["forks_total", word("/proc/stat", "processes")],
    ["swap_in_bytes_total", word("/proc/vmstat", "pswpin") * PAGE],
    ["swap_out_bytes_total", word("/proc/vmstat", "pswpout") * PAGE],
    ["memory_refault_bytes_total", word("/proc/vmstat", "workingset_refault_file") * PAGE],
    ["page_faults_total major", word("/proc/vmstat", "pgmajfault")],
    ["page_faults_total minor", word("/proc/vmstat", "pgfault") - word("/proc/vmstat", "pgmajfault")],
    ["oom_kills_total", word("/proc/vmstat", "oom_kill")],
    ["reclaim_stalls_total", stalls.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0)],
  ];
  for (const resource of ["cpu", "memory", "io"])
    for (const line of lines(`/proc/pressure/${resource}`)) {
      const [, mode, total] = /^(\w+) .*total=(\d+)$/.exec(line)!;
      all.push([`pressure_seconds_total ${resource} ${mode}`, Number(total) / 1e6]);
    }
  return new Map(all.map(([name, value]) => [`statexec_${name}`, value]));
}

const PAGE = Number(spawnSync("getconf", ["PAGESIZE"]).stdout);

function tcpCounters(): Map<string, number> {
  const column = (path: string, line: string, name: string) => {
    const [names, values] = lines(path)
      .filter((text) => text.startsWith(`${line}: `))
      .map((text) => text.split(" "));
    return Number(values?.[names?.indexOf(name) ?? -1]);
  };
  const snmp = (line: string, name: string) => column("/proc/net/snmp", line, name);
  const netstat = (name: string) => column("/proc/net/netstat", "TcpExt", name);
  return new Map([
    ["statexec_tcp_segments_total sent", snmp("Tcp", "OutSegs")],
    ["statexec_tcp_segments_total received", snmp("Tcp", "InSegs")],
    ["statexec_tcp_retransmitted_segments_total", snmp("Tcp", "RetransSegs")],
    ["statexec_tcp_resets_total sent", snmp("Tcp", "OutRsts")],
    ["statexec_tcp_resets_total received", snmp("Tcp", "EstabResets")],
    ["statexec_udp_errors_total receive_buffer", snmp("Udp", "RcvbufErrors")],
    ["statexec_udp_errors_total send_buffer", snmp("Udp", "SndbufErrors")],
    ["statexec_udp_errors_total no_port", snmp("Udp", "NoPorts")],
    ["statexec_tcp_listen_drops_total", netstat("ListenDrops")],
    ["statexec_tcp_listen_overflows_total", netstat("ListenOverflows")],
  ]);
}

function readAll(): Map<string, number> {
  return new Map([...cpuCounters(), ...networkCounters(), ...diskCounters(), ...kernelCounters(), ...tcpCounters()]);
}

const proc = kernelFs();
afterAll(() => proc.close());

/** One sample of everything, by series. */
function sampleAll(collectors = machineCollectors(proc)): Map<string, number> {
  const sampled = new Map<string, number>();
  for (const collector of collectors) {
    const keys = collector.describe();
    const row = new Float64Array(keys.length);
    expect(collector.sample(row), collector.name).toBe(true);
    for (const [i, key] of keys.entries()) sampled.set([sampleName(key.metric), ...key.labels].join(" "), row[i]!);
  }
  return sampled;
}

describe("the live machine", () => {
  test("every counter lies between a read just before and one just after, and none is missing", () => {
    const before = readAll();
    const sampled = sampleAll();
    const after = readAll();
    // Throttling is read on some machines only, and not every machine has a group: they have tests of their own.
    const counters = [...sampled].filter(([name]) =>
      /^(?!statexec_(container_|cpu_throttles))\S+_total( |$)/.test(name),
    );
    expect(counters.map(([name]) => name).sort()).toEqual([...before.keys()].sort());
    for (const [name, value] of counters) {
      // The kernel lets idle and iowait step back a little.
      const slack = / (idle|iowait)$/.test(name) ? 0.05 : 1e-9;
      expect(value, name).toBeGreaterThanOrEqual(before.get(name)! - slack);
      expect(value, name).toBeLessThanOrEqual(after.get(name)! + slack);
    }
  });

  test("memory agrees with meminfo", () => {
    const meminfo = () =>
      new Map(lines("/proc/meminfo").map((line) => [line.split(":")[0]!, Number(line.split(/\s+/)[1]) * 1024]));
    const before = meminfo();
    const sampled = sampleAll();
    const after = meminfo();
    const total = before.get("MemTotal")!;
    expect(sampled.get("statexec_memory_total_bytes")).toBe(total);
    // Free memory goes up and down: near both reads is all that can be asked of it.
    const [low, high] = [before.get("MemFree")!, after.get("MemFree")!].sort((a, b) => a - b);
    expect(sampled.get("statexec_memory_free_bytes")).toBeGreaterThan(low! - total / 20);
    expect(sampled.get("statexec_memory_free_bytes")).toBeLessThan(high! + total / 20);
    const parts = ["used", "free", "buffers", "cached"].map((part) => sampled.get(`statexec_memory_${part}_bytes`)!);
    expect(parts.reduce((sum, part) => sum + part)).toBe(total);
  });

  test("facts are known", () => {
    const collectors = machineCollectors(proc);
    for (const collector of collectors) collector.describe();
    const facts = collectors.flatMap((collector) => collector.facts?.() ?? []);
    expect(Object.fromEntries(facts).cpus).toBe(String(lines("/proc/stat").filter((l) => /^cpu\d/.test(l)).length));
    expect(facts.filter(([fact]) => fact === "summed_interface").map(([, name]) => name)).toContain("lo");
    expect(Object.fromEntries(facts).memory_bytes).toMatch(/^\d+$/);
  });
});
