import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { METRICS } from "../../src/catalog/index.ts";
import { compareNatural, inFamilyOrder } from "../../src/openmetrics/families.ts";

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
