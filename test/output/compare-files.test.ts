import { expect, test } from "bun:test";
import { comparisonTable } from "../../src/output/compare-files.ts";
import { type Comparison, compareRuns } from "../../src/recording/comparison.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";

const MIB = 2 ** 20;
const sources = new Map([["memory_peak", "proc_sampled"]]);

const BASE: RunFigures = {
  ...{ command: "make", sources, exitStatus: 0, wallSeconds: 12.3456, cpuUserSeconds: 80, cpuSystemSeconds: 9.5 },
  ...{ memoryPeakBytes: 512 * MIB, diskReadBytes: 0, diskWriteBytes: 3 * 1024 * MIB, throttledSeconds: 0, oomKills: 0 },
};
const NEXT: RunFigures = {
  ...{
    command: "make",
    sources: new Map([["memory_peak", "cgroup2"]]),
    exitStatus: 0,
    wallSeconds: 14,
    cpuUserSeconds: 60,
  },
  ...{
    cpuSystemSeconds: 9.5,
    memoryPeakBytes: 498 * MIB,
    diskReadBytes: MIB,
    diskWriteBytes: 3.01 * 1024 * MIB,
    oomKills: 0,
  },
};

const TABLE = `\
                                    base           new    change
exit status                            0             0            same
wall time                        12.35 s       14.00 s   +13.4 %  worse
CPU time                         89.50 s       69.50 s   -22.3 %  better
peak memory                    512.0 MiB     498.0 MiB    -2.7 %  not comparable
read from storage                    0 B       1.0 MiB        +∞  worse
written to storage               3.0 GiB       3.0 GiB    +0.3 %  same
throttled                            0 s             –            not comparable
killed for memory                      0             0       0 %  same

peak memory: as samples saw it for the base, by its control group now
throttled: not known now

2 worse, 1 better, 3 same, 2 not comparable
`;

test("a table of 80 columns at most, with the reasons below", () => {
  const table = comparisonTable(compareRuns([BASE], [NEXT], 0.05), {
    baseRuns: 1,
    nextRuns: 1,
    notes: [],
    colour: false,
  });
  expect(table).toBe(TABLE);
  for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("short times are in milliseconds", () => {
  const row = (base: number, next: number) => {
    const one: Comparison = { what: "wall time", unit: "seconds", base, next, verdict: "same" };
    return comparisonTable([one], { baseRuns: 1, nextRuns: 1, notes: [], colour: false })
      .split("\n")[1]!
      .split(/ {2,}/)
      .slice(1, 3);
  };
  expect(row(0.00123, 0.0456)).toEqual(["1.23 ms", "45.6 ms"]);
  expect(row(0.999, 1)).toEqual(["999 ms", "1.00 s"]);
});

test("colour changes nothing but colour", () => {
  const comparisons = compareRuns([BASE], [NEXT], 0.05);
  const coloured = comparisonTable(comparisons, { baseRuns: 1, nextRuns: 1, notes: [], colour: true });
  expect(Bun.stripANSI(coloured)).toBe(TABLE);
  expect(coloured).toContain("\u001b[31mworse\u001b[0m");
});

test("the header says how many runs a side has", () => {
  const table = comparisonTable(compareRuns([BASE, BASE], [NEXT], 0.05), {
    baseRuns: 2,
    nextRuns: 1,
    notes: [],
    colour: false,
  });
  expect(table.split("\n")[0]).toBe("                            base, 2 runs           new    change");
});
