import { describe, expect, test } from "bun:test";
import { type Epoch, ratioOverBuilds, verdictOf } from "../../bench/lib/judge.ts";
import { seededRandom } from "../../bench/lib/stats.ts";

interface Made {
  readonly seed: number;
  /** The ratio of the new source to the old one. */
  readonly factor?: number;
  /** By what part builds of one source differ lastingly, and rounds of one build. */
  readonly builds?: number;
  readonly rounds?: number;
  /** Of each side in an epoch. */
  readonly copies?: number;
  readonly epochs?: number;
  /** The factor of all figures of a round. */
  readonly drift?: (round: number) => number;
}

const ROUNDS = 8;

/** Generates figures as two sources would have them. */
function made({
  seed,
  factor = 1,
  builds = 0.1,
  rounds = 0.1,
  copies = 3,
  epochs = 4,
  drift = () => 1,
}: Made): Epoch[] {
  const random = seededRandom(seed);
  const off = (part: number) => 1 + part * (random() + random() + random() - 1.5) * 2;
  return Array.from({ length: epochs }, (_, epoch) => {
    const levels = (source: number) => Array.from({ length: copies }, () => 100 * source * off(builds));
    const [old, now] = [levels(1), levels(factor)];
    return Array.from({ length: ROUNDS }, (_, round) => {
      const slow = drift(epoch * ROUNDS + round);
      const measured = (all: readonly number[]) => all.map((level) => level * slow * off(rounds));
      return { old: measured(old), new: measured(now) };
    });
  });
}

const verdict = (figures: Made) => verdictOf(ratioOverBuilds(made(figures)));

const COMPARISONS = 40;

/** The verdicts of forty comparisons whose figures differ only in their noise. */
function verdicts(figures: Omit<Made, "seed">): readonly string[] {
  return Array.from({ length: COMPARISONS }, (_, seed) => verdict({ ...figures, seed }));
}

const allOf = (wanted: string) => Array(COMPARISONS).fill(wanted);

describe("a comparison of two versions", () => {
  test.each([{ epochs: 4 }, { epochs: 1 }])("of the same source finds nothing, though builds differ: %p", (figures) => {
    const found = verdicts(figures).filter((one) => one !== "no regression");
    expect(found.length).toBeLessThanOrEqual(2);
  });

  test("finds a regression where the new source is a third slower, and none where it is a third faster", () => {
    expect(verdicts({ factor: 4 / 3 })).toEqual(allOf("regression"));
    expect(verdicts({ factor: 3 / 4 })).toEqual(allOf("better"));
  });

  test("ignores a change within the margin, however certain it is", () => {
    expect(verdict({ seed: 1, factor: 1.02, builds: 0, rounds: 0 })).toBe("no regression");
    expect(verdict({ seed: 1, factor: 1.05, builds: 0, rounds: 0 })).toBe("regression");
  });

  test("does not blame a version for one slow build", () => {
    const epochs = made({ seed: 3, builds: 0.03, epochs: 2 });
    const [first, ...rest] = epochs;
    const bad = first!.map((round) => ({ ...round, new: [round.new[0]! * 1.5, ...round.new.slice(1)] }));
    expect(verdictOf(ratioOverBuilds([bad, ...rest]))).toBe("no regression");
  });

  test("does not depend on a machine that becomes slower meanwhile", () => {
    const width = (drift: (round: number) => number) => {
      const { low, high } = ratioOverBuilds(made({ seed: 5, drift }));
      return high - low;
    };
    const slowing = width((round) => 1 + round / ROUNDS);
    expect(slowing).toBeCloseTo(
      width(() => 1),
      6,
    );
  });

  test("gives the same answer for the same figures", () => {
    expect(ratioOverBuilds(made({ seed: 9 }))).toEqual(ratioOverBuilds(made({ seed: 9 })));
  });
});
