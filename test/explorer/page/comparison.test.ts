import { describe, expect, test } from "bun:test";
import type { LinePoints, RunInfo } from "../../../explorer/data/model.ts";
import type { Derived, PlannedChart, PlannedLine } from "../../../explorer/page/chart-plan.ts";
import { withDerivedCharts } from "../../../explorer/page/derived-lines.ts";
import { PANELS } from "../../../explorer/page/panels.ts";
import { figuresFrom, plainFigures, spreadOf } from "../../../src/recording/comparison.ts";
import type { RunFigures } from "../../../src/recording/run-figures.ts";

const [CPU, MEMORY] = ["command-cpu", "command-memory"].map((id) => PANELS.find((panel) => panel.id === id)!);

function chartOf(spec: typeof CPU, runs: readonly string[]): PlannedChart {
  const as = spec === CPU ? "rate" : "value";
  const lines = runs.map(
    (run): PlannedLine => ({
      label: run,
      hue: "blue",
      dash: 0,
      layer: false,
      run,
      kind: "",
      request: { series: [0], as },
    }),
  );
  return { spec: spec!, title: "", lines, limits: [], quiet: false };
}

function derivedOf(spec: typeof CPU, runs: readonly string[]): Derived[] {
  const infos = runs.map((id) => ({ id, role: "standalone", facts: [] as RunInfo["facts"] }) as RunInfo);
  const [panel] = withDerivedCharts([{ spec: spec!, charts: [chartOf(spec, runs)] }], { runs: infos, view: "overlay" });
  return panel!.charts[1]!.lines.map(({ derived }) => derived!);
}

function points(...all: readonly (readonly [x: number, value: number])[]): LinePoints {
  return { times: Float64Array.from(all, ([x]) => x), values: Float64Array.from(all, ([, value]) => value) };
}

/** A value at a time of a derived line. */
function at({ times, values }: LinePoints, x: number): number {
  return values[times.findIndex((time) => time >= x)]!;
}

const RANGE = { from: 0, to: 24 };

describe("the difference of two runs", () => {
  test("of a counter is that of its growth, whatever the times of the samples", () => {
    const [difference] = derivedOf(CPU, ["a", "b"]);
    expect(difference!.from.map(({ run, request }) => [run, request.as])).toEqual([
      ["a", "value"],
      ["b", "value"],
    ]);
    // The second used 3 cores where the first used 1, then both 1.
    const base = points([0, 5], [7, 12], [24, 29]);
    const next = points([0, 100], [3, 109], [12, 136], [20.5, 144.5], [24, 148]);
    const line = difference!.combine([base, next], RANGE);
    expect(at(line, 2)).toBeCloseTo(2, 6);
    expect(at(line, 11)).toBeCloseTo(2, 6);
    expect(at(line, 13)).toBeCloseTo(0, 6);
  });

  test("of memory is that of its values, and has none in a gap, after an end, or where a counter fell", () => {
    const [difference] = derivedOf(MEMORY, ["a", "b"]);
    const base = points([0, 10], [10, 10], [11, Number.NaN], [12, 10], [24, 10]);
    const line = difference!.combine([base, points([0, 0], [20, 40])], RANGE);
    expect(at(line, 5)).toBeCloseTo(2 * 5.1 - 10, 6);
    expect(at(line, 15)).toBeGreaterThan(0);
    expect(at(line, 11.3)).toBeNaN();
    expect(at(line, 22)).toBeNaN();
    const [cpu] = derivedOf(CPU, ["a", "b"]);
    const fallen = cpu!.combine([points([0, 5], [10, 15], [11, 0], [24, 13]), points([0, 0], [24, 24])], RANGE);
    expect(at(fallen, 10.5)).toBeNaN();
    expect(at(fallen, 20)).toBeCloseTo(0, 6);
  });
});

test("the spread of several runs has their median between the lowest and the highest, as long as two go on", () => {
  const lines = derivedOf(MEMORY, ["a", "b", "c"]);
  const runs = [points([0, 1], [24, 1]), points([0, 9], [24, 9]), points([0, 5], [6, 5])];
  const at3 = Object.fromEntries(lines.map((one) => [one.how, at(one.combine(runs, RANGE), 3)]));
  expect(at3).toEqual({ lowest: 1, median: 5, highest: 9 });
  const at9 = Object.fromEntries(lines.map((one) => [one.how, at(one.combine(runs, RANGE), 9)]));
  expect(at9).toEqual({ lowest: 1, median: 5, highest: 9 });
  const alone = lines[0]!.combine([points([0, 1], [24, 1]), points([0, 1], [1, 1]), points([0, 1], [1, 1])], RANGE);
  expect(at(alone, 9)).toBeNaN();
});

