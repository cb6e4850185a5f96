import type { OtlpEncoding } from "./otlp-json.ts";
import type { Naming, OtlpStream } from "./otlp-streams.ts";
import type { SeenSeries } from "./push-scan.ts";

/** Points in a request: within the limits of every server, and enough to make the cost of requests negligible. */
const POINTS_PER_REQUEST = 4000;

interface Pending<T> {
  readonly stream: OtlpStream;
  readonly points: T[];
}

/** What makes the requests of a push. */
interface RequestStyle<T> {
  readonly encoding: OtlpEncoding<T>;
  readonly naming: Naming;
  /** The address that says which version of the conventions the names are of; empty: none. */
  readonly schemaUrl: string;
}

/** Gathers points into requests of one resource each. */
export class OtlpRequests<T> {
  private readonly style: RequestStyle<T>;
  private readonly send: (body: Uint8Array<ArrayBuffer>) => void;
  private readonly streams = new Map<SeenSeries, OtlpStream>();
  /** By name: series of one metric are one. */
  private metrics = new Map<string, Pending<T>>();
  private resource = "";
  private count = 0;
  /** The series of the last point, and what all its points share. */
  private series: SeenSeries | undefined;
  private stream!: OtlpStream;
  private attributes!: T;
  private points: T[] = [];

  constructor(style: RequestStyle<T>, send: (body: Uint8Array<ArrayBuffer>) => void) {
    this.style = style;
    this.send = send;
  }

  add(series: SeenSeries, atMs: number, value: number): void {
    if (series !== this.series) this.begin(series, atMs);
    const { startMs, divisor } = this.stream;
    this.points.push(this.style.encoding.point(this.attributes, startMs, atMs, value / divisor));
    if (++this.count === POINTS_PER_REQUEST) this.flush();
  }

  flush(): void {
    if (this.count === 0) return;
    const { encoding, schemaUrl } = this.style;
    const metrics = Array.from(this.metrics.values(), ({ stream, points }) => encoding.metric(stream, points));
    this.send(encoding.request(this.stream.resource, metrics, schemaUrl));
    this.metrics = new Map();
    this.series = undefined;
    this.count = 0;
  }

  private begin(series: SeenSeries, atMs: number): void {
    const stream = this.streams.get(series) ?? this.style.naming(series, atMs);
    this.streams.set(series, stream);
    const resource = JSON.stringify(stream.resource);
    if (resource !== this.resource) this.flush();
    this.resource = resource;
    this.stream = stream;
    this.attributes = this.style.encoding.attributes(stream.attributes);
    const pending = this.metrics.get(stream.name) ?? { stream, points: [] };
    this.metrics.set(stream.name, pending);
    this.points = pending.points;
    this.series = series;
  }
}

/** Returns how many points of an accepted request the server rejected, and why; undefined: none. */
export function rejectedOf(answer: string): { readonly points: number | "some"; readonly why: string } | undefined {
  // A protobuf message: a partial success, whose first field is the number of points. Numbers above 127 do not survive as text.
  if (answer.startsWith("\n") && answer.slice(2, 4).includes("\b"))
    return { points: "some", why: answer.replace(/[^ -~]+/g, " ").trim() };
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
