import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Column, type Columns, linePoints } from "../../../explorer/data/lines.ts";
import type { LinePoints, LineRequest } from "../../../explorer/data/model.ts";

const X = Number.NaN;

function column(points: readonly (readonly [atMs: number, value: number])[]): Column {
  return { times: Float64Array.from(points, ([at]) => at), values: Float64Array.from(points, ([, value]) => value) };
}

/** Returns a column with a point each second. */
function seconds(...values: readonly number[]): Column {
  return column(values.map((value, i) => [i * 1000, value]));
}

function columnsOf(all: readonly Column[], samples?: Float64Array): Columns {
  return { series: (index) => all[index]!, ...(samples ? { samples } : {}) };
}

function pairs({ times, values }: LinePoints): [number, number][] {
  return Array.from(times, (at, i) => [at, values[i]!]);
}

/** Returns all points of one line: the parts are so small that none is omitted. */
function line(columns: Columns, as: LineRequest["as"], ...series: number[]): [number, number][] {
  const request = { lines: [{ series, as }], fromMs: -1e6, toMs: 1e6, pixels: 100_000 };
  return pairs(linePoints(columns, request)[0]!);
}

describe("a line of values", () => {
  test("has the points of its series", () => {
    expect(line(columnsOf([seconds(1, 5, 2)]), "value", 0)).toEqual([
      [0, 1],
      [1000, 5],
      [2000, 2],
    ]);
  });

  test("is the sum of the points at each time", () => {
    const other = column([
      [1000, 10],
      [1500, 7],
      [2000, 20],
    ]);
    expect(line(columnsOf([seconds(1, 5, 2), other]), "value", 0, 1)).toEqual([
      [0, 1],
      [1000, 15],
      [1500, 7],
      [2000, 22],
    ]);
  });

  test("has a gap where its series misses a sample that others have", () => {
    const all = seconds(1, 1, 1, 1, 1, 1);
    const gauge = column([
      [0, 1],
      [1000, 2],
      [4000, 3],
      [5000, 4],
    ]);
    expect(line(columnsOf([gauge], all.times), "value", 0)).toEqual([
      [0, 1],
      [1000, 2],
      [2000, X],
      [4000, 3],
      [5000, 4],
    ]);
    const absent = { times: all.times, values: Float64Array.of(1, 2, X, X, 3, 4) };
    expect(line(columnsOf([absent], all.times), "value", 0)).toEqual(line(columnsOf([gauge], all.times), "value", 0));
  });

  test("has no gaps where its series has a point at every third sample", () => {
    const samples = seconds(...Array<number>(13).fill(0)).times;
    const costly = column([0, 3, 6, 9, 12].map((at) => [at * 1000, at]));
    expect(line(columnsOf([costly], samples), "value", 0).map(([, value]) => value)).toEqual([0, 3, 6, 9, 12]);
  });

  test("has a gap where no sample was taken for long, but not where one was late", () => {
    const late = column([0, 1, 2, 4, 5, 60, 61].map((at) => [at * 1000, at]));
    expect(line(columnsOf([late]), "value", 0).map(([at]) => at / 1000)).toEqual([0, 1, 2, 4, 5, 32.5, 60, 61]);
  });
});

