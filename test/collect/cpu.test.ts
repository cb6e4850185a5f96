import { describe, expect, test } from "bun:test";
import { procTree } from "../helpers/proc-tree.ts";
import { GONE, labels, made, sampled, stat } from "./rows.ts";

describe("cpu", () => {
  const USER = "statexec_cpu_seconds_total cpu0 user";
  const IDLE = "statexec_cpu_seconds_total cpu0 idle";

  test("every mode of every CPU by its name", () => {
    const collector = made(
      "cpu",
      procTree({
        "/proc/stat": "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n",
      }),
    );
    const modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestNice"];
    const expected = Object.fromEntries(
      modes.map((mode, i) => [`statexec_cpu_seconds_total cpu0 ${mode}`, (i + 1) / 100]),
    );
    expect(sampled(collector, labels(collector))).toMatchObject(expected);
  });

  test("a small fall is held at the last value, also over a time offline; a large one is a restart", () => {
    const tree = procTree({ "/proc/stat": stat({ 0: 5000, 1: 1 }, 1000) });
    const collector = made("cpu", tree);
    const keys = labels(collector);
    const at = (user: number, idle: number) => {
      tree.set("/proc/stat", stat({ 0: user, 1: 1 }, idle));
      const values = sampled(collector, keys)!;
      return [values[USER], values[IDLE]];
    };
    expect(at(5000, 1000)).toEqual([50, 10]);
    expect(at(5001, 701)).toEqual([50.01, 10]);
    expect(at(5001, 999)).toEqual([50.01, 10]);
    expect(at(5001, 1001)).toEqual([50.01, 10.01]);
    tree.set("/proc/stat", stat({ 1: 1 }));
    expect(sampled(collector, keys)![IDLE]).toBe(GONE);
    expect(at(4999, 1000)).toEqual([50.01, 10.01]);
    expect(at(1, 701)).toEqual([0.01, 7.01]);
  });

  test("a CPU that comes online changes the set; one that was there before does not", () => {
    const tree = procTree({ "/proc/stat": stat({ 0: 100 }) });
    const collector = made("cpu", tree);
    const one = labels(collector);
    sampled(collector, one);
    tree.set("/proc/stat", stat({ 0: 100, 3: 300 }));
    expect(sampled(collector, one)).toBeUndefined();
    const two = labels(collector);
    expect(two.slice(0, one.length)).toEqual(one);
    expect(sampled(collector, two)!["statexec_cpu_seconds_total cpu3 user"]).toBe(3);
    tree.set("/proc/stat", stat({ 3: 301 }));
    expect(sampled(collector, two)).toMatchObject({ [USER]: GONE, "statexec_cpu_seconds_total cpu3 user": 3.01 });
    expect(collector.facts?.()).toContainEqual(["cpus", "1"]);
  });

  test("the hold lasts over a new set of series", () => {
    const tree = procTree({ "/proc/stat": stat({ 0: 1 }, 1000) });
    const collector = made("cpu", tree);
    sampled(collector, labels(collector));
    tree.set("/proc/stat", stat({ 0: 1, 1: 1 }, 900));
    expect(collector.sample(new Float64Array(16))).toBe(false);
    expect(sampled(collector, labels(collector))![IDLE]).toBe(10);
  });

  test.each<[string, string[]]>([
    ["0", ["cpus_allowed", "1"]],
    ["0-3", ["cpus_allowed", "4"]],
    ["1,4-7,127", ["cpus_allowed", "6"]],
  ])("the CPUs of the affinity mask %p are counted", (list, fact) => {
    const status = `Cpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`;
    const tree = procTree({ "/proc/stat": stat({ 0: 1 }), "/proc/self/status": `Name:\tx\n${status}` });
    const collector = made("cpu", tree);
    collector.describe();
    expect(collector.facts?.()).toContainEqual(fact as [string, string]);
    tree.set("/proc/self/status", "Name:\tx\n");
    expect(collector.facts?.()).toEqual([["cpus", "1"]]);
    tree.forbid("/proc/self/status");
    expect(collector.facts?.()).toEqual([["cpus", "1"]]);
  });

  test("a refused cpuinfo is a fact less", () => {
    const tree = procTree({ "/proc/stat": stat({ 0: 1 }), "/proc/cpuinfo": "model name\t: X\n" });
    const collector = made("cpu", tree);
    collector.describe();
    expect(collector.facts?.()).toEqual([
      ["cpus", "1"],
      ["cpu_model", "X"],
    ]);
    tree.forbid("/proc/cpuinfo");
    expect(collector.facts?.()).toEqual([["cpus", "1"]]);
  });
});
