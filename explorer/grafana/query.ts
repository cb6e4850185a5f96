import { type Metric, sampleName } from "../../src/catalog/index.ts";

/** Conditions on a metric's own labels. Operator and value are PromQL: `="user"`, `!~"guest.*"`. */
type Where = Readonly<Record<string, string>>;

export interface Select {
  readonly kind: "select";
  readonly metric: Metric;
  readonly where: Where;
}

/**
 * A query of the dashboard. It is a tree instead of a text: a name that is not in the catalogue does not compile, and a
 * test can compute the expected answer from a metrics file.
 */
export type Query =
  | Select
  | { readonly kind: "rate"; readonly of: Select }
  | { readonly kind: "last"; readonly of: Select }
  | { readonly kind: "sum"; readonly by: readonly string[]; readonly of: Query }
  | { readonly kind: "count"; readonly by: readonly string[]; readonly of: Query }
  | { readonly kind: "times"; readonly of: Query; readonly factor: number };

/** The labels that identify a run. */
const RUN_LABELS = ["instance", "role"] as const;

type LabelOf<M extends Metric> = M["labels"][number];

/** Selects the series of a metric, for the chosen runs. */
export function select<const M extends Metric>(metric: M, where: { readonly [L in LabelOf<M>]?: string } = {}): Select {
  return { kind: "select", metric, where: where as Where };
}

/** A counter's growth per second. */
export function rate<const M extends Metric>(metric: M, where: { readonly [L in LabelOf<M>]?: string } = {}): Query {
  return { kind: "rate", of: select(metric, where) };
}

/** The last value in the shown time. For series that have only one point, at the end of the run. */
export function last<const M extends Metric>(metric: M, where: { readonly [L in LabelOf<M>]?: string } = {}): Query {
  return { kind: "last", of: select(metric, where) };
}

/** The sum for each run, by further labels. */
export function sum(of: Query, ...by: string[]): Query {
  return { kind: "sum", by: [...RUN_LABELS, ...by], of };
}

/** The number of series of each run. */
export function count(of: Query): Query {
  return { kind: "count", by: RUN_LABELS, of };
}

export function times(of: Query, factor: number): Query {
  return { kind: "times", of, factor };
}

/** Returns a query as PromQL for VictoriaMetrics and Prometheus. Grafana replaces the variables in it. */
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
