import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { sampleName } from "../../src/catalog/index.ts";
import { machineCollectors } from "../../src/collect/index.ts";
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
      return [
        [`statexec_disk_read_bytes_total ${cells[2]}`, Number(cells[5]) * 512] as const,
        [`statexec_disk_write_bytes_total ${cells[2]}`, Number(cells[9]) * 512] as const,
      ];
    }),
  );
}

function readAll(): Map<string, number> {
  return new Map([...cpuCounters(), ...networkCounters(), ...diskCounters()]);
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
    // A group's are checked in their own tests: not every machine has one.
    const counters = [...sampled].filter(([name]) => /^(?!statexec_container_)\S+_total( |$)/.test(name));
    expect(counters.map(([name]) => name).sort()).toEqual([...before.keys()].sort());
    for (const [name, value] of counters) {
      // The kernel lets idle and iowait step back a little.
      const slack = / (idle|iowait)$/.test(name) ? 0.05 : 0;
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
