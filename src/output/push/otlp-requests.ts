import type { SeenSeries } from "./push-scan.ts";

/** What is sent at a time: small enough for every server's limits, large enough that requests do not show. */
export const POINTS_PER_REQUEST = 4000;

interface Pending {
  readonly isCounter: boolean;
  readonly points: string[];
}

/** The labels that servers make of a resource's attributes. */
const RESOURCE: readonly (readonly [label: string, attribute: string])[] = [
  ["job", "service.name"],
  ["instance", "service.instance.id"],
];

/**
 * Gathers points into requests of OTLP 1.x as JSON. A metric has the name of its samples, suffix included, and no unit:
 * servers that translate names to Prometheus' then leave it as it is. Counters have no start: what they count began with
 * the machine.
 */
export class OtlpRequests {
  private readonly send: (json: string, points: number) => void;
  private metrics = new Map<string, Pending>();
  private resource = "";
  private count = 0;
  /** The series that came last, and what all of its points have alike. */
  private series: SeenSeries | undefined;
  private attributes = "";
  private _points: string[] = [];

  constructor(send: (json: string, points: number) => void) {
    this.send = send;
  }

  add(series: SeenSeries, atMs: number, value: number): void {
    if (series !== this.series) this.begin(series);
    const text = Number.isFinite(value) ? number(value) : `"${value}"`;
    // Nanoseconds are more than a double holds: they are digits in a string.
    this._points.push(`{"timeUnixNano":"${Math.trunc(atMs)}000000","asDouble":${text}${this.attributes}}`);
    if (++this.count === POINTS_PER_REQUEST) this.flush();
  }

  flush(): void {
    if (this.count === 0) return;
    const metrics = [...this.metrics].map(([name, { isCounter, points }]) => {
      const data = `"dataPoints":[${points.join(",")}]`;
      const kind = isCounter ? `"sum":{"aggregationTemporality":2,"isMonotonic":true,${data}}` : `"gauge":{${data}}`;
      return `{"name":${JSON.stringify(name)},${kind}}`;
    });
    const scope = `{"scope":{"name":"statexec"},"metrics":[${metrics.join(",")}]}`;
    this.send(
      `{"resourceMetrics":[{"resource":{"attributes":${this.resource}},"scopeMetrics":[${scope}]}]}`,
      this.count,
    );
    this.metrics = new Map();
    this.series = undefined;
    this.count = 0;
  }

  private begin(series: SeenSeries): void {
    const ofResource = RESOURCE.map(([label, attribute]): [string, string] => [
      attribute,
      series.labels.get(label) ?? "",
    ]);
    const resource = attributes(ofResource);
    if (resource !== this.resource) this.flush();
    this.resource = resource;
    const own = attributes([...series.labels].filter(([label]) => !RESOURCE.some(([name]) => name === label)));
    this.attributes = own === "[]" ? "" : `,"attributes":${own}`;
    const pending = this.metrics.get(series.name) ?? { isCounter: series.name.endsWith("_total"), points: [] };
    this.metrics.set(series.name, pending);
    this._points = pending.points;
    this.series = series;
  }
}

function attributes(labels: readonly (readonly [name: string, value: string])[]): string {
  return JSON.stringify(
    labels.filter(([, value]) => value !== "").map(([key, stringValue]) => ({ key, value: { stringValue } })),
  );
}

function number(value: number): string {
  return Object.is(value, -0) ? "-0.0" : String(value);
}

/** How many points a server says that it did not take, though it took the request, and why. */
export function rejectedOf(answer: string): { readonly points: number; readonly why: string } | undefined {
  if (answer.trim() === "") return undefined;
  try {
    const { partialSuccess } = JSON.parse(answer) as {
      partialSuccess?: { rejectedDataPoints?: string | number; errorMessage?: string };
    };
    const points = Number(partialSuccess?.rejectedDataPoints ?? 0);
    return points > 0 ? { points, why: partialSuccess?.errorMessage ?? "" } : undefined;
  } catch (error) {
    // Some answer with an empty protobuf message, or with words: the status is what counts.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
