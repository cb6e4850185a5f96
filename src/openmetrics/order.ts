import { METRICS, type Metric, type SeriesKey } from "../catalog/index.ts";

const PLACES: ReadonlyMap<string, number> = new Map(METRICS.map((metric, place) => [metric.name, place]));

/** Families as the catalogue has them; those that it does not know behind them, by name. */
export function compareFamilies(a: Metric, b: Metric): number {
  const places = (PLACES.get(a.name) ?? METRICS.length) - (PLACES.get(b.name) ?? METRICS.length);
  return places || compareText(a.name, b.name);
}

/** Series of one family, by the values of their own labels in turn. */
export function compareSeries(a: SeriesKey, b: SeriesKey): number {
  const shared = Math.min(a.labels.length, b.labels.length);
  for (let i = 0; i < shared; i++) {
    const order = compareNatural(a.labels[i] as string, b.labels[i] as string);
    if (order !== 0) return order;
  }
  return a.labels.length - b.labels.length;
}

/** Runs of digits by the number that they are, all else by code unit: cpu2 before cpu10. Only equal texts are equal. */
export function compareNatural(a: string, b: string): number {
  if (a === b) return 0;
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
