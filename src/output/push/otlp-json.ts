import type { Attribute, OtlpStream } from "./otlp-streams.ts";

/** How a request of OTLP 1.x is written. `T` is a part of a request: a text, or the bytes of a message. */
export interface OtlpEncoding<T> {
  readonly contentType: string;
  /** The attributes of a point. All points of a series share them. */
  attributes(all: readonly Attribute[]): T;
  point(attributes: T, startMs: number | undefined, atMs: number, value: number): T;
  metric(stream: OtlpStream, points: readonly T[]): T;
  /** @param schemaUrl empty: none */
  request(resource: readonly Attribute[], metrics: readonly T[], schemaUrl: string): Uint8Array<ArrayBuffer>;
}

/** Cumulative, of aggregation temporalities. */
export const CUMULATIVE = 2;

/** OTLP as JSON. */
export const OTLP_JSON: OtlpEncoding<string> = {
  contentType: "application/json",
  attributes,
  point: (encoded, startMs, atMs, value) => {
    const start = startMs === undefined ? "" : `"startTimeUnixNano":"${nanoseconds(startMs)}",`;
    const number = Number.isFinite(value) ? (Object.is(value, -0) ? "-0.0" : String(value)) : `"${value}"`;
    const own = encoded === "[]" ? "" : `,"attributes":${encoded}`;
    return `{${start}"timeUnixNano":"${nanoseconds(atMs)}","asDouble":${number}${own}}`;
  },
  metric: ({ name, unit, kind }, points) => {
    const data = `"dataPoints":[${points.join(",")}]`;
    const monotonic = kind === "monotonic sum" ? `"isMonotonic":true,` : "";
    const body =
      kind === "gauge" ? `"gauge":{${data}}` : `"sum":{"aggregationTemporality":${CUMULATIVE},${monotonic}${data}}`;
    return `{"name":${JSON.stringify(name)},${unit === "" ? "" : `"unit":${JSON.stringify(unit)},`}${body}}`;
  },
  request: (resource, metrics, schemaUrl) => {
    const schema = schemaUrl === "" ? "" : `,"schemaUrl":${JSON.stringify(schemaUrl)}`;
    const scope = `{"scope":{"name":"statexec"},"metrics":[${metrics.join(",")}]${schema}}`;
    const text = `{"resourceMetrics":[{"resource":{"attributes":${attributes(resource)}},"scopeMetrics":[${scope}]${schema}}]}`;
    return new TextEncoder().encode(text);
  },
};

function attributes(all: readonly Attribute[]): string {
  // A 64-bit integer is a string in the JSON of protobuf.
  const any = (value: string | number) =>
    typeof value === "number" ? { intValue: String(value) } : { stringValue: value };
  return JSON.stringify(all.map(([key, value]) => ({ key, value: any(value) })));
}

/** A double cannot hold nanoseconds exactly, so they are digits in a string. */
function nanoseconds(ms: number): string {
  return `${Math.trunc(ms)}000000`;
}
