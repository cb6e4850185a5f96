import fc from "fast-check";
import { COMMAND, DEVICES, KERNEL, MACHINE, RECORDER, RUN, type SeriesKey, series } from "../../src/catalog/index.ts";
import { READ_ORDER } from "../../src/recording/read-times.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { type Rows, recordingOf, START_MS } from "./recording.ts";

/*
 * Recordings by a recorder that had to wait for a CPU: between any two of its steps it may have stood still. The truth
 * behind the counters is known, as every busy resource was busy all the time.
 */

/** The collectors that read something here, in the order in which a sample asks them. */
const COLLECTORS = READ_ORDER.filter((name) => ["tree", "cpu", "memory", "disk", "pressure", "self"].includes(name));

/** One sample: how late it comes after the one before, and how long each collector waits before and after its reading. */
interface LateSample {
  readonly afterMs: number;
  readonly waits: readonly (readonly [beforeMs: number, afterMs: number])[];
}

const wait = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0.01, max: 0.3, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 0.3, max: 4000, noNaN: true }) },
);

const sample: fc.Arbitrary<LateSample> = fc.record({
  afterMs: fc.double({ min: 20, max: 3000, noNaN: true }),
  waits: fc.array(fc.tuple(wait, wait), { minLength: COLLECTORS.length, maxLength: COLLECTORS.length }),
});

/** The share of its time in which each bounded resource was busy, and in which ticks a second its CPU time is counted. */
const truth = fc.record({ busy: fc.constantFrom(0, 0.3, 1), phase: fc.double({ min: 0, max: 1, noNaN: true }) });

export const lateRecording: fc.Arbitrary<Recording> = fc
  .tuple(fc.array(sample, { minLength: 3, maxLength: 12 }), truth)
  .map(([samples, { busy, phase }]) => recorded(samples, busy, phase));

const CPUS = 2;
const STATUS = series(RUN.commandStatus);
const COLUMNS: readonly SeriesKey[] = [
  STATUS,
  ...COLLECTORS.map((source) => series(RECORDER.collectorSeconds, { source })),
  ...Array.from({ length: CPUS }, (_, cpu) =>
    ["user", "system", "idle"].map((mode) => series(MACHINE.cpuSeconds, { cpu: `cpu${cpu}`, mode })),
  ).flat(),
  series(KERNEL.cpusOnline),
  series(DEVICES.diskBusySeconds, { disk: "sda" }),
  series(MACHINE.diskRead, { disk: "sda" }),
  ...["cpu", "memory", "io"].map((resource) => series(KERNEL.pressure, { resource, mode: "some" })),
  ...["user", "system"].map((mode) => series(COMMAND.cpuSeconds, { mode })),
];

const TICK_SECONDS = 0.01;
const ticks = (seconds: number) => Math.floor(seconds / TICK_SECONDS) * TICK_SECONDS;

/** Plays a recorder: its clock goes on in every wait, and each value is that of the moment of its own reading. */
function recorded(samples: readonly LateSample[], busy: number, phase: number): Recording {
  const rows: Rows["rows"][number][] = [];
  const taken = COLLECTORS.map(() => 0);
  let nowMs = phase * 1000;
  const origin = Math.floor(nowMs);
  for (const [at, { afterMs, waits }] of samples.entries()) {
    nowMs += afterMs;
    const stamp = Math.floor(nowMs) - origin;
    const read = COLLECTORS.map((_, i) => {
      const [before, after] = waits[i]!;
      const moment = (nowMs + before) / 1000;
      nowMs += before + after;
      taken[i]! += (before + after) / 1000;
      return moment;
    });
    const moment = (name: (typeof COLLECTORS)[number]) => read[COLLECTORS.indexOf(name)]!;
    const [cpu, disk, pressure, tree] = [moment("cpu"), moment("disk"), moment("pressure"), moment("tree")];
    const ofCpu = [ticks(cpu * busy * 0.7), ticks(cpu * busy * 0.3), ticks(cpu * (1 - busy))];
    rows.push([
      START_MS + stamp,
      at === samples.length - 1 ? 2 : 1,
      ...taken,
      ...ofCpu,
      ...ofCpu,
      CPUS,
      disk * busy,
      disk * busy * 1e6,
      ...[pressure * busy, pressure * busy, pressure * busy],
      ...[ticks(tree * busy * 0.7), ticks(tree * busy * 0.3)],
    ]);
  }
  return recordingOf({ facts: [["cpus", String(CPUS)]], parts: [{ columns: COLUMNS, rows }] });
}
