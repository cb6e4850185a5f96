import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MACHINE, RUN, SUMMARY, series } from "../../src/catalog/index.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import { parseText, renderText } from "../helpers/recording.ts";
import { cpu, figures, read, received, run } from "./runs.ts";

describe("a run that is too short for the resolution of its sources", () => {
  const columns = [cpu("cpu0", "user"), series(MACHINE.memoryUsed), received("eth0")];
  const lasting = (ms: number) =>
    Object.keys(
      figures(
        run(columns, [
          [0, 1, 0, 1, 0],
          [ms, 2, 1, 1, 1],
        ]),
      ),
    );
  const exact = ["memory_used_bytes", "network_mean_received_bytes_per_second"];

  test.each([
    [200, ["cpu_mean_seconds user", "cpu_cores", ...exact]],
    [199, ["cpu_cores", ...exact]],
    [20, ["cpu_cores", ...exact]],
    [19, ["cpu_cores"]],
  ])("of %p ms has %p", (ms, names) => {
    expect(lasting(ms)).toEqual(names);
  });
});

describe("withSummary", () => {
  const made = run(
    [received("eth0")],
    [
      [0, 1, 0],
      [1000, 2, 7],
    ],
  );

  test("has every series, and a new summary in place of the old", () => {
    const names = (one: Recording) => [...one.series()].map(({ metric }) => metric.name);
    const once = withSummary(made);
    expect(names(once)).toEqual([RUN.commandStatus.name, MACHINE.networkReceived.name, SUMMARY.networkReceived.name]);
    expect(names(withSummary(once))).toEqual(names(once));
    expect(once.identity).toBe(made.identity);
  });

  test("gives the same summary from memory and from the file, for any run", () => {
    const columns = [
      cpu("cpu0", "user"),
      cpu("cpu1", "user"),
      series(MACHINE.memoryUsed),
      received("eth0"),
      read("sda"),
    ];
    const value = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined, freq: 3 });
    const row = fc.tuple(fc.nat({ max: 20_000 }), fc.tuple(...columns.map(() => value)));
    const rows = fc.uniqueArray(row, { minLength: 3, maxLength: 9, selector: ([atMs]) => atMs });
    fc.assert(
      fc.property(rows, (drawn) => {
        const all = drawn.toSorted(([a], [b]) => a - b);
        const statuses = all.map((_, i) => (i === 0 ? 0 : i === all.length - 1 ? 2 : 1));
        const one = run(
          columns,
          all.map(([atMs, values], i) => [atMs, statuses[i], ...values]),
        );
        const read = parseText(renderText(withSummary(one)));
        expect(figures(read)).toEqual(figures(one));
        expect(renderText(withSummary(read))).toBe(renderText(withSummary(one)));
        expect(Object.values(figures(one)).every((figure) => figure >= 0)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
