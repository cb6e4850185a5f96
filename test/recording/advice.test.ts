import { expect, test } from "bun:test";
import { adviceOn, edgesOf, mainSpan } from "../../src/recording/advice.ts";
import type { Diagnosis } from "../../src/recording/diagnosis.ts";
import type { LimitEvidence, RunEvidence } from "../../src/recording/limit-evidence.ts";

const stepsOf = (...seconds: readonly number[]) => seconds.map((one) => ({ seconds: one }) as LimitEvidence);
const runOf = (...seconds: readonly number[]) => ({ steps: stepsOf(...seconds) }) as unknown as RunEvidence;

test("steps follow one another", () => {
  expect(edgesOf(stepsOf(1, 2, 0.5))).toEqual([0, 1, 3, 3.5]);
});

test.each<[string, readonly number[], Record<number, number>, { from: number; to: number } | undefined]>([
  ["of one step", [1, 1, 1], { 1: 1 }, { from: 1, to: 2 }],
  ["of neighbours", [1, 1, 1, 1], { 1: 1, 2: 1 }, { from: 1, to: 3 }],
  ["of a long step and a short one far away", [8, 20, 1], { 0: 1, 2: 1 }, { from: 0, to: 8 }],
  ["of two equal steps far apart", [1, 20, 1], { 0: 1, 2: 1 }, { from: 0, to: 22 }],
  ["of shares of steps", [10, 10, 10], { 0: 0.05, 1: 0.1, 2: 1 }, { from: 20, to: 30 }],
  ["of none", [1, 1], {}, undefined],
])("the main span %s", (_, seconds, held, span) => {
  const places = new Map(Object.entries(held).map(([at, share]) => [Number(at), share]));
  expect(mainSpan(runOf(...seconds), places)).toEqual(span);
});

test("CPUs that the command may not use are named where it used all of its own", () => {
  const cpu = { limitedBy: "cpu", text: "CPU", evidence: "" } as Diagnosis;
  const step = (cpus: number, machineCpus: number) => ({ cpus, machineCpus }) as LimitEvidence;
  expect(adviceOn(cpu, step(2, 8))).toBe("It may use 2 of the machine's 8 CPUs: more of them may help.");
  expect(adviceOn(cpu, step(8, 8))).toBe("More or faster CPUs may help.");
  expect(adviceOn(cpu, step(Number.NaN, 8))).toBe("More or faster CPUs may help.");
});

test("every limit has an advice of one sentence or two", () => {
  for (const limitedBy of ["memory", "cpu_quota", "cpu_starved", "cpu_part", "cpu_one_thread", "disk"] as const)
    expect(adviceOn({ limitedBy, text: "", evidence: "" })).toMatch(/^[A-Z].*(help|CPUs|threads)\b.*\.$/);
  for (const hasTraffic of [true, undefined])
    expect(adviceOn({ limitedBy: "waiting", text: "", evidence: "", ...(hasTraffic && { hasTraffic }) })).toContain(
      hasTraffic ? "network" : "timers",
    );
});
