import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  BUSY_MODES,
  COMMAND,
  CONTAINER,
  DEVICES,
  KERNEL,
  MACHINE,
  RECORDER,
  RUN,
  SUMMARY,
  series,
} from "../../src/catalog/index.ts";
import { evidenceOf } from "../../src/recording/limit-evidence.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { figuresOf } from "../../src/recording/run-figures.ts";
import { seriesByName } from "../../src/recording/span.ts";
import { Steps } from "../../src/recording/steps.ts";
import { summarise } from "../../src/recording/summary-series.ts";
import { lateRecording } from "../helpers/late-reads.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";

const status = series(RUN.commandStatus);
const read = series(MACHINE.diskRead, { disk: "sda" });

/** The steps of a run whose samples are at these times, in ms; each row with the value of a counter. */
function stepsOf(...rows: readonly (readonly [atMs: number, value: number | undefined])[]): Steps {
  const shifted = rows.map(([atMs, value]) => [START_MS + atMs, 1, value] as const);
  const recording = recordingOf({ parts: [{ columns: [status, read], rows: shifted }] });
  const [first, last] = [shifted[0]![0], shifted.at(-1)![0]];
  return new Steps(seriesByName(recording.series()), { fromMs: first, toMs: last });
}

describe("the steps of a run", () => {
  test("are up to a second where that leaves twenty of them", () => {
    const samples = (count: number) => Array.from({ length: count + 1 }, (_, at) => [at * 50, at] as const);
    expect(stepsOf(...samples(80)).count).toBe(20);
    expect(stepsOf(...samples(160)).count).toBe(20);
    expect(stepsOf(...samples(1200)).count).toBe(60);
  });

  test("are a fifth of a second or longer, and cover all of it", () => {
    const steps = stepsOf([0, 0], [100, 1], [200, 2], [350, 3], [450, 4], [900, 5], [950, 6]);
    expect([...steps.edges].map((atMs) => atMs - START_MS)).toEqual([0, 200, 450, 950]);
    expect([...steps.growth(MACHINE.diskRead)]).toEqual([2, 2, 2]);
  });

  test("are at most some hundred", () => {
    const rows = Array.from({ length: 5000 }, (_, at) => [at * 1000, at] as const);
    const steps = stepsOf(...rows);
    expect(steps.count).toBeLessThanOrEqual(500);
    expect(steps.growth(MACHINE.diskRead).reduce((sum, grown) => sum + grown, 0)).toBe(4999);
  });

  test("have what a counter shows late in a later one, and no fall", () => {
    const steps = stepsOf([0, 5], [1000, undefined], [2000, 9], [3000, 1], [4000, 2]);
    expect([...steps.growth(MACHINE.diskRead)]).toEqual([0, 4, Number.NaN, 1]);
  });

  test("are read from any number of blocks, and not from before the run", () => {
    const values = [7, 5, 6, Number.NaN, Number.NaN, 12, 13, 14];
    const blocks = (size: number) =>
      Array.from({ length: Math.ceil(values.length / size) }, (_, at) => {
        const part = values.slice(at * size, (at + 1) * size);
        const times = Float64Array.from(part, (_, i) => START_MS + (at * size + i) * 1000);
        return { length: part.length, times, values: Float64Array.from(part) };
      });
    const samples = blocks(8).map(({ times, length }) => ({ length, times, values: new Float64Array(8).fill(1) }));
    for (const size of [1, 2, 3, 8]) {
      const all = [
        { ...status, blocks: () => samples },
        { ...read, blocks: () => blocks(size) },
      ];
      const steps = new Steps(seriesByName(all), { fromMs: START_MS + 1000, toMs: START_MS + 6000 });
      expect([...steps.growth(MACHINE.diskRead)]).toEqual([1, 0, 0, 6, 1]);
    }
  });

  test("of a run that has one sample only, there are none", () => {
    expect(stepsOf([0, 5]).count).toBe(0);
  });
});

test("of what was read again, the command's is what the reads of others cannot account for", () => {
  const MIB = 2 ** 20;
  const again = (own: number, sda: number | undefined, refaults: number) => {
    const columns = [
      status,
      series(COMMAND.diskRead),
      read,
      series(MACHINE.diskRead, { disk: "dm-0" }),
      series(KERNEL.refaults),
    ];
    const rows = [
      [START_MS, 1, 0, 0, 0, 0],
      [START_MS + 1000, 2, own * MIB, sda && sda * MIB, 900 * MIB, refaults * MIB],
    ] as const;
    // dm-0 stands on sda: its reads are not others'.
    const recording = recordingOf({ facts: [["summed_disk", "sda"]], parts: [{ columns, rows }] });
    return evidenceOf(recording, figuresOf(recording))!.steps.map(({ ownRefaultBytes: bytes }) => bytes / MIB);
  };
  expect(again(100, 100, 80)).toEqual([80]);
  expect(again(100, 130, 80)).toEqual([50]);
  expect(again(100, 300, 80)).toEqual([0]);
  // Refaults are never more than what it read, and without the disks' reads nothing is known.
  expect(again(100, 100, 120)).toEqual([100]);
  expect(again(100, undefined, 80)).toEqual([Number.NaN]);
});

