import { describe, expect, test } from "bun:test";
import { parseBudgets } from "../../src/cli/budget-syntax.ts";
import { Fault } from "../../src/cli/option-values.ts";
import { configFor } from "../helpers/config.ts";

function limitsOf(text: string) {
  const read = parseBudgets(text);
  if (read instanceof Fault) throw new Error(read.clause);
  return read.map(({ name, inclusive, limit }) => [name, inclusive, "value" in limit ? limit.value : limit]);
}

function clauseOf(text: string): string {
  const read = parseBudgets(text);
  return read instanceof Fault ? read.clause : "taken";
}

const MIB = 2 ** 20;

describe("a budget", () => {
  test.each([
    ["wall<90s", ["wall", false, 90]],
    ["wall<1500ms", ["wall", false, 1.5]],
    ["wall<=2m", ["wall", true, 120]],
    ["cpu<1h", ["cpu", false, 3600]],
    ["cpu < 0.5 s", ["cpu", false, 0.5]],
    ["memory<512MiB", ["memory", false, 512 * MIB]],
    ["memory<1.5GiB", ["memory", false, 1536 * MIB]],
    ["memory-with-cache<=1GB", ["memory-with-cache", true, 1e9]],
    ["read<4KiB", ["read", false, 4096]],
    ["written<10kB", ["written", false, 10_000]],
    ["written<7MB", ["written", false, 7_000_000]],
    ["written<7B", ["written", false, 7]],
    ["memory<2G", ["memory", false, 2048 * MIB]],
    ["memory<300m", ["memory", false, 300 * MIB]],
    ["memory<3Gi", ["memory", false, 3072 * MIB]],
    ["memory<30mb", ["memory", false, 30e6]],
    ["read<1T", ["read", false, 1024 * 1024 * MIB]],
    ["wall<10min", ["wall", false, 600]],
    ["wall<10sec", ["wall", false, 10]],
    ["processes<=64", ["processes", true, 64]],
    ["threads<1", ["threads", false, 1]],
    ["instructions<2e9", ["instructions", false, 2_000_000_000]],
    ["instructions<=1.5e10", ["instructions", true, 15_000_000_000]],
    ["cpu<+10%", ["cpu", false, { overBaseline: 0.1 }]],
    ["memory<=+2.5%", ["memory", true, { overBaseline: 0.025 }]],
  ])("%s", (text, expected) => {
    expect(limitsOf(text)).toEqual([expected as ReturnType<typeof limitsOf>[number]]);
  });

  test("several are separated by commas", () => {
    expect(limitsOf("cpu<1s, memory<1MiB,wall<2s")).toHaveLength(3);
  });

  test.each([
    ["link:memory<2GiB", ["link", "memory", 2048 * MIB]],
    ["link all: wall <= 9s", ["link all", "wall", 9]],
    ["a:b:cpu<1s", ["a:b", "cpu", 1]],
    ["memory<1KiB", [undefined, "memory", 1024]],
  ])("of a phase: %s", (text, expected) => {
    const read = parseBudgets(text);
    const limits = read instanceof Fault ? [] : read;
    expect(limits.map(({ phase, name, limit }) => [phase, name, "value" in limit && limit.value])).toEqual([
      expected as unknown[],
    ] as never);
  });

  const NAMES = "wall, cpu, memory, memory-with-cache, processes, threads, read, written, instructions";

  test.each([
    ["memory", "expected a name, < or <=, and a limit (e.g. memory<512MiB)"],
    [
      "link:threads<4",
      "expected one of wall, cpu, memory, read, written after the phase and its colon: threads is not known of phases",
    ],
    ["link:mem<1MiB", `expected one of ${NAMES} before < (did you mean memory?)`],
    ["memory>1MiB", "expected a name, < or <=, and a limit (e.g. memory<512MiB)"],
    ["rss<1MiB", `expected one of ${NAMES} before <`],
    ["mem<1MiB", `expected one of ${NAMES} before < (did you mean memory?)`],
    ["witten<1MiB", `expected one of ${NAMES} before < (did you mean written?)`],
    ["<=1s", `expected one of ${NAMES} before <=`],
    ["toString<1s", `expected one of ${NAMES} before <`],
    [
      "memory<512MiBs",
      "expected a number and one of B, kB, MB, GB, KiB, MiB, GiB (M is MiB) for memory (e.g. memory<512MiB), +10% over a --baseline, or +10% of history",
    ],
    [
      "memory<512",
      "expected a number and one of B, kB, MB, GB, KiB, MiB, GiB (M is MiB) for memory (e.g. memory<512MiB), +10% over a --baseline, or +10% of history",
    ],
    [
      "wall<1MiB",
      "expected a number and one of ms, s, min, h for wall (e.g. wall<90s), +10% over a --baseline, or +10% of history",
    ],
    [
      "cpu<10%",
      "expected a number and one of ms, s, min, h for cpu (e.g. cpu<90s), +10% over a --baseline, or +10% of history",
    ],
    [
      "cpu<-1s",
      "expected a number and one of ms, s, min, h for cpu (e.g. cpu<90s), +10% over a --baseline, or +10% of history",
    ],
    [
      "threads<1s",
      "expected a number without a unit for threads (e.g. threads<64), +10% over a --baseline, or +10% of history",
    ],
    ["wall<1s,", "expected a name, < or <=, and a limit (e.g. memory<512MiB)"],
  ])("%s is refused with what is expected", (text, clause) => {
    expect(clauseOf(text)).toBe(clause);
  });
});

describe("several budgets", () => {
  test("of flags are one list, and any flag wins over the variable", () => {
    const { budgets: flags } = configFor(["--budget", "cpu<1s", "--budget=wall<2s,threads<3", "ls"], {
      SE_BUDGET: "x",
    });
    expect(flags.map(({ text }) => text)).toEqual(["cpu<1s", "wall<2s", "threads<3"]);
    expect(configFor(["ls"], { SE_BUDGET: "cpu<1s,wall<2s" }).budgets).toHaveLength(2);
  });

  test("that are relative need a baseline", () => {
    const baseline = ["--baseline", "a.prom", "--baseline", "b.prom"];
    expect(configFor(["--budget", "cpu<+10%", ...baseline, "ls"]).baselines).toEqual(["a.prom", "b.prom"]);
    expect(() => configFor(["--budget", "cpu<+10%", "ls"])).toThrow(
      '--budget: "cpu<+10%" needs a run to compare with; add --baseline base.prom',
    );
    expect(() => configFor(["ls"], { SE_BUDGET: "cpu<+1%" })).toThrow('SE_BUDGET: "cpu<+1%" needs a run');
  });
});
