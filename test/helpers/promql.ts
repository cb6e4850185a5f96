import type { Query, Select } from "../../explorer/grafana/query.ts";
import { sampleName } from "../../src/catalog/index.ts";
import type { StoredSeries } from "./victoria.ts";

/** Values by their labels, see `labelsId`. */
export type Answer = Map<string, number>;

/** Returns the labels without the name, sorted, as one text. */
export function labelsId(labels: Readonly<Record<string, string>>): string {
  const { __name__, ...own } = labels;
  return JSON.stringify(Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Evaluates a query of the dashboard at the end of a run, over all of its points. */
export function evaluate(query: Query, all: readonly StoredSeries[]): Answer {
  if (query.kind === "select" || query.kind === "last") {
    const select = query.kind === "select" ? query : query.of;
    return answer(chosen(select, all), (points) => points.at(-1)![1]);
  }
  if (query.kind === "rate") return answer(chosen(query.of, all), ratePerSecond);
  return combined(query, evaluate(query.of, all));
}

function combined(query: Exclude<Query, { kind: "select" | "last" | "rate" }>, of: Answer): Answer {
  if (query.kind === "times") return new Map([...of].map(([id, value]) => [id, value * query.factor]));
  const groups = new Map<string, number>();
  for (const [id, value] of of) {
    const labels = Object.fromEntries(JSON.parse(id) as [string, string][]);
    const group = labelsId(Object.fromEntries(query.by.filter((label) => label in labels).map((l) => [l, labels[l]!])));
    groups.set(group, (groups.get(group) ?? 0) + (query.kind === "sum" ? value : 1));
  }
  return groups;
}

type Points = readonly (readonly [atMs: number, value: number])[];

function answer(series: readonly StoredSeries[], of: (points: Points) => number | undefined): Answer {
  const found: Answer = new Map();
  for (const { labels, times, values } of series) {
    const points = times.map((atMs, i) => [atMs, values[i]!] as const).sort(([a], [b]) => a - b);
    const value = of(points);
    if (value !== undefined) found.set(labelsId(labels), value);
  }
  return found;
}

function ratePerSecond(points: Points): number | undefined {
  if (points.length < 2) return undefined;
  const [[fromMs, from], [toMs, to]] = [points[0]!, points.at(-1)!];
  return ((to - from) / (toMs - fromMs)) * 1000;
}

function chosen({ metric, where }: Select, all: readonly StoredSeries[]): StoredSeries[] {
  return all.filter(
    ({ name, labels }) =>
      name === sampleName(metric) &&
      Object.entries(where).every(([label, condition]) => matches(labels[label] ?? "", condition)),
  );
}

function matches(value: string, condition: string): boolean {
  const [, operator, text = ""] = /^(=~|!~|!=|=)"(.*)"$/.exec(condition) ?? [];
  const equal = operator?.endsWith("~") ? new RegExp(`^(?:${text})$`).test(value) : value === text;
  return operator?.startsWith("!") ? !equal : equal;
}

/** Replaces Grafana's variables in a query: one run is chosen, and the windows are as long as the run. */
export function filledIn(expr: string, { instance, role, spanMs }: { instance: string; role: string; spanMs: number }) {
  const quoted = (text: string) => RegExp.escape(text).replaceAll("\\", "\\\\");
  const filled = expr
    .replaceAll("$instance", quoted(instance))
    .replaceAll("$role", quoted(role))
    .replace(/\$__(rate_interval|range)/g, `${spanMs}ms`);
  if (filled.includes("$")) throw new Error(`${expr}: ${filled} still has a variable`);
  return filled;
}
