import { describe, expect, test } from "bun:test";
import { MACHINE, RECORDER, type SeriesKey, sampleName, series } from "../../src/catalog/index.ts";
import { Axis } from "../../src/clock.ts";
import type { Collector } from "../../src/collect/collector.ts";
import { ForbiddenError, ParseError } from "../../src/errors.ts";
import type { RecordedSeries } from "../../src/recording/recording.ts";
import { Sampler } from "../../src/run/sampler.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { RowStore } from "../helpers/row-store.ts";

/** A collector whose series and values the test sets. */
class Scripted implements Collector {
  readonly name = "scripted";
  keys: readonly SeriesKey[] = [series(MACHINE.memoryFree)];
  value: () => number = () => 1;
  private described = 0;

  describe(): readonly SeriesKey[] {
    this.described = this.keys.length;
    return this.keys;
  }

  sample(row: Float64Array): boolean {
    if (this.keys.length !== this.described) return false;
    row.fill(this.value());
    return true;
  }
}

function setUp(...collectors: Collector[]) {
  const clock = new FakeClock();
  const axis = new Axis(clock, 1_000_000_000_000);
  axis.begin();
  const store = new RowStore({ instance: "x", role: "standalone", labels: new Map() }, axis.startMs);
  const errors: unknown[] = [];
  const sampler = new Sampler(collectors, store, clock, axis, (error) => errors.push(error));
  const points = (name: string, ...labels: string[]) => {
    const found = [...store.series()].find(
      ({ metric, labels: own }) => sampleName(metric) === name && own.join() === labels.join(),
    );
    return found ? pointsOf(found, axis.startMs) : undefined;
  };
  return { clock, axis, store, sampler, errors, points };
}

function pointsOf(recorded: RecordedSeries, startMs: number): [sinceStartMs: number, value: number][] {
  const points: [number, number][] = [];
  for (const { length, times, values } of recorded.blocks())
    for (let i = 0; i < length; i++) points.push([times[i]! - startMs, values[i]!]);
  return points;
}

test("collectors peek a few times soon after the command's start, without a row, until it ends", async () => {
  const peeks: number[] = [];
  const peeking = Object.assign(new Scripted(), { peek: (atMs: number) => peeks.push(atMs - 1_000_000_000_000) });
  const { clock, sampler, points } = setUp(peeking, new Scripted());
  await clock.pass(5);
  sampler.commandStarted(7);
  await clock.pass(200);
  expect(peeks).toEqual([5, 15, 35, 105]);
  sampler.commandEnded({ kind: "exited", code: 0 }, 0.2);
  await clock.pass(2000);
  expect(peeks.length).toBe(4);
  expect(points("statexec_memory_free_bytes")).toBeUndefined();
});

test("collectors do not peek when ticks come as soon", async () => {
  const peeks: number[] = [];
  const { clock, sampler } = setUp(Object.assign(new Scripted(), { peek: () => peeks.push(clock.now()) }));
  sampler.commandStarted(7);
  sampler.start(100);
  await clock.pass(1000);
  expect(peeks).toEqual([0, 10, 30]);
});

describe("ticks", () => {
  test("come at multiples of the interval since the start, and do not drift", async () => {
    const { clock, sampler, points } = setUp(new Scripted());
    await clock.pass(250);
    sampler.start(100);
    await clock.pass(450);
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([300, 400, 500, 600, 700]);
  });

  test("that are missed are skipped and counted, never made up for", async () => {
    const { clock, sampler, points } = setUp(new Scripted());
    sampler.start(1000);
    await clock.pass(1000);
    clock.stall(2500);
    await clock.pass(2500);
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([1000, 3500, 4000, 5000, 6000]);
    expect(points(sampleName(RECORDER.ticksMissed))?.at(-1)).toEqual([6000, 1]);
  });

  test("that pass between the first sample and the start of the ticks are counted", async () => {
    const { clock, sampler, points } = setUp(new Scripted());
    sampler.sample();
    clock.stall(250);
    sampler.start(100);
    await clock.pass(150);
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([0, 300, 400]);
    expect(points("statexec_ticks_missed_total")?.map(([, missed]) => missed)).toEqual([0, 2, 2]);
  });

  test("that are missed during a slow sample are counted too", async () => {
    const slow = new Scripted();
    const { clock, sampler, points } = setUp(slow);
    slow.value = () => {
      if (clock.now() === 1000) clock.stall(2500);
      return 1;
    };
    sampler.start(1000);
    await clock.pass(5000);
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([1000, 4000, 5000]);
    expect(points(sampleName(RECORDER.ticksMissed))?.at(-1)).toEqual([5000, 2]);
  });

  test("end with stop(), and a second start() changes nothing", async () => {
    const { clock, sampler, points } = setUp(new Scripted());
    sampler.start(10);
    sampler.start(10);
    await clock.pass(25);
    sampler.stop();
    await clock.pass(100);
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([10, 20]);
  });
});

