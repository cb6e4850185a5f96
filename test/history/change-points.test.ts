import { describe, expect, test } from "bun:test";
import { changePoints } from "../../src/history/change-points.ts";

/** Yearly flow of the Nile at Aswan, 1871 to 1970, 10⁸ m³ (Cobb 1978): the classical series with a change after 1898. */
const NILE = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100,
  1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456,
  824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897,
  822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975,
  815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
];

/** Numbers from 0 up to 1 (Park and Miller 1988), other ones than the method's own. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

describe("known data, with the values that scipy 1.17 gives for the statistic and 100,000 permutations for its chance", () => {
  test("the Nile has one change, after 1898", () => {
    expect(changePoints(NILE)).toEqual([{ at: 28, before: 1130, after: 842.5, chance: 2 / 1000 }]);
  });

  test("a short series with ties: the split is at 7, its chance 0.0026, counted twice for two tests", () => {
    const series = [5.1, 5, 5.2, 5.1, 5.3, 4.9, 5, 5.4, 5.2, 5.3, 5.7, 5.5, 5.6, 5.8, 5.3, 5.5];
    const [change, ...others] = changePoints(series);
    expect(others).toEqual([]);
    expect(change).toMatchObject({ at: 7, before: 5.1, after: 5.5 });
    expect(Math.abs(change!.chance - 2 * 0.0026)).toBeLessThan(0.0048);
  });

  test("one whose best split chance explains, by 0.18, has none", () => {
    expect(changePoints([5.1, 5, 5.2, 5.1, 5.3, 4.9, 5, 5.2, 5.4, 5.1, 5.3, 6.5])).toEqual([]);
  });
});

test.each([
  ["normal noise", (random: () => number) => 2 + 0.1 * normal(random)],
  ["a long tail", (random: () => number) => 2 * Math.exp(0.3 * normal(random))],
  ["a run in ten disturbed", (random: () => number) => (random() < 0.1 ? 3 : 2) + 0.05 * normal(random)],
  ["two speeds of a machine", (random: () => number) => (random() < 0.5 ? 2 : 2.4) + 0.02 * normal(random)],
])("where nothing changed, at most 5 of 100 series have a change: %s", (_, draw) => {
  const random = uniform(7);
  for (const length of [10, 30, 100]) {
    const alarms = Array.from({ length: 200 }, () => Array.from({ length }, () => draw(random))).filter(
      (series) => changePoints(series).length > 0,
    );
    expect(alarms.length, `of 200 series of ${length}`).toBeLessThanOrEqual(10);
  }
});

test("of 100 series in which a quarter is 15 % higher, at least 90 have a change within two of its place", () => {
  const random = uniform(11);
  const found = Array.from({ length: 100 }, () => {
    const series = Array.from({ length: 32 }, (_, i) => (i < 24 ? 2 : 2.3) * (1 + 0.03 * normal(random)));
    return changePoints(series);
  }).filter((changes) => changes.length === 1 && Math.abs(changes[0]!.at - 24) <= 2);
  expect(found.length).toBeGreaterThanOrEqual(90);
});

test("up and down again are two changes, a single slow run and a small change are none", () => {
  const random = uniform(5);
  const level = (value: number, count: number) => Array.from({ length: count }, () => value + 0.01 * random());
  expect(changePoints([...level(2, 12), ...level(3, 12), ...level(2, 12)]).map(({ at }) => at)).toEqual([12, 24]);
  // A few commits between a change and its revert, and another change later.
  const series = [...level(2, 8), ...level(2.6, 6), ...level(2, 8), ...level(3, 8)];
  expect(changePoints(series).map(({ at }) => at)).toEqual([8, 14, 22]);
  expect(changePoints([...level(2, 40), ...level(2.6, 12), ...level(2, 40)]).map(({ at }) => at)).toEqual([40, 52]);
  expect(changePoints([...level(2, 12), 9, ...level(2, 12)])).toEqual([]);
  expect(changePoints([...level(2, 20), ...level(2.05, 20)])).toEqual([]);
});

test("few values, equal ones and none have no change, and the same series has the same answer", () => {
  expect(changePoints([])).toEqual([]);
  expect(changePoints([1, 1, 1, 1, 9, 9, 9, 9, 9])).toEqual([]);
  expect(changePoints(Array(50).fill(3))).toEqual([]);
  expect(changePoints(NILE.slice(10, 60))).toEqual(changePoints(NILE.slice(10, 60)));
});
