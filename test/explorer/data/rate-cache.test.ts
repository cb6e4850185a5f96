import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Columns, linePoints } from "../../../explorer/data/lines.ts";
import { RateCache } from "../../../explorer/data/rate-cache.ts";

const step = fc.tuple(
  fc.constantFrom(100, 100, 100, 100, 350, 5000),
  fc.oneof({ weight: 6, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -3) }),
);

/** A counter of random growth that may fall, and a gauge; both have a point at each sample. */
function columnsOf(steps: readonly (readonly [number, number])[], rates: RateCache | undefined): Columns {
  const times = new Float64Array(steps.length);
  const grown = new Float64Array(steps.length);
  let sum = 0;
  for (const [at, [ms, by]] of steps.entries()) {
    times[at] = (times[at - 1] ?? 0) + ms;
    sum = Math.max(0, sum + (by || 0));
    grown[at] = Number.isNaN(by) ? by : sum;
  }
  const gauge = Float64Array.from(steps, ([, by], at) => Math.abs(by || at));
  const columns = [
    { times, values: grown },
    { times, values: gauge },
  ];
  // Without a cache the times are another array, so that no values are taken for a line as they are.
  const samples = rates ? times : times.slice();
  return { series: (index) => columns[index]!, samples, ...(rates && { rates }) };
}

const LINES = [
  { series: [0], as: "rate" as const },
  { series: [1], as: "value" as const },
  { series: [0, 0], as: "rate" as const },
];
/** So many parts that none has more than one point. */
const PIXELS = 10_000;

test("lines of what is kept are those of the whole run, cut to any span, and reach its edges", () => {
  const spans = fc.array(fc.tuple(fc.nat(9000), fc.integer({ min: 1, max: 9000 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), spans, (steps, all) => {
      const kept = columnsOf(steps, new RateCache());
      const end = steps.reduce((sum, [ms]) => sum + ms, 0);
      const whole = linePoints(columnsOf(steps, undefined), { lines: LINES, fromMs: 0, toMs: end, pixels: PIXELS });
      for (const [fromMs, width] of all) {
        const toMs = fromMs + width;
        const answers = linePoints(kept, { lines: LINES, fromMs, toMs, pixels: PIXELS });
        for (const [i, { times, values }] of answers.entries()) {
          const points = [...times].map((atMs, at) => [atMs, values[at]!] as const);
          const expected = [...whole[i]!.times].map((atMs, at) => [atMs, whole[i]!.values[at]!] as const);
          const inside = (list: typeof points) => list.filter(([atMs]) => atMs >= fromMs && atMs <= toMs);
          expect(inside(points)).toEqual(inside(expected));
          const known = (list: typeof points) => list.filter(([, value]) => !Number.isNaN(value));
          const before = (list: typeof points) => known(list).findLast(([atMs]) => atMs < fromMs);
          const after = (list: typeof points) => known(list).find(([atMs]) => atMs > toMs);
          expect([before(points), after(points)]).toEqual([before(expected), after(expected)]);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