describe("stamps", () => {
  test("begin at the axis's start, however long the machine takes to get to the first sample", async () => {
    const clock = new FakeClock();
    let stoodMs = 0;
    // Others have the machine for a while whenever the time is asked for.
    const now = () => {
      stoodMs += 7;
      return clock.now() + stoodMs;
    };
    const late = { now, wall: () => clock.wall(), at: clock.at.bind(clock) };
    expect(new Axis(late, 1_000_000_000_000).stamp()).toBe(1_000_000_000_000);
    const axis = new Axis(clock, 1_000_000_000_000);
    await clock.pass(12);
    expect(axis.now()).toBe(1_000_000_000_000);
    expect(axis.stamp()).toBe(1_000_000_000_000);
    await clock.pass(5);
    expect([axis.elapsed(), axis.stamp()]).toEqual([5, 1_000_000_000_005]);
  });

  test("of two samples in one millisecond differ by one", () => {
    const { sampler, points } = setUp(new Scripted());
    for (let i = 0; i < 3; i++) sampler.sample();
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([0, 1, 2]);
  });

  test("follow the monotonic clock when the wall clock is set back; the jump is an event", async () => {
    const { clock, sampler, store, points } = setUp(new Scripted());
    sampler.start(1000);
    await clock.pass(1000);
    clock.wallMs -= 3_600_000;
    await clock.pass(2000);
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([1000, 2000, 3000]);
    expect(store.events).toEqual([
      { atMs: 1_000_000_002_000, event: "clock_jumped", text: "The wall clock jumped by -3600.0 s" },
    ]);
  });

  test("have no jump where the wall clock is slewed", async () => {
    const { clock, sampler, store } = setUp(new Scripted());
    sampler.start(1000);
    for (let second = 0; second < 10; second++) {
      clock.wallMs += 500;
      await clock.pass(1000);
    }
    expect(store.events).toEqual([]);
  });
});

describe("a collector", () => {
  test("whose set of series grows is described again, and no sample is lost", async () => {
    const growing = new Scripted();
    const { clock, sampler, points } = setUp(growing);
    sampler.start(1000);
    await clock.pass(1000);
    growing.keys = [series(MACHINE.memoryFree), series(MACHINE.diskRead, { disk: "sdb" })];
    await clock.pass(1000);
    expect(points("statexec_memory_free_bytes")?.map(([at]) => at)).toEqual([1000, 2000]);
    expect(points("statexec_disk_read_bytes_total", "sdb")).toEqual([[2000, 1]]);
  });

  test("that fails loses only its own points, is counted by kind, and is one event", async () => {
    const failing = new Scripted();
    const well = new Scripted();
    well.keys = [series(MACHINE.memoryTotal)];
    const { clock, sampler, store, points, errors } = setUp(failing, well);
    sampler.sample();
    failing.value = () => {
      throw new ParseError("meminfo", "a number", "x");
    };
    sampler.start(1000);
    await clock.pass(2000);
    failing.value = () => {
      throw new ForbiddenError("/proc/meminfo");
    };
    await clock.pass(1000);
    expect(points("statexec_memory_free_bytes")?.map(([, value]) => value)).toEqual([
      1,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect(points("statexec_memory_total_bytes")?.length).toBe(4);
    expect(points("statexec_collector_failures_total", "scripted", "malformed")?.at(-1)).toEqual([3000, 2]);
    expect(points("statexec_collector_failures_total", "scripted", "forbidden")).toEqual([[3000, 1]]);
    expect(store.events.map(({ event, text }) => [event, text])).toEqual([
      ["collector_failed", 'Collector scripted failed: meminfo: expected a number, got "x"'],
      ["collector_failed", "Collector scripted failed: /proc/meminfo: permission denied"],
    ]);
    expect(errors).toEqual([]);
  });

  test("has its own duration; together they are the sample's", () => {
    const slow = new Scripted();
    const { clock, sampler, points } = setUp(slow);
    slow.value = () => {
      clock.stall(20);
      return 1;
    };
    for (let i = 0; i < 3; i++) sampler.sample();
    expect(points("statexec_recorder_collector_seconds_total", "scripted")?.map(([, value]) => value)).toEqual([
      0.02, 0.04, 0.06,
    ]);
    expect(points("statexec_sample_duration_seconds")?.map(([, value]) => value)).toEqual([0.02, 0.02, 0.02]);
  });

  test("that fails half way keeps the values it has filled in, and none of the sample before", () => {
    const half = new Scripted();
    half.keys = [series(MACHINE.memoryFree), series(MACHINE.memoryUsed)];
    const { sampler, points } = setUp(half);
    sampler.sample();
    half.sample = (row) => {
      row[0] = 2;
      throw new ForbiddenError("/proc/meminfo");
    };
    sampler.sample();
    expect(points("statexec_memory_free_bytes")?.map(([, value]) => value)).toEqual([1, 2]);
    expect(points("statexec_memory_used_bytes")?.map(([, value]) => value)).toEqual([1, Number.NaN]);
  });

  test("that throws an unexpected error is reported, and the others go on", () => {
    const broken = new Scripted();
    broken.value = () => {
      throw new TypeError("undefined is not a function");
    };
    const well = new Scripted();
    well.keys = [series(MACHINE.memoryTotal)];
    const { sampler, points, errors } = setUp(broken, well);
    sampler.sample();
    expect(points("statexec_memory_total_bytes")).toEqual([[0, 1]]);
    expect(errors).toEqual([new TypeError("undefined is not a function")]);
  });
});
