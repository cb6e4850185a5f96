import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { meanOverTime } from "../../src/recording/means.ts";
import { growth, growthWithin, rates, sumSeen } from "../../src/recording/rates.ts";
import type { Block } from "../../src/recording/recording.ts";

const NONE = Number.NaN;
const ALWAYS = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };

/** Points as blocks of two rows, each array longer than what it holds. */
function blocks(...points: readonly (readonly [atMs: number, value: number])[]): Block[] {
  const all: Block[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const rows = points.slice(i, i + 2);
    const times = Float64Array.from([...rows.map(([atMs]) => atMs), 1, 1]);
    const values = Float64Array.from([...rows.map(([, value]) => value), 1e9, 2e9]);
    all.push({ length: rows.length, times, values });
  }
  return all;
}

const ratesOf = (all: Block[]) => [...rates(all)].flatMap(({ length, values }) => [...values.subarray(0, length)]);

describe("growth", () => {
  test.each([
    [1, 3, 2],
    [3, 3, 0],
    [3, 1, NONE],
    [NONE, 1, NONE],
    [0, NONE, NONE],
    [NONE, NONE, NONE],
  ])("from %p to %p is %p", (from, to, expected) => {
    expect(growth(from, to)).toBe(expected);
  });

  test("what is absent is not 0", () => {
    expect(sumSeen([])).toBe(NONE);
    expect(sumSeen([NONE, NONE])).toBe(NONE);
    expect(sumSeen([NONE, 0])).toBe(0);
    expect(sumSeen([1, NONE, 2])).toBe(3);
  });
});

describe("growthWithin", () => {
  test("counts from the first point to the last, across blocks", () => {
    expect(growthWithin(blocks([0, 5], [1, 7], [2, 7], [3, 12]), ALWAYS).growth).toBe(7);
  });

  test("leaves a fall out and goes on from there", () => {
    expect(growthWithin(blocks([0, 100], [1, 150], [2, 10], [3, 30]), ALWAYS).growth).toBe(70);
    expect(growthWithin(blocks([0, 100], [1, 10]), ALWAYS).growth).toBe(NONE);
  });

  test("an absent point hides nothing of what grew", () => {
    expect(growthWithin(blocks([0, NONE], [1, 10], [2, NONE], [3, 25], [4, NONE]), ALWAYS).growth).toBe(15);
  });

  test("both ends of the span are in it, and the end's value is told", () => {
    const points = blocks([0, 1], [1, 2], [2, 4], [3, 8], [4, 16]);
    expect(growthWithin(points, { fromMs: 1, toMs: 3 })).toEqual({ growth: 6, end: 8 });
    expect(growthWithin(points, { fromMs: 1, toMs: 5 })).toEqual({ growth: 14, end: NONE });
    expect(growthWithin(blocks([1, 1], [3, NONE]), { fromMs: 1, toMs: 3 })).toEqual({ growth: NONE, end: NONE });
    expect(growthWithin([], ALWAYS)).toEqual({ growth: NONE, end: NONE });
  });

  test("asks for no block behind the span", () => {
    const asked: number[] = [];
    function* long(): Iterable<Block> {
      for (let at = 0; at < 100; at++) {
        asked.push(at);
        yield { length: 1, times: Float64Array.of(at), values: Float64Array.of(at) };
      }
    }
    expect(growthWithin(long(), { fromMs: 2, toMs: 9 }).growth).toBe(7);
    expect(asked).toHaveLength(11);
  });
});

describe("rates", () => {
  test("are a second, since the point before", () => {
    expect(ratesOf(blocks([0, 10], [500, 20], [1500, 20], [3500, 60]))).toEqual([NONE, 20, 0, 20]);
  });

  test("a fall and an absent point are gaps", () => {
    expect(ratesOf(blocks([0, 10], [1000, 4], [2000, 6], [3000, NONE], [4000, 10]))).toEqual([NONE, NONE, 2, NONE, 2]);
  });

  test("are never negative, and times their spans they are the growth", () => {
    const counts = fc.array(fc.option(fc.nat({ max: 1000 }), { nil: NONE }), { maxLength: 12 });
    fc.assert(
      fc.property(counts, (values) => {
        const points = blocks(...values.map((value, i) => [i * 1000, value] as const));
        const all = ratesOf(points);
        expect(all.every((rate) => Number.isNaN(rate) || rate >= 0)).toBe(true);
        let last = NONE;
        const spans = values.map((value, i) => {
          const span = i - last;
          if (!Number.isNaN(value)) last = i;
          return span;
        });
        const total = sumSeen(all.map((rate, i) => rate * (spans[i] as number)));
        const grown = growthWithin(points, ALWAYS).growth;
        expect(Number.isNaN(total)).toBe(Number.isNaN(grown));
        if (!Number.isNaN(grown)) expect(total).toBeCloseTo(grown, 6);
      }),
    );
  });
});

describe("meanOverTime", () => {
  const samples = blocks([0, 0], [1000, 0], [3000, 0], [4000, 0], [5000, 0]);

  test("weighs by time, not by samples", () => {
    const { mean, coveredMs } = meanOverTime(blocks([0, 10], [1000, 20], [3000, 20], [4000, 40]), samples, ALWAYS);
    expect(coveredMs).toBe(4000);
    expect(mean).toBe((15 + 40 + 30) / 4);
  });

  test("leaves a gap out, whether the row has no value or there is no row", () => {
    const rows = meanOverTime(blocks([0, 10], [1000, 20], [3000, NONE], [4000, 40], [5000, 50]), samples, ALWAYS);
    const sparse = meanOverTime(blocks([0, 10], [1000, 20], [4000, 40], [5000, 50]), samples, ALWAYS);
    expect(rows).toEqual({ mean: 30, coveredMs: 2000 });
    expect(sparse).toEqual(rows);
  });

  test("says nothing of a single point, or of none", () => {
    expect(meanOverTime(blocks([0, 10]), samples, ALWAYS)).toEqual({ mean: NONE, coveredMs: 0 });
    expect(meanOverTime([], samples, ALWAYS)).toEqual({ mean: NONE, coveredMs: 0 });
  });

  test("both ends of the span are in it", () => {
    const gauge = blocks([0, 1e6], [1000, 10], [3000, 30], [4000, 1e6]);
    expect(meanOverTime(gauge, samples, { fromMs: 1000, toMs: 3000 })).toEqual({ mean: 20, coveredMs: 2000 });
  });
});
