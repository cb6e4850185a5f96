import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { LimitEvidence, RunEvidence } from "../../src/recording/limit-evidence.ts";
import { WALL_TIME_PARTS, wallTimeOf, wallTimeOfStep, wholePercents } from "../../src/recording/wall-time.ts";

/** Ten seconds of a command that used a tenth of a core of four, and whose waits are all known. */
const CALM: LimitEvidence = {
  ...{ seconds: 10, cpus: 4, machineCpus: 4, quotaCores: Number.NaN, ownCores: 0.1, machineCores: 0.4 },
  ...{ runDelaySeconds: 0, hasUnseen: false, throttledSeconds: Number.NaN },
  ...{ cpuPressure: 0, memoryPressure: 0, ioPressure: 0, pressureIsOwn: false },
  ...{
    swapInBytes: 0,
    ownReadBytes: 0,
    ownRefaultBytes: 0,
    diskBusy: 0,
    busiestDisk: "sda",
    iowaitCores: 0,
    ownDiskBytes: 1000,
    networkBytes: 0,
  },
};

/** The parts of a step in whole percents: running, CPU, disk, memory, sleeping. */
function percents(step: Partial<LimitEvidence>): number[] | undefined {
  const shares = wallTimeOfStep({ ...CALM, ...step });
  const whole = shares && wholePercents(shares);
  return whole && WALL_TIME_PARTS.map((part) => whole[part]);
}

describe("where the time of a step went", () => {
  test.each<[what: string, step: Partial<LimitEvidence>, parts: number[] | undefined]>([
    ["it slept", {}, [10, 0, 0, 0, 90]],
    ["one thread ran", { ownCores: 1 }, [100, 0, 0, 0, 0]],
    ["all cores ran", { ownCores: 4, machineCores: 4 }, [100, 0, 0, 0, 0]],
    ["others had the CPUs", { ownCores: 0.25, runDelaySeconds: 7.5, machineCores: 4 }, [25, 75, 0, 0, 0]],
    ["its own threads waited for each other", { ownCores: 4, runDelaySeconds: 40, machineCores: 4 }, [50, 50, 0, 0, 0]],
    ["many threads woke together on free CPUs", { ownCores: 0.1, runDelaySeconds: 9 }, [10, 10, 0, 0, 80]],
    ["its quota held it back", { ownCores: 0.5, throttledSeconds: 5 }, [50, 50, 0, 0, 0]],
    ["the disk was full", { ownCores: 0.2, diskBusy: 0.97 }, [20, 0, 80, 0, 0]],
    [
      "the disk was full with requests of others",
      { ownCores: 0.2, diskBusy: 0.97, ownDiskBytes: 0 },
      [20, 0, 0, 0, 80],
    ],
    ["its own group waited for storage", { ioPressure: 0.3, pressureIsOwn: true }, [10, 0, 30, 0, 60]],
    ["memory was short", { memoryPressure: 0.7, ioPressure: 0.8 }, [10, 0, 20, 70, 0]],
    [
      "memory came back from swap, on a kernel without pressure",
      { memoryPressure: Number.NaN, swapInBytes: 2 ** 30 },
      [10, 0, 0, 90, 0],
    ],
    ["its CPU time is not known", { ownCores: Number.NaN }, undefined],
  ])("%s", (_, step, parts) => expect(percents(step)).toEqual(parts as number[]));

  test.each<[Partial<LimitEvidence>, boolean]>([
    [{}, true],
    [{ runDelaySeconds: Number.NaN }, false],
    [{ hasUnseen: true }, false],
    // Somebody waited for a disk, and it may have been the command.
    [{ ioPressure: 0.1 }, false],
    [{ ioPressure: 0.1, ownDiskBytes: 0 }, true],
    [{ ioPressure: 0.1, pressureIsOwn: true }, true],
  ])("are all its waits seen? %j: %p", (step, areSeen) => {
    expect(wallTimeOfStep({ ...CALM, ...step })?.areWaitsSeen).toBe(areSeen);
  });

  const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(Number.NaN));
  const seconds = fc.oneof(fc.double({ min: 0, max: 500, noNaN: true }), fc.constant(Number.NaN));
  const anyStep = fc.record({
    ...{ ownCores: fc.double({ min: 0, max: 4, noNaN: true }), machineCores: fc.double({ min: 0, max: 4 }) },
    ...{
      runDelaySeconds: seconds,
      throttledSeconds: seconds,
      memoryPressure: share,
      ioPressure: share,
      diskBusy: share,
    },
    ...{ pressureIsOwn: fc.boolean(), swapInBytes: seconds.map((one) => one * 1e6), ownDiskBytes: seconds },
    ...{ cpus: fc.constantFrom(1, 2, 4), iowaitCores: share },
  });

  test("is between nothing and all of it, and adds up, whatever was measured", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 5 }), (steps) => {
        const run = { steps: steps.map((step) => ({ ...CALM, ...step })) } as unknown as RunEvidence;
        const shares = wallTimeOf(run)!;
        const values = WALL_TIME_PARTS.map((part) => shares[part]);
        for (const value of values) expect(value >= -1e-9 && value <= 1 + 1e-9, `${values}`).toBe(true);
        expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
        const whole = wholePercents(shares);
        expect(WALL_TIME_PARTS.reduce((sum, part) => sum + whole[part], 0)).toBe(100);
      }),
    );
  });
});

describe("where the time of a run went", () => {
  const run = (...steps: readonly Partial<LimitEvidence>[]) =>
    ({ steps: steps.map((step) => ({ ...CALM, ...step })) }) as unknown as RunEvidence;

  test("is the mean of its steps by their length", () => {
    const shares = wallTimeOf(run({ seconds: 30, ownCores: 1 }, { seconds: 10, ownCores: 0 }))!;
    expect([shares.running, shares.sleeping]).toEqual([0.75, 0.25]);
  });

  test("counts a wait that the kernel counted at its end in the steps before it, too", () => {
    const waited = { ownCores: 0, machineCores: 4 };
    const shares = wallTimeOf(run(waited, waited, { ...waited, runDelaySeconds: 25 }))!;
    expect(shares.cpu).toBeCloseTo(25 / 30);
  });

  test("is not told where most of it is not known", () => {
    const unknown = { ownCores: Number.NaN };
    expect(wallTimeOf(run({ ownCores: 1 }, unknown, unknown))).toBeUndefined();
    expect(wallTimeOf(run({ ownCores: 1 }, { ownCores: 1 }, unknown))?.running).toBe(1);
    expect(wallTimeOf(run())).toBeUndefined();
  });
});
