import { expect, test } from "bun:test";
import fc from "fast-check";
import { downsampled } from "../../../explorer/data/line-points.ts";
import type { DrawnSpan, LinePoints } from "../../../explorer/data/model.ts";

/** The same by its definition: each point looks for its part, and each part for what it keeps. */
function byDefinition({ times, values }: LinePoints, { fromMs, toMs, pixels }: DrawnSpan): [number, number][] {
  const parts = new Map<number, number[]>();
  for (const [at, atMs] of times.entries()) {
    const inside = Math.min(pixels - 1, Math.floor(((atMs - fromMs) / (toMs - fromMs)) * pixels) || 0);
    const part = atMs < fromMs ? -1 : atMs > toMs ? pixels : inside;
    parts.set(part, [...(parts.get(part) ?? []), at]);
  }
  const kept: number[] = [];
  for (const [part, places] of parts)
    kept.push(...(part < 0 || part === pixels || places.length <= 4 ? places : keptOf(places, values)));
  return kept.map((at) => [times[at]!, values[at]!]);
}

function keptOf(places: readonly number[], values: Float64Array): readonly number[] {
  const present = places.filter((at) => !Number.isNaN(values[at]));
  if (present.length === 0) return [places[0]!];
  const of = (value: number) => present.find((at) => values[at] === value)!;
  const all = present.map((at) => values[at]!);
  const kept = new Set([present[0]!, of(Math.min(...all)), of(Math.max(...all)), present.at(-1)!]);
  // Absent ones before and after.
  if (present[0] !== places[0]) kept.add(places[0]!);
  if (present.at(-1) !== places.at(-1)) kept.add(places.at(-1)!);
  // The last absent point before the first one that follows absent points.
  const inner = present.find((at, i) => i > 0 && at - present[i - 1]! > 1);
  if (inner !== undefined) kept.add(inner - 1);
  return [...kept].sort((a, b) => a - b);
}

const value = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

test("keeps of each part of a span the first, lowest, highest and last point, and a sign of what is absent", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(1, 1, 1, 2, 7, 40), value), { maxLength: 200 });
  fc.assert(
    fc.property(
      steps,
      fc.nat(300),
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom(1, 2, 4, 8, 16),
      (all, from, width, pixels) => {
        let atMs = 0;
        const times = Float64Array.from(all, ([step]) => (atMs += step));
        const line = { times, values: Float64Array.from(all, ([, each]) => each) };
        // Of a width that binary fractions have.
        const span = { fromMs: from, toMs: from + pixels * Math.ceil(width / pixels), pixels };
        const { times: keptTimes, values: keptValues } = downsampled(line, span);
        expect([...keptTimes].map((each, i) => [each, keptValues[i]!])).toEqual(byDefinition(line, span));
      },
    ),
    { numRuns: 2000 },
  );
});
