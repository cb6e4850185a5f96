import { describe, expect, test } from "bun:test";
import { COMMAND, RECORDER, series } from "../../src/catalog/index.ts";
import { profileOf } from "../../src/recording/profile.ts";
import { sizingOf } from "../../src/recording/sizing.ts";
import { run } from "./runs.ts";

const USER = series(COMMAND.cpuSeconds, { mode: "user" });
const SYSTEM = series(COMMAND.cpuSeconds, { mode: "system" });
const RESIDENT = series(COMMAND.memoryResident);
const PEAK = series(COMMAND.memoryPeak);
const MIB = 2 ** 20;

describe("a profile", () => {
  test("has the CPU time of each part, and the highest memory in it", () => {
    const made = run(
      [USER, SYSTEM, RESIDENT],
      [
        [0, 1, 0, 0, undefined],
        [1000, 1, 1, 0, 10],
        [2000, 1, 1, 1, 30],
        [3000, 1, 3, 1, 20],
        [4000, 2, 3, 1, undefined],
      ],
    );
    const profile = profileOf(made, 2)!;
    expect([...profile.cores]).toEqual([1, 1]);
    expect([...profile.memoryBytes]).toEqual([10, 30]);
    const whole = profileOf(made, 24)!;
    expect([...whole.cores]).toEqual([1, 1, 2, 0]);
    expect([...whole.memoryBytes]).toEqual([Number.NaN, 10, 30, 20]);
  });

  test("has the memory of which the peak is told, and the part before where no sample was in one", () => {
    const rows = [
      [0, 1, 0, 900, 10, 1],
      [1000, 1, 1, 900, 20, 2],
      [3000, 1, 1, 900, 50, 5],
      [4000, 1, 2, 900, undefined, 7],
      [5000, 2, 2, 900, undefined, 7],
    ] as const;
    const held = [series(COMMAND.memoryAnonymous), series(COMMAND.memoryShared)];
    const { memoryBytes, isMemoryResident } = profileOf(run([USER, RESIDENT, ...held], rows), 5)!;
    expect([...memoryBytes]).toEqual([22, 22, 55, Number.NaN]);
    expect(isMemoryResident).toBe(false);
  });

  test("spreads growth between two samples over the parts between them", () => {
    const made = run(
      [USER],
      [
        [0, 1, 0],
        [1000, 1, undefined],
        [2000, 1, undefined],
        [4000, 2, 4],
      ],
    );
    for (const cores of profileOf(made, 3)!.cores) expect(cores).toBeCloseTo(1, 5);
  });

  test("is by the times at which the counters were read, however late", () => {
    const tree = series(RECORDER.collectorSeconds, { source: "tree" });
    // One core for all of its eight seconds; the second sample waited for 3 s before it had read the processes.
    const rows = [
      [0, 1, 0, 0],
      [1000, 1, 4, 3],
      [5000, 1, 5, 3],
      [6000, 1, 6, 3],
      [8000, 2, 8, 3],
    ] as const;
    const cores = [...profileOf(run([USER, tree], rows), 4)!.cores];
    for (const value of cores) expect(value).toBeCloseTo(1, 9);
  });

  test("does not exist for a run with too few samples", () => {
    const made = run(
      [USER],
      [
        [0, 1, 0],
        [1000, 2, 1],
      ],
    );
    expect(profileOf(made, 8)).toBeUndefined();
  });
});

describe("sizing", () => {
  /** One core in each second but one, in which it is two, and a peak of memory. */
  const seconds = (count: number) =>
    run(
      [USER, PEAK],
      Array.from({ length: count + 1 }, (_, at) => [at * 1000, at === count ? 2 : 1, at + (at > 5 ? 1 : 0), 100 * MIB]),
    );

  test("requests the 95th percentile and limits with room above the highest", () => {
    expect(sizingOf(seconds(30))).toEqual({
      cpuRequestCores: 1,
      cpuLimitCores: 2.4,
      memoryRequestBytes: 112 * MIB,
      memoryLimitBytes: 128 * MIB,
    });
  });

  test("is never above the CPUs that the affinity mask allowed, if these were fewer than the machine's", () => {
    expect(sizingOf(seconds(30), { cpus: 4, cpusAllowed: 2 })?.cpuLimitCores).toBe(2);
    expect(sizingOf(seconds(30), { cpus: 2, cpusAllowed: 2 })?.cpuLimitCores).toBe(2.4);
    expect(sizingOf(seconds(30), { cpus: 4, cpusAllowed: 3, cpusQuota: 1.5 })?.cpuLimitCores).toBe(1.5);
    expect(sizingOf(seconds(30), { cpus: 4, cpusQuota: 8 })?.cpuLimitCores).toBe(2.4);
  });

  test("needs twenty seconds", () => {
    expect(sizingOf(seconds(19))).toBeUndefined();
    expect(sizingOf(seconds(20))).toBeDefined();
  });
});
