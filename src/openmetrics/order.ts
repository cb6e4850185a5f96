import { METRICS, type SeriesKey } from "../catalog/index.ts";

/** Families by their metric's name, in the catalogue's order; those that it does not know behind them, by name. */
export function inFamilyOrder<T>(families: ReadonlyMap<string, T>): T[] {
  const ordered: T[] = [];
  for (const { name } of METRICS) {
    const family = families.get(name);
    if (family !== undefined) ordered.push(family);
  }
  if (ordered.length === families.size) return ordered;
  const known = new Set<string>();
  for (const { name } of METRICS) known.add(name);
  const foreign = [...families].filter(([name]) => !known.has(name)).sort(([a], [b]) => compareText(a, b));
  return [...ordered, ...foreign.map(([, family]) => family)];
}

/** Sorts the series of one family. Most come as they should be, and are then only looked at. */
export function sortSeries<T extends SeriesKey>(family: T[]): T[] {
  for (let i = 1; i < family.length; i++)
    if (compareSeries(family[i - 1] as T, family[i] as T) > 0) return family.sort(compareSeries);
  return family;
}

/** By the values of their own labels in turn. */
function compareSeries(a: SeriesKey, b: SeriesKey): number {
  const shared = Math.min(a.labels.length, b.labels.length);
  for (let i = 0; i < shared; i++) {
    const order = compareNatural(a.labels[i] as string, b.labels[i] as string);
    if (order !== 0) return order;
  }
  return a.labels.length - b.labels.length;
}

const DIGIT = /[0-9]/;

/** Runs of digits by the number that they are, all else by code unit: cpu2 before cpu10. Only equal texts are equal. */
export function compareNatural(a: string, b: string): number {
  if (a === b) return 0;
  if (!DIGIT.test(a) && !DIGIT.test(b)) return compareText(a, b);
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  if (!isDigit(a[same]) && !isDigit(b[same])) return compareText(a, b);
  const left = a.split(/([0-9]+)/);
  const right = b.split(/([0-9]+)/);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const compare = i % 2 === 1 ? compareDigits : compareText;
    const order = compare(left[i] as string, right[i] as string);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  return left.length - right.length || compareText(left, right);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}
