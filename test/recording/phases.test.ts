import { describe, expect, test } from "bun:test";
import { COMMAND, RUN, series } from "../../src/catalog/index.ts";
import { findingOfPhase, judgeBudgets, type Limit, mayEndRun } from "../../src/recording/budget-results.ts";
import { compareRuns } from "../../src/recording/comparison.ts";
import { phaseSpans, phasesOf } from "../../src/recording/phases.ts";
import { figuresOf } from "../../src/recording/run-figures.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";

const COLUMNS = [
  series(RUN.commandStatus),
  series(COMMAND.cpuSeconds, { mode: "user" }),
  series(COMMAND.cpuSeconds, { mode: "system" }),
  series(COMMAND.memoryAnonymous),
  series(COMMAND.memoryShared),
  series(COMMAND.diskWrite),
];

/** A run of ten seconds that uses a core, and holds a hundred bytes more in each second. */
function marked(marks: readonly (readonly [atMs: number, phase: string])[], cores = 1) {
  const rows = Array.from({ length: 11 }, (_, second) => {
    const status = second === 10 ? 2 : 1;
    return [
      START_MS + second * 1000,
      status,
      second * 0.75 * cores,
      second * 0.25 * cores,
      second * 90,
      second * 10,
      7,
    ] as const;
  });
  const events = marks.map(([atMs, text]) => ({ atMs: START_MS + atMs, event: "phase", text }));
  return recordingOf({ events, parts: [{ columns: COLUMNS, rows }] });
}

const SPAN = { fromMs: START_MS, toMs: START_MS + 10_000 };

describe("the phases of a run", () => {
  test("each lasts until the next one, and the last one until the command's end", () => {
    const made = marked([
      [2000, "compile"],
      [6000, "link"],
    ]);
    expect(
      phaseSpans(made, SPAN).map(({ phase, fromMs, toMs }) => [phase, fromMs - START_MS, toMs - START_MS]),
    ).toEqual([
      ["compile", 2000, 6000],
      ["link", 6000, 10_000],
    ]);
    expect(phasesOf(made, SPAN)).toMatchObject([
      {
        phase: "compile",
        times: 1,
        wall: { value: 4 },
        cpu: { value: 4, lowest: 4, highest: 4 },
        memory: { value: 600 },
      },
      {
        phase: "link",
        wall: { value: 4 },
        cpu: { value: 4 },
        memory: { value: 1000, highest: Infinity },
        written: { value: 0 },
      },
    ]);
    expect(phasesOf(made, SPAN)[0]).not.toHaveProperty("read");
  });

  test("that began several times are one, with the highest peak", () => {
    const [a, b] = phasesOf(
      marked([
        [0, "a"],
        [1000, "b"],
        [2000, "a"],
        [5000, "b"],
      ]),
      SPAN,
    );
    expect(a).toMatchObject({ phase: "a", times: 2, wall: { value: 4 }, cpu: { value: 4 }, memory: { value: 500 } });
    expect(b).toMatchObject({ phase: "b", times: 2, wall: { value: 6 }, memory: { value: 1000 } });
  });

  test("that begin between samples are known between bounds", () => {
    const [, b] = phasesOf(
      marked([
        [0, "a"],
        [2500, "b"],
        [4750, "c"],
      ]),
      SPAN,
    );
    expect(b!.wall.value).toBe(2.25);
    expect(b!.cpu).toEqual({ value: 2.25, lowest: 1, highest: 3 });
    const [short] = phasesOf(
      marked([
        [2100, "short"],
        [2200, "c"],
      ]),
      SPAN,
    );
    expect(short!.cpu).toEqual({ value: expect.closeTo(0.1), lowest: 0, highest: 1 });
    expect(short).not.toHaveProperty("memory");
  });

  test("before the start or after the end of the command count only within it; none: no figure", () => {
    expect(
      phasesOf(
        marked([
          [-500, "early"],
          [10_500, "late"],
        ]),
        SPAN,
      ),
    ).toMatchObject([{ phase: "early", wall: { value: 10 } }]);
    expect(figuresOf(marked([]))).not.toHaveProperty("phases");
    expect(figuresOf(marked([[0, "a"]])).phases).toHaveLength(1);
  });
});

describe("a budget of a phase", () => {
  const figures = figuresOf(
    marked([
      [0, "compile"],
      [2500, "link"],
    ]),
  );
  const verdict = (phase: string, name: Limit["name"], value: number) =>
    judgeBudgets([{ text: "x", phase, name, value, inclusive: false }], figures)[0]!;

  test.each([
    ["link", "wall", 8, "kept"],
    ["link", "wall", 7, "exceeded"],
    ["link", "cpu", 8.5, "kept"],
    // It used between 7 and 8 seconds.
    ["link", "cpu", 7.5, "inconclusive"],
    ["link", "cpu", 6.9, "exceeded"],
    ["link", "memory", 900, "exceeded"],
    ["link", "memory", 5000, "inconclusive"],
    ["compile", "memory", 100, "exceeded"],
    ["lnik", "wall", 100, "inconclusive"],
  ] as const)("%s:%s<%d is %s", (phase, name, value, expected) => {
    expect(verdict(phase, name, value).verdict).toBe(expected);
  });

  test("says what is not known, and is not judged while the command runs", () => {
    expect(verdict("lnik", "wall", 100).reason).toBe("no phase lnik was marked");
    expect(verdict("link", "cpu", 7.5)).toMatchObject({ lowest: 7, highest: 8, settledBy: "at a shorter --interval" });
    expect(findingOfPhase("link", "threads", figures.phases)).toMatchObject({ value: undefined, highest: Infinity });
    expect(mayEndRun({ text: "x", phase: "link", name: "cpu", value: 1, inclusive: false }, 1)).toBe(false);
  });
});

describe("a comparison", () => {
  const compared = (old: ReturnType<typeof marked>, now: ReturnType<typeof marked>) =>
    compareRuns([figuresOf(old)], [figuresOf(now)], 0.05)
      .filter(({ what }) => what.includes(": "))
      .map(({ what, verdict }) => `${what} ${verdict}`);

  test("has the phases that both have", () => {
    const base = marked([
      [0, "compile"],
      [6000, "link"],
    ]);
    expect(
      compared(
        base,
        marked(
          [
            [0, "compile"],
            [4000, "link"],
          ],
          1.5,
        ),
      ),
    ).toEqual([
      ...["compile: wall time better", "compile: CPU time same", "compile: peak memory same"],
      ...["link: wall time worse", "link: CPU time worse", "link: peak memory same"],
    ]);
    expect(compared(base, marked([[0, "test"]]))).toEqual([]);
  });

  test("does not call different what samples cannot tell apart", () => {
    const at = (ms: number) =>
      marked([
        [0, "a"],
        [3000, "b"],
        [3000 + ms, "c"],
      ]);
    // Each used between 0 and 1 second.
    expect(compared(at(400), at(900))).toContain("b: CPU time same");
    expect(compared(at(400), at(900))).toContain("b: wall time worse");
  });
});