describe("the time for which a quota held the command back", () => {
  /** A second in a container that may use half a core and was held back for 0.8 s. */
  const held = (of: { own?: number; delay?: number; cpu: number; unseen?: number }) => {
    const columns = [
      status,
      series(CONTAINER.throttledSeconds),
      series(CONTAINER.cpuLimit),
      series(COMMAND.throttledSeconds),
      series(COMMAND.runDelay),
      series(COMMAND.cpuSeconds, { mode: "user" }),
      series(COMMAND.commCpuSeconds, { comm: "other" }),
      series(COMMAND.commCpuSeconds, { comm: "sh" }),
    ];
    const { own, delay, cpu, unseen = 0 } = of;
    const rows = [
      [START_MS, 1, 4, 0.5, own && 0, delay && 0, 0, undefined, undefined],
      [START_MS + 1000, 2, 4.8, 0.5, own, delay, cpu, unseen, cpu - unseen],
    ] as const;
    const recording = recordingOf({ parts: [{ columns, rows }] });
    return evidenceOf(recording, figuresOf(recording))!.steps.map(({ throttledSeconds: seconds }) => seconds);
  };
  const only = (seconds: number) => [expect.closeTo(seconds, 9)];

  test("is that of its own control group, whatever its threads waited", () => {
    expect(held({ own: 0.3, delay: 0.01, cpu: 0.1 })).toEqual(only(0.3));
  });

  test("of its container is no more than its threads waited for a CPU: one that sleeps is not held back", () => {
    expect(held({ delay: 0.007, cpu: 0.002 })).toEqual(only(0.007));
    expect(held({ delay: 0.75, cpu: 0.25 })).toEqual(only(0.75));
    expect(held({ delay: 3, cpu: 0.25 })).toEqual(only(0.8));
  });

  test("of its container is its part of the quota where processes waited that no sample saw, or what the others waited", () => {
    expect(held({ delay: 0.01, cpu: 0.25, unseen: 0.2 })).toEqual(only(0.4));
    expect(held({ delay: 0.6, cpu: 0.25, unseen: 0.2 })).toEqual(only(0.6));
    expect(held({ cpu: 0.125 })).toEqual(only(0.2));
    expect(held({ cpu: 0.75, unseen: 0.7 })).toEqual(only(0.8));
  });
});

/** Only the last digits of a double may be over. */
const ROUNDING = 1 + 1e-9;

describe("however late the files of a sample were read", () => {
  const shares = (recording: Recording) =>
    (evidenceOf(recording, figuresOf(recording))?.steps ?? []).flatMap((step) => [
      step.machineCores / step.machineCpus,
      ...[step.cpuPressure, step.memoryPressure, step.ioPressure, step.diskBusy],
      step.iowaitCores / step.machineCpus,
    ]);

  test("no resource is taken to be busier than it can be", () => {
    fc.assert(
      fc.property(lateRecording, (recording) => {
        const known = shares(recording).filter((share) => !Number.isNaN(share));
        expect(known.length).toBeGreaterThan(0);
        expect(Math.max(...known)).toBeLessThanOrEqual(ROUNDING);
      }),
    );
  });

  test("the summary has no more cores than there are", () => {
    fc.assert(
      fc.property(lateRecording, (recording) => {
        const busy = summarise(recording).filter(
          ({ metric, labels }) => metric.name === SUMMARY.cpuMean.name && BUSY_MODES.includes(labels[0]!),
        );
        const cores = busy.map((one) => [...one.blocks()][0]!.values[0]!);
        expect(cores.reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(2 * ROUNDING);
      }),
    );
  });

  test("a share is that of the time between the readings", () => {
    const busy = series(DEVICES.diskBusySeconds, { disk: "sda" });
    const took = (source: string) => series(RECORDER.collectorSeconds, { source });
    // Busy for half the time. The second sample stood still for 3 s in front of the disk's file.
    const rows = [
      [START_MS, 1, 0, 0, 0],
      [START_MS + 1000, 1, 2, 3, 0],
      [START_MS + 6000, 2, 3, 3, 0],
    ] as const;
    const columns = [status, busy, took("cpu"), took("disk")];
    const recording = recordingOf({ parts: [{ columns, rows: rows.map((row) => [...row]) }] });
    const steps = new Steps(seriesByName(recording.series()), { fromMs: START_MS, toMs: START_MS + 6000 });
    const [one] = steps.seriesOf(DEVICES.diskBusySeconds);
    expect([...steps.shares(one!)]).toEqual([0.5, 0.5]);
  });
});
