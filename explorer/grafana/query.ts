import { type Metric, sampleName } from "../../src/catalog/index.ts";

/** Conditions on a metric's own labels, operator and value as PromQL has them: `="user"`, `!~"guest.*"`. */
export type Where = Readonly<Record<string, string>>;

export interface Select {
  readonly kind: "select";
  readonly metric: Metric;
  readonly where: Where;
}

/**
 * A query of the dashboard. It is a tree and no text, so that a name that the catalogue does not have does not compile,
 * and so that a test can work out of a file what a database must answer.
 */
export type Query =
  | Select
  | { readonly kind: "rate"; readonly of: Select }
  | { readonly kind: "last"; readonly of: Select }
  | { readonly kind: "sum"; readonly by: readonly string[]; readonly of: Query }
  | { readonly kind: "count"; readonly by: readonly string[]; readonly of: Query }
  | { readonly kind: "times"; readonly of: Query; readonly factor: number };

/** Labels that tell one run from another. */
export const RUN_LABELS = ["instance", "role"] as const;

type LabelOf<M extends Metric> = M["labels"][number];

/** The series of a metric, of the runs that are chosen. */
export function select<const M extends Metric>(metric: M, where: { readonly [L in LabelOf<M>]?: string } = {}): Select {
  return { kind: "select", metric, where: where as Where };
}

/** A counter's growth a second. */
export function rate<const M extends Metric>(metric: M, where: { readonly [L in LabelOf<M>]?: string } = {}): Query {
  return { kind: "rate", of: select(metric, where) };
}

/** The last value of the time that is shown: of what has a point at the run's end alone. */
export function last<const M extends Metric>(metric: M, where: { readonly [L in LabelOf<M>]?: string } = {}): Query {
  return { kind: "last", of: select(metric, where) };
}

/** The sum of each run, by further labels. */
export function sum(of: Query, ...by: string[]): Query {
  return { kind: "sum", by: [...RUN_LABELS, ...by], of };
}

/** How many series each run has. */
export function count(of: Query): Query {
  return { kind: "count", by: RUN_LABELS, of };
}

export function times(of: Query, factor: number): Query {
  return { kind: "times", of, factor };
}

/** A query as both VictoriaMetrics and Prometheus take it, once Grafana has filled in its variables. */
export function promql(query: Query): string {
  switch (query.kind) {
    case "select": {
      const own = Object.entries(query.where).map(([label, condition]) => label + condition);
      const runs = RUN_LABELS.map((label) => `${label}=~"$${label}"`);
      return `${sampleName(query.metric)}{${[...runs, ...own].join(",")}}`;
    }
    case "rate":
      return `rate(${promql(query.of)}[$__rate_interval])`;
    case "last":
      return `last_over_time(${promql(query.of)}[$__range])`;
    case "sum":
    case "count":
      return `${query.kind} by (${query.by.join(", ")}) (${promql(query.of)})`;
    case "times":
      return `${promql(query.of)} * ${query.factor}`;
  }
}
