import { describe, expect, test } from "bun:test";
import { setUp } from "./collected.ts";

const commOf = (sampled: Record<string, number>, what: string) =>
  Object.fromEntries(
    Object.entries(sampled)
      .filter(([key]) => key.startsWith(`comm_${what} `))
      .map(([key, value]) => [key.slice(`comm_${what} `.length), value]),
  );

describe("the use by name", () => {
  /** The end of a command whose processes used this, by name. */
  function endOf(uses: readonly (readonly [name: string, seconds: number, pages: number])[]) {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ name: "make" });
    const pids = uses.map(([name, userSeconds, residentPages]) =>
      kernel.fork(root, { name, userSeconds, residentPages }),
    );
    sample();
    for (const pid of [...pids, root]) kernel.end(pid);
    collector.commandEnded();
    return sample();
  }

  test("adds up the processes of one name", () => {
    const sampled = endOf([
      ["cc", 2, 100],
      ["ld", 1, 500],
      ["cc", 3, 50],
    ]);
    expect(commOf(sampled, "cpu_seconds_total")).toEqual({ cc: 5, ld: 1, make: 0, other: 0 });
    expect(commOf(sampled, "memory_peak_bytes")).toEqual({ cc: 614_400, ld: 2_048_000, make: 4096 });
    expect(commOf(sampled, "processes")).toEqual({ cc: 2, ld: 1, make: 1 });
  });

  test("has the largest by time and by memory, twenty in all, and the rest together", () => {
    const uses = Array.from({ length: 40 }, (_, i) => [`p${i}`, i, 1000 - i] as const);
    const sampled = endOf(uses);
    const seconds = commOf(sampled, "cpu_seconds_total");
    expect(Object.keys(seconds).length).toBe(21);
    for (const name of ["p39", "p30", "p0", "p9"]) expect(seconds[name], name).toBeDefined();
    expect(seconds.other).toBe(uses.slice(10, 30).reduce((sum, [, each]) => sum + each, 0));
    expect(commOf(sampled, "memory_peak_bytes").other).toBe(990 * 4096);
    expect(commOf(sampled, "processes").other).toBe(21);
  });

  test("keeps 2,000 names; processes of any other are in the rest", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ name: "make" });
    for (let i = 0; i < 2500; i++) kernel.fork(root, { name: `n${i}`, userSeconds: 0.01, residentPages: 0 });
    kernel.fork(root, { name: "late", userSeconds: 100 });
    sample();
    collector.commandEnded();
    const sampled = sample();
    expect(Object.keys(commOf(sampled, "cpu_seconds_total")).length).toBe(21);
    expect(commOf(sampled, "cpu_seconds_total").other).toBeGreaterThan(100);
    expect(sampled["cpu_seconds_total user"]).toBeCloseTo(125, 6);
  });

  test("goes by the name of now: a process that executes a program takes its name", () => {
    const { kernel, collector, sample, start } = setUp();
    const root = start({ name: "statexec", userSeconds: 0.5 });
    sample();
    kernel.at(root).name = "a) R 1";
    kernel.burn(root, 2);
    sample();
    kernel.end(root);
    collector.commandEnded();
    const sampled = sample();
    expect(commOf(sampled, "cpu_seconds_total")).toEqual({ "a) R 1": 2, statexec: 0.5, other: 0 });
    expect(commOf(sampled, "processes")).toEqual({ "a) R 1": 1, statexec: 0 });
  });
});