describe("several commands with several runs each", () => {
  const info = (id: string, command: string, name: string) =>
    ({ id, name, role: "standalone", instance: command, facts: [["command", command]] }) as unknown as RunInfo;
  const runs = [
    info("a", "grep", "out/x.a-grep.1.prom"),
    info("b", "rg", "out/x.b-rg.1.prom"),
    info("c", "grep", "out/x.a-grep.12.prom"),
    info("d", "rg", "out/x.b-rg.12.prom"),
  ];
  const chartsOf = (shown: readonly RunInfo[]) => {
    const ids = shown.map(({ id }) => id);
    const lanes = [{ spec: MEMORY!, charts: [chartOf(MEMORY, ids)] }];
    return withDerivedCharts(lanes, { runs: shown, view: "overlay" })[0]!.charts;
  };

  test("have a spread of each command, from its own runs, in a colour of its own", () => {
    const [, spread] = chartsOf(runs);
    expect(spread!.lines.map(({ label, hue }) => [label, hue])).toEqual([
      ["x.a-grep, lowest", "blue"],
      ["x.a-grep, median", "blue"],
      ["x.a-grep, highest", "blue"],
      ["x.b-rg, lowest", "orange"],
      ["x.b-rg, median", "orange"],
      ["x.b-rg, highest", "orange"],
    ]);
    expect(spread!.bands).toEqual([
      { series: [3, 1], hue: "blue" },
      { series: [6, 4], hue: "orange" },
    ]);
    expect(spread!.lines.map(({ derived }) => derived!.from.map(({ run }) => run).join(""))).toEqual(
      ["ac", "ac", "ac"].concat(["bd", "bd", "bd"]),
    );
  });

  test("a command with a single run has none, and so have the others", () => {
    expect(chartsOf(runs.slice(0, 3))).toHaveLength(1);
  });

  test("files without a common name are named by their command", () => {
    const [first, ...others] = runs;
    const renamed = [{ ...first!, name: "1.prom" }, ...others];
    expect(chartsOf(renamed)[1]!.lines[0]!.label).toBe("grep, lowest");
  });
});

test.each<[string, Partial<RunInfo>]>([
  ["a client and its server", { role: "server" }],
  ["runs of different commands", { facts: [["command", "ninja"]] }],
])("%s have no lane of their difference", (_, other) => {
  const run = { id: "a", role: "client", facts: [["command", "make"]] as RunInfo["facts"] } as RunInfo;
  const lanes = [{ spec: CPU!, charts: [chartOf(CPU, ["a", "b"])] }];
  const choice = (second: RunInfo) => ({ runs: [run, second], view: "overlay" as const });
  expect(withDerivedCharts(lanes, choice({ ...run, id: "b", ...other }))).toEqual(lanes);
  expect(withDerivedCharts(lanes, choice({ ...run, id: "b" }))).not.toEqual(lanes);
});

describe("the figures of several runs", () => {
  const run = (figures: Partial<RunFigures>): RunFigures => ({ command: "make", sources: new Map(), ...figures });

  test("have a lowest, a median and a highest, and a reason where not all know them", () => {
    const spread = spreadOf([3, 1, 2, 10].map((wallSeconds) => run({ wallSeconds })));
    expect(spread.find(({ what }) => what === "wall time")?.spread).toEqual({ lowest: 1, median: 2.5, highest: 10 });
    const some = spreadOf([run({ wallSeconds: 1, throttledSeconds: 4 }), run({ wallSeconds: 1 })]);
    expect(some.find(({ what }) => what === "throttled")).toEqual({
      ...{ what: "throttled", unit: "seconds", reason: "not known of all runs" },
    });
  });

  test("survive JSON, bounds that are not known too", () => {
    const phase = { value: 1, lowest: 1, highest: Number.POSITIVE_INFINITY };
    const figures = run({
      hugePagesMostBytes: Number.POSITIVE_INFINITY,
      phases: [{ phase: "link", times: 1, wall: phase, memory: phase }],
      sources: new Map([["cpu", "wait4"]]),
    });
    expect(figuresFrom(JSON.parse(JSON.stringify(plainFigures(figures))))).toEqual(figures);
  });
});
