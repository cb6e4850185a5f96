import type { SeenSeries } from "./push-scan.ts";

/** Points in a request: within the limits of every server, and enough to make the cost of requests negligible. */
const POINTS_PER_REQUEST = 4000;

interface Pending {
  readonly isCounter: boolean;
  readonly points: string[];
}

/** The attributes of a resource, and the labels that servers make of them. */
const RESOURCE: readonly (readonly [label: string, attribute: string])[] = [
  ["job", "service.name"],
  ["instance", "service.instance.id"],
];

/**
 * Gathers points into requests of OTLP 1.x as JSON. A metric has the name of its samples, suffix included, and no unit:
 * then servers that translate names to those of Prometheus leave it as it is. Counters have no start time, since most of
 * them count from the start of the machine.
 */
export class OtlpRequests {
  private readonly send: (json: string, points: number) => void;
  private metrics = new Map<string, Pending>();
  private resource = "";
  private count = 0;
  /** The series of the last point, and the text that all its points share. */
  private series: SeenSeries | undefined;
  private attributes = "";
  private pointTexts: string[] = [];

  constructor(send: (json: string, points: number) => void) {
    this.send = send;
  }

  add(series: SeenSeries, atMs: number, value: number): void {
    if (series !== this.series) this.begin(series);
    const text = Number.isFinite(value) ? number(value) : `"${value}"`;
    // A double cannot hold nanoseconds exactly, so they are digits in a string.
    this.pointTexts.push(`{"timeUnixNano":"${Math.trunc(atMs)}000000","asDouble":${text}${this.attributes}}`);
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
    this.pointTexts = pending.points;
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

/** Returns how many points of an accepted request the server rejected, and why; undefined: none. */
export function rejectedOf(answer: string): { readonly points: number; readonly why: string } | undefined {
  if (answer.trim() === "") return undefined;
  try {
    const { partialSuccess } = JSON.parse(answer) as {
      partialSuccess?: { rejectedDataPoints?: string | number; errorMessage?: string };
    };
    const points = Number(partialSuccess?.rejectedDataPoints ?? 0);
    return points > 0 ? { points, why: partialSuccess?.errorMessage ?? "" } : undefined;
  } catch (error) {
    // Some servers answer with an empty protobuf message or with plain text: only the status counts.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
