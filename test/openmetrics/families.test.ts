import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { METRICS, RESERVED_LABELS, RUN, sampleName, series } from "../../src/catalog/index.ts";
import { compareNatural, inFamilyOrder, targetSeries } from "../../src/openmetrics/families.ts";
import { pointsOf, type Rows, recordingOf, renderText, START_MS } from "../helpers/recording.ts";

const label = fc.string({ unit: fc.constantFrom("0", "1", "2", "9", "a", "b", "-"), maxLength: 6 });

describe("compareNatural", () => {
  test("compares numbers inside a name as numbers", () => {
    const names = [
      "cpu10",
      "cpu2",
      "cpu1",
      "nvme1n1p2",
      "nvme0n1p10",
      "nvme0n1p2",
      "sda",
      "",
      "cpu",
      "eth0.10",
      "eth0.9",
    ];
    expect(names.sort(compareNatural)).toEqual([
      "",
      "cpu",
      "cpu1",
      "cpu2",
      "cpu10",
      "eth0.9",
      "eth0.10",
      "nvme0n1p2",
      "nvme0n1p10",
      "nvme1n1p2",
      "sda",
    ]);
  });

  test("distinguishes leading zeros, and numbers beyond a double", () => {
    expect(compareNatural("cpu01", "cpu1")).toBeLessThan(0);
    expect(compareNatural("x9007199254740993", "x9007199254740992")).toBeGreaterThan(0);
  });

  test("is a total order", () => {
    fc.assert(
      fc.property(label, label, label, (a, b, c) => {
        expect(Math.sign(compareNatural(a, b))).toBe(-Math.sign(compareNatural(b, a)) + 0);
        expect(compareNatural(a, b) === 0).toBe(a === b);
        if (compareNatural(a, b) < 0 && compareNatural(b, c) < 0) expect(compareNatural(a, c)).toBeLessThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});

test("families are in the catalogue's order, then unknown ones by name", () => {
  const names = ["zeta", "alpha", ...METRICS.map(({ name }) => name).reverse()];
  const ordered = inFamilyOrder(new Map(names.map((name) => [name, name])));
  expect(ordered).toEqual([...METRICS.map(({ name }) => name), "alpha", "zeta"]);
});

describe("statexec_target_info", () => {
  const status = series(RUN.commandStatus);
  const rows = (...seconds: number[]): Rows => ({
    columns: [status],
    rows: seconds.map((at) => [START_MS + at * 1000, 1]),
  });
  const secondsOf = (...parts: Rows[]) => {
    const [sampled] = recordingOf({ parts }).series();
    const target = targetSeries([["version", "1"]], START_MS, sampled)!;
    return pointsOf(target).map(([atMs, value]) => [(atMs - START_MS) / 1000, value]);
  };

  test("has points at the start, at samples at least 150 s apart, and at the last sample", () => {
    expect(secondsOf(rows(0))).toEqual([[0, 1]]);
    expect(secondsOf(rows(0, 1, 2))).toEqual([
      [0, 1],
      [2, 1],
    ]);
    expect(secondsOf(rows(0, 100, 149), rows(151, 300, 301, 302))).toEqual([
      [0, 1],
      [151, 1],
      [301, 1],
      [302, 1],
    ]);
    expect(secondsOf(rows(0, 3600, 7200))).toEqual([
      [0, 1],
      [3600, 1],
      [7200, 1],
    ]);
  });

  test("has no points where the samples have none, so that it is the same when it is read and written again", () => {
    const absent: Rows = { columns: [status], rows: [[START_MS + 200_000, undefined]] };
    expect(secondsOf(rows(0, 1), absent)).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  test("has the highest of several values of a fact, and no labels for those that a run does not have", () => {
    const facts = [
      ["cpus", "10"],
      ["host", "a"],
      ["cpus", "8"],
      ["arguments", "secret"],
    ] as const;
    expect(targetSeries(facts, START_MS, undefined)!.labels).toEqual(["a", "", "10", "", ""]);
    expect(targetSeries(facts.toReversed(), START_MS, undefined)!.labels).toEqual(["a", "", "10", "", ""]);
    expect(targetSeries([["arguments", "secret"]], START_MS, undefined)).toBeUndefined();
    const line = `${sampleName(RUN.target)}{instance="make",job="statexec",role="standalone",host_name="a",host_cpus="10"}`;
    expect(renderText(recordingOf({ facts }))).toContain(`${line} 1 1700000000.000\n`);
  });

  test("has labels that a user cannot choose", () => {
    for (const label of RUN.target.labels) expect(RESERVED_LABELS).toContain(label);
  });
});