describe("a line of rates", () => {
  test("is the growth per second, from the second point on", () => {
    expect(line(columnsOf([seconds(1, 3, 3)]), "rate", 0)).toEqual([
      [1000, 2],
      [2000, 0],
    ]);
  });

  test("is absent where the counter fell and over a gap", () => {
    const samples = seconds(...Array<number>(7).fill(0)).times;
    const counter = { times: samples, values: Float64Array.of(5, 6, 2, 3, X, 9, 10) };
    expect(line(columnsOf([counter], samples), "rate", 0)).toEqual([
      [1000, 1],
      [2000, X],
      [3000, 1],
      [5000, X],
      [6000, 1],
    ]);
  });

  test("covers at least the time that the resolution needs", () => {
    const counter = column([
      [0, 0],
      [1000, 1],
      [1003, 1.01],
      [2000, 2],
    ]);
    const rates = line(columnsOf([{ ...counter, leastRateMs: 200 }]), "rate", 0);
    expect(rates.map(([at]) => at)).toEqual([1000, 1003, 2000]);
    expect(rates[1]![1]).toBeCloseTo(1.01 / 1.003, 12);
    expect(rates[2]![1]).toBeCloseTo(0.99 / 0.997, 12);
    expect(line(columnsOf([{ ...counter, leastRateMs: 5000 }]), "rate", 0)).toEqual([]);
  });

  test("is computed before downsampling: a peak of one sample stays", () => {
    const values = Array.from({ length: 100_001 }, (_, i) => (i > 50_000 ? i + 500 : i));
    const [peak] = linePoints(columnsOf([seconds(...values)]), {
      ...{ lines: [{ series: [0], as: "rate" as const }], pixels: 100 },
      ...{ fromMs: 0, toMs: 100_000_000 },
    });
    expect(Math.max(...peak!.values)).toBe(501);
    expect(peak!.times.length).toBeLessThanOrEqual(400);
  });

  test("does not depend on the requested span", () => {
    const values = Array.from({ length: 200 }, (_, i) => i * i);
    const columns = columnsOf([{ ...column(values.map((value, i) => [i * 100, value])), leastRateMs: 250 }]);
    const all = new Map(line(columns, "rate", 0));
    for (let fromMs = 0; fromMs < 19_000; fromMs += 333) {
      const request = { lines: [{ series: [0], as: "rate" as const }], fromMs, toMs: fromMs + 900, pixels: 900 };
      for (const [at, value] of pairs(linePoints(columns, request)[0]!)) expect(value).toBe(all.get(at)!);
    }
  });
});

const values = fc.array(fc.option(fc.integer({ min: -50, max: 50 }), { nil: X, freq: 5 }), { maxLength: 120 });

describe("downsampling", () => {
  test("keeps the first, lowest, highest and last point of every part, in order", () => {
    const cases = fc.tuple(values, fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(cases, ([drawn, pixels]) => {
        const columns = columnsOf([seconds(...drawn)]);
        const toMs = drawn.length * 1000;
        const request = { lines: [{ series: [0], as: "value" as const }], fromMs: 0, toMs, pixels };
        const thin = pairs(linePoints(columns, request)[0]!);
        const full = new Map(line(columns, "value", 0));
        for (const [at, value] of thin) expect(full.get(at)).toBe(value);
        expect(thin.map(([at]) => at)).toEqual([...new Set(thin.map(([at]) => at))].sort((a, b) => a - b));
        for (let part = 0; part < pixels; part++) {
          const isHere = ([at]: [number, number]) => Math.min(pixels - 1, Math.floor((at * pixels) / toMs)) === part;
          const there = [...full]
            .filter(isHere)
            .map(([, value]) => value)
            .filter((value) => !Number.isNaN(value));
          const kept = thin
            .filter(isHere)
            .map(([, value]) => value)
            .filter((value) => !Number.isNaN(value));
          expect(kept.length).toBeLessThanOrEqual(4);
          expect([kept[0], kept.at(-1), Math.min(...kept), Math.max(...kept)]).toEqual([
            there[0],
            there.at(-1),
            Math.min(...there),
            Math.max(...there),
          ]);
        }
      }),
    );
  });

  test("keeps gaps", () => {
    const drawn = [
      ...Array<number>(20).fill(1),
      X,
      X,
      2,
      X,
      ...Array<number>(60).fill(X),
      ...Array<number>(20).fill(3),
    ];
    const request = { lines: [{ series: [0], as: "value" as const }], fromMs: 0, toMs: drawn.length * 1000, pixels: 4 };
    const thin = linePoints(columnsOf([seconds(...drawn)]), request)[0]!;
    const shape = Array.from(thin.values).filter((value, i, all) => i === 0 || !Object.is(value, all[i - 1]));
    expect(shape).toEqual([1, X, 2, X, 3]);
  });

  test("keeps the nearest points on either side of the span", () => {
    const columns = columnsOf([seconds(0, 1, 2, 3, 4, 5)]);
    const request = { lines: [{ series: [0], as: "value" as const }], fromMs: 2500, toMs: 2600, pixels: 10 };
    expect(pairs(linePoints(columns, request)[0]!)).toEqual([
      [2000, 2],
      [3000, 3],
    ]);
  });

  test("accepts no points, no series and an empty span", () => {
    expect(line(columnsOf([seconds()]), "value", 0)).toEqual([]);
    expect(line(columnsOf([]), "value")).toEqual([]);
    const request = { lines: [{ series: [0], as: "value" as const }], fromMs: 1000, toMs: 1000, pixels: 3 };
    expect(pairs(linePoints(columnsOf([seconds(1, 2, 3)]), request)[0]!)).toContainEqual([1000, 2]);
  });
});
