import type { PanelSpec } from "../../explorer/page/panels.ts";
import type { RecordedSeries, Recording } from "../../src/recording/recording.ts";
import { pointsOf } from "../helpers/recording.ts";

/** Points by their time in milliseconds; null is a gap. */
export type Expected = Map<number, number>;

/** What a line of a panel should show, by its label, from a recording whose samples are all whole seconds apart. */
export function expectedLines(spec: PanelSpec, recording: Recording): Map<string, Expected> {
  const lines = new Map<string, Expected>();
  for (const { metric, label, only = {}, by } of spec.lines) {
    const fits = ({ metric: { name, labels: names }, labels }: RecordedSeries) =>
      name === metric.name &&
      Object.entries(only).every(([name, values]) => values.includes(labels[names.indexOf(name)] ?? ""));
    const all = [...recording.series()].filter(fits);
    const groups = Map.groupBy(all, (one) => (by === undefined ? "" : (one.labels[metric.labels.indexOf(by)] ?? "")));
    for (const [value, members] of groups) {
      const points = members.map((one) => (metric.type === "counter" ? ratesOf(pointsOf(one)) : pointsOf(one)));
      lines.set(label.replace("{}", value), summed(points));
    }
  }
  return lines;
}

/** Growth a second from one sample to the next, where they are neighbours. */
function ratesOf(points: readonly (readonly [atMs: number, value: number])[]): (readonly [number, number])[] {
  return points.flatMap(([atMs, value], i) => {
    const [beforeMs, before] = points[i - 1] ?? [Number.NaN, Number.NaN];
    return atMs - beforeMs === 1000 && value >= before ? [[atMs, value - before] as const] : [];
  });
}

function summed(lines: readonly (readonly (readonly [atMs: number, value: number])[])[]): Expected {
  const sums: Expected = new Map();
  for (const [atMs, value] of lines.flat()) sums.set(atMs, (sums.get(atMs) ?? 0) + value);
  return sums;
}
