import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { SeriesKey } from "../../src/catalog/index.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import { effort } from "../helpers/effort.ts";
import { renderBytes, renderText } from "../helpers/recording.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";
import { HEADER, KEYS, pointLines, read, Trial, variedRun } from "./journals.ts";

/** Expects the same bytes, and shows the first difference where they are not. */
function expectSameFile(got: Recording, wanted: Recording): void {
  const [a, b] = [renderBytes(withSummary(got)), renderBytes(withSummary(wanted))];
  if (!Buffer.from(a).equals(Buffer.from(b)))
    expect(renderText(withSummary(got)).split("\n")).toEqual(renderText(withSummary(wanted)).split("\n"));
}

type Step =
  | { readonly columns: readonly SeriesKey[] }
  | { readonly row: readonly number[]; readonly gapMs: number }
  | { readonly fact: string; readonly value: string }
  | { readonly flush: true };

const anyBits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0]!;
});

const value = fc.oneof(
  anyBits,
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 1000),
  fc.constantFrom(0, -0, Number.NaN, 1 / 0, -1 / 0, 2 ** 51, 2 ** 51 + 1, -(2 ** 51), 2 ** 53, 5e-324, 1.7e308),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ row: fc.array(value, { minLength: 8, maxLength: 8 }), gapMs: fc.nat(3000) }) },
  { weight: 2, arbitrary: fc.record({ columns: fc.shuffledSubarray([...KEYS]) }) },
  { weight: 1, arbitrary: fc.record({ fact: fc.string(), value: fc.string({ unit: "binary" }) }) },
  { weight: 1, arbitrary: fc.constant({ flush: true as const }) },
);

function play(trial: Trial, steps: readonly Step[]): void {
  let width = 0;
  for (const one of steps) {
    if ("columns" in one) {
      width = one.columns.length;
      trial.layout(one.columns);
    } else if ("row" in one) trial.row(one.row.slice(0, width), one.gapMs + 1);
    else if ("fact" in one) {
      trial.fact(one.fact, one.value);
      trial.event(one.value, one.fact);
    } else trial.writer.flush();
  }
}

describe("any run", () => {
  test("has the same metrics file from its journal and from memory, bit by bit", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        using trial = new Trial();
        play(trial, [{ columns: KEYS.slice(0, 3) }, { row: [1, 2, 3], gapMs: 0 }, ...steps]);
        expectSameFile(trial.writer.recording(), trial.store);
        expect(pointLines(trial.writer.recording())).toEqual(pointLines(trial.store));
        trial.writer.flush();
        trial.writer.end();
        const recording = read(trial.bytes());
        expectSameFile(recording, trial.store);
        expect(recording.header).toEqual(HEADER);
        expect(recording.damage).toEqual({ ended: true, gaps: [], bytes: 0, unnamed: 0 });
      }),
      { numRuns: effort(1000) },
    );
  });
});

describe("a long run", () => {
  test("with many segments, and series that come and go, is read back whole", () => {
    using trial = new Trial();
    variedRun(trial, 6000);
    trial.writer.end();
    const recording = read(trial.bytes());
    expect(recording.rows).toBe(6000);
    expectSameFile(recording, trial.store);
    expectSameFile(trial.writer.recording(), trial.store);
    expect(recording.damage.ended).toBe(true);
  });

  test("series of one segment share their times", () => {
    using trial = new Trial();
    variedRun(trial, 3000);
    const times = [...trial.writer.recording().series()].map((one) => [...one.blocks()].map((block) => block.times));
    expect(new Set(times.flat()).size).toBe(times[0]!.length);
  });

  test.skipIf(areValidatorsMissing())("has a file that the strict readers accept", async () => {
    using trial = new Trial();
    trial.layout(KEYS.slice(0, 5));
    for (let i = 0; i < 1200; i++) trial.row([1, i * 4096, i / 7, i / 100, i]);
    trial.writer.flush();
    const path = join(trial.folder, "run.prom");
    await Bun.write(path, renderBytes(withSummary(read(trial.bytes()))));
    expect((await expectValid(path)).points).toBe(6000);
  });

  test("of two series takes as many bytes as its points need, and few where the values repeat", () => {
    const bytesOf = (value: (i: number) => number) => {
      using trial = new Trial();
      trial.layout(KEYS);
      for (let i = 0; i < 2048; i++) trial.row(KEYS.map(() => value(i)));
      return trial.bytes().length;
    };
    const repeated = bytesOf(() => 1 / 3);
    expect((bytesOf((i) => i) - repeated) / (2048 * KEYS.length)).toBeLessThan(2.2);
    expect((bytesOf((i) => i / 100) - repeated) / (2048 * KEYS.length)).toBeLessThan(2.2);
    expect((bytesOf((i) => Math.sin(i)) - repeated) / (2048 * KEYS.length)).toBeLessThan(18);
    expect(repeated / 2048).toBeLessThan(40);
  });
});

describe("a short run", () => {
  test("has no journal file, and the same recording", () => {
    using trial = new Trial();
    trial.layout(KEYS);
    trial.fact("a", "b");
    trial.fact("a", "b");
    for (let i = 0; i < 8; i++) trial.row([i, -0, 1 / i, Number.NaN, i, i, i, i], 100);
    trial.event("command_done", "Command done");
    trial.writer.end();
    expect(trial.opened).toBe(0);
    expect(existsSync(trial.path)).toBe(false);
    expectSameFile(trial.writer.recording(), trial.store);
  });

  test("without samples or series is a recording too", () => {
    using trial = new Trial();
    expectSameFile(trial.writer.recording(), trial.store);
    trial.layout([]);
    trial.row([]);
    trial.row([]);
    trial.layout(KEYS);
    trial.row(KEYS.map(() => 7));
    expectSameFile(trial.writer.recording(), trial.store);
    expect(read(trial.bytes()).rows).toBe(3);
  });
});

describe("the time of a flush", () => {
  test("is at most a second after a fact or an event, without a row", async () => {
    using trial = new Trial();
    trial.layout(KEYS.slice(0, 1));
    trial.row([1], 10);
    await trial.clock.pass(989);
    expect(trial.opened).toBe(0);
    await trial.clock.pass(11);
    expect(read(trial.bytes()).rows).toBe(1);
    trial.event("a", "b");
    await trial.clock.pass(1000);
    expect(read(trial.bytes()).events).toHaveLength(1);
  });

  test("is that of the row at a row a second", () => {
    using trial = new Trial();
    trial.layout(KEYS.slice(0, 1));
    for (let i = 1; i <= 5; i++) {
      trial.row([i], 998);
      expect(read(trial.bytes()).rows).toBe(i);
    }
  });

  test("is sooner where there is much to write", () => {
    using trial = new Trial();
    trial.layout(KEYS);
    for (let i = 0; i < 1024; i++) trial.row([i, i, i, i, i, i, i, i], 0.5);
    expect(trial.opened).toBe(1);
  });
});
