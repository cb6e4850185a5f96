/*
 * The test of Wilcoxon, Mann and Whitney: whether the values of one group are higher than those of another, by their ranks in
 * both together. It suits a few runs on a machine that others use: it assumes no distribution, one run that was disturbed
 * counts as the highest and no more, and for few values its probabilities are counted, not approximated.
 */

/** Of more values together, the normal distribution is as good as counting, which takes the cube of their number. */
const MOST_COUNTED = 60;

/** The probability that chance alone puts `high` as far above `low` as it is, or further. Both have values. */
export function chanceOfHigher(low: readonly number[], high: readonly number[]): number {
  const all = [...low, ...high].sort((a, b) => a - b);
  const doubled = high.reduce((sum, value) => sum + doubledRank(all, value), 0);
  return all.length > MOST_COUNTED
    ? normalChance(all, high.length, doubled / 2)
    : countedChance(all, high.length, doubled);
}

/** The lowest probability that groups of these sizes can have. */
export function leastChance(low: number, high: number): number {
  let ways = 1;
  for (let i = 1; i <= high; i++) ways = (ways * (low + i)) / i;
  return 1 / ways;
}

/** Twice the mean rank of the values that are equal to this one, which is a whole number. */
function doubledRank(sorted: readonly number[], value: number): number {
  return sorted.indexOf(value) + sorted.lastIndexOf(value) + 2;
}

/** Counts the choices of so many of all ranks whose sum is not below this one. */
function countedChance(all: readonly number[], size: number, doubledSum: number): number {
  const most = all.length * (all.length + 1);
  // ways[k][sum]: in how many ways k of the ranks so far have this doubled sum.
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1));
  ways[0]![0] = 1;
  for (const value of all) {
    const rank = doubledRank(all, value);
    for (let k = size; k > 0; k--) {
      const [fewer, now] = [ways[k - 1]!, ways[k]!];
      for (let sum = most; sum >= rank; sum--) now[sum]! += fewer[sum - rank]!;
    }
  }
  let total = 0;
  let above = 0;
  for (const [sum, count] of ways[size]!.entries()) {
    total += count;
    if (sum >= doubledSum) above += count;
  }
  return above / total;
}

/** The same by the normal distribution, with the variance that ties leave and a correction for continuity. */
function normalChance(all: readonly number[], size: number, rankSum: number): number {
  const n = all.length;
  const ties = Map.groupBy(all, (value) => value);
  const tied = [...ties.values()].reduce((sum, { length: t }) => sum + t ** 3 - t, 0);
  const variance = ((size * (n - size)) / 12) * (n + 1 - tied / (n * (n - 1)));
  if (variance === 0) return 1;
  const mean = (size * (n + 1)) / 2;
  return upperTail((rankSum - mean - 0.5) / Math.sqrt(variance));
}

/** The standard normal distribution above z, to 7 digits: Abramowitz and Stegun, 26.2.17. */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
