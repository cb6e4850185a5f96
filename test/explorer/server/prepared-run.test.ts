import { expect, test } from "bun:test";
import { type Columns, linePoints } from "../../../explorer/data/lines.ts";
import type { DrawnSpan, LinePoints } from "../../../explorer/data/model.ts";
import { RateCache } from "../../../explorer/data/rate-cache.ts";
import { prepareRun } from "../../../explorer/server/prepared-run.ts";
import { dataOf } from "../made-runs.ts";

class CountedRates extends RateCache {
  made = 0;

  override within(index: number, times: Float64Array, span: DrawnSpan, make: () => LinePoints) {
    return super.within(index, times, span, () => {
      this.made++;
      return make();
    });
  }
}

function countedRun() {
  const { info, columns } = dataOf({});
  const rates = new CountedRates();
  const run = { info, columns: { ...columns, rates } };
  const counters = info.series.flatMap(({ type }, index) => (type === "counter" ? [index] : []));
  return { run, rates, counters };
}

test("what was prepared is not worked out again by requests, whose answers are the same", async () => {
  const { run, rates, counters } = countedRun();
  const other = countedRun();
  await prepareRun(run, () => false);
  expect(rates.made).toBe(counters.length);
  expect(counters.length).toBeGreaterThan(10);
  const request = {
    lines: counters.map((index) => ({ series: [index], as: "rate" as const })),
    fromMs: run.info.startMs,
    toMs: run.info.endMs,
    pixels: 300,
  };
  const answer = (columns: Columns) =>
    linePoints(columns, request).map(({ times, values }) => [[...times], [...values]]);
  expect(answer(run.columns)).toEqual(answer(other.run.columns));
  expect(rates.made).toBe(counters.length);
});

test("it gives requests their turn, and stops when it is over", async () => {
  const { run, rates } = countedRun();
  const seen: number[] = [];
  const other = () => {
    seen.push(rates.made);
    if (rates.made < 5) setImmediate(other);
  };
  setImmediate(other);
  await prepareRun(run, () => rates.made === 5);
  expect(rates.made).toBe(5);
  expect(seen).toContain(3);
});
