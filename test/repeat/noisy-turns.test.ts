import { expect, test } from "bun:test";
import { mulberry32 } from "../../src/recording/change-interval.ts";
import { changesOf } from "../../src/repeat/measured-series.ts";
import fixture from "../fixtures/noisy-turns.json";

/*
 * How often a series is wrong, on the noise of a real machine: CPU times of equal runs spread by 18 %. The turns were recorded
 * one after the other; a longer command is several of them together.
 */

/** The commands of a turn by their place in it. */
const [FIRST, MORE_CPU, AGAIN] = [0, 1, 2];

interface Shape {
  /** Recorded turns that are one run, of about 0.33 s of CPU time each. */
  readonly pieces: number;
  readonly runs: number;
}

/** Returns the runs of a command that begin at a recorded turn. */
function runsFrom(at: number, command: number, { pieces, runs }: Shape) {
  return Array.from({ length: runs }, (_, run) => {
    const turns = fixture.turns.slice(at + run * pieces, at + (run + 1) * pieces);
    const sum = (place: number) => turns.reduce((seconds, turn) => seconds + turn[place]!, 0);
    const used = { cpuUserSeconds: sum(2 * command), cpuSystemSeconds: 0, wallSeconds: sum(2 * command + 1) };
    return { run: run + 1, figures: { command: "awk", exitStatus: 0, ...used, sources: new Map([["cpu", "wait4"]]) } };
  });
}

/** Returns of how many comparisons, as a share, each figure is worse, and any. */
function shareWorse(shape: Shape, sides: (random: () => number) => readonly [base: number, next: number]) {
  const random = mulberry32(21);
  const tries = 200;
  const worse = { any: 0, cpu: 0 };
  for (let i = 0; i < tries; i++) {
    const at = Math.floor(random() * (fixture.turns.length - shape.pieces * shape.runs));
    const [, changes = []] = changesOf(sides(random).map((command) => runsFrom(at, command, shape)));
    const found = changes.filter(({ verdict }) => verdict === "worse").map(({ what }) => what);
    if (found.length > 0) worse.any += 1 / tries;
    if (found.includes("CPU time")) worse.cpu += 1 / tries;
  }
  return worse;
}

const FIVE_LONG = { pieces: 10, runs: 5 };
const TEN = { pieces: 5, runs: 10 };

test.each([{ pieces: 1, runs: 5 }, { pieces: 5, runs: 5 }, FIVE_LONG, TEN])(
  "of 200 comparisons of %j where nothing has changed, at most 5 % say worse",
  (shape) => {
    const { any } = shareWorse(shape, (random) => (random() < 0.5 ? [FIRST, AGAIN] : [AGAIN, FIRST]));
    expect(any).toBeLessThanOrEqual(0.05);
  },
);

test.each([FIVE_LONG, TEN])("of comparisons of %j with 15 % more CPU time, 90 of 100 say so", (shape) => {
  const { cpu } = shareWorse(shape, (random) => [random() < 0.5 ? FIRST : AGAIN, MORE_CPU]);
  expect(cpu).toBeGreaterThanOrEqual(0.9);
});

test("five runs of a third of a second are too few for that", () => {
  const { cpu } = shareWorse({ pieces: 1, runs: 5 }, () => [FIRST, MORE_CPU]);
  // As docs/repeat.md says: if that changes, so does the document.
  expect(cpu).toBeLessThan(0.5);
});
