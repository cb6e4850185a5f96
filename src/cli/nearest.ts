/** Returns the candidate that a misspelt name probably means; undefined if none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    // One mistake in three letters. With more, any short name would be near any other.
    const limit = Math.min(3, Math.floor(Math.min(name.length, candidate.length) / 3));
    const begun = name.length >= 3 && candidate.startsWith(name);
    if (!begun && Math.abs(name.length - candidate.length) > limit) continue;
    const distance = begun ? 0.5 : editDistance(name, candidate);
    if ((begun || distance <= limit) && distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/**
 * Returns the number of letters that must be inserted, removed, changed or swapped with their neighbour to turn one word
 * into the other (optimal string alignment: Damerau's distance in which no letter changes twice).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (same ? 0 : 1),
        swapped ? beforeLast[column - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length]!;
}
