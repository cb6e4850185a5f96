import { SCHEMA_URL } from "../../catalog/otel.ts";
import type { PushConfig } from "../../cli/config.ts";
import { PushError } from "../../errors.ts";
import { ReadLimit } from "../../load/read-limit.ts";
import { ciAttributes } from "./ci-attributes.ts";
import { type Count, countStored } from "./count-stored.ts";
import { OTLP_JSON, type OtlpEncoding } from "./otlp-json.ts";
import { OTLP_PROTOBUF } from "./otlp-protobuf.ts";
import { OtlpRequests, rejectedOf } from "./otlp-requests.ts";
import { fileNames, otelNames } from "./otlp-streams.ts";
import { PushClient, shown } from "./push-client.ts";
import { PushScan } from "./push-scan.ts";
import { linesOf } from "./push-source.ts";
import { runContexts } from "./run-contexts.ts";

/** What was sent of one file, and what the target has of it. */
export interface Pushed {
  readonly file: string;
  readonly points: number;
  readonly series: number;
  /** First and last point, milliseconds since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The runs in the file, mostly one. */
  readonly runs: readonly { readonly instance: string; readonly role: string }[];
  readonly count: Count;
  /** Messages for the user, a line each. */
  readonly warnings: readonly string[];
}

/** The size of a request, which is sent again if it was lost. */
const TEXT_BYTES = 2 << 20;

/**
 * Sends a metrics file of any size, without the command's arguments, and asks the target what arrived. Only the names of
 * series are kept in memory, up to the limit of reading. The file must be complete. Throws PushError, OutputError, ParseError; the target keeps what was sent by then.
 */
export async function pushFile(file: string, target: PushConfig, signal: AbortSignal): Promise<Pushed> {
  const client = new PushClient(target, signal);
  const scan = await pushLines(file, target, client);
  const { series, points, firstMs, lastMs } = scan;
  if (points === 0) throw new PushError(`${file}: has no samples to send`);
  const unasked = { kind: "unasked", why: "an OTLP target has nothing to ask" } as const;
  const count = target.format === "text" ? await countStored(client, scan) : unasked;
  const runs = new Map(
    series.map(({ labels }) => [JSON.stringify([labels.get("instance"), labels.get("role")]), labels]),
  );
  return {
    ...{ file, points, series: series.length, firstMs, lastMs, count },
    runs: Array.from(runs.values(), (labels) => ({
      instance: labels.get("instance") ?? "",
      role: labels.get("role") ?? "",
    })),
    warnings: warningsOf(file, scan, count, client),
  };
}

/** Sends requests in order: one is on its way while the next is made. */
class Pipe {
  private readonly client: PushClient;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly taken: (answer: string) => void;
  private last: Promise<void> = Promise.resolve();

  constructor(client: PushClient, contentType: string, taken: (answer: string) => void = () => undefined) {
    this.client = client;
    this.headers = { "content-type": contentType };
    this.taken = taken;
  }

  /** Sends a body when the one before it has arrived. Neither may change until `settled`. */
  send(body: Uint8Array<ArrayBuffer>): void {
    this.last = this.last.then(() => this.post(body));
    // `settled` reports a failure; until then it must not count as unhandled.
    this.last.catch(() => undefined);
  }

  settled(): Promise<void> {
    return this.last;
  }

  /** Compression saves time only on the way to another machine. */
  private async post(body: Uint8Array<ArrayBuffer>): Promise<void> {
    const packed = isNear(this.client.url) ? undefined : Bun.gzipSync(body, { level: 1 });
    const headers = packed ? { ...this.headers, "content-encoding": "gzip" } : this.headers;
    this.taken((await this.client.post(packed ?? body, headers)).text);
  }
}

function pushLines(file: string, target: PushConfig, client: PushClient): Promise<PushScan> {
  if (target.format === "text") return pushText(file, client);
  if (target.format === "otlp-protobuf") return pushOtlp(file, target, client, OTLP_PROTOBUF);
  return pushOtlp(file, target, client, OTLP_JSON);
}

async function pushText(file: string, client: PushClient): Promise<PushScan> {
  const scan = new PushScan(file);
  const limit = new ReadLimit();
  const pipe = new Pipe(client, "text/plain");
  for await (const { bytes, length, cut } of linesOf(file, TEXT_BYTES)) {
    if (cut) break;
    const kept = scan.keep(bytes, length);
    limit.check(file, scan);
    // The buffer of the request before this one is filled next.
    await pipe.settled();
    if (kept > 0) pipe.send(bytes.subarray(0, kept));
  }
  await pipe.settled();
  return scan;
}

async function pushOtlp<T>(
  file: string,
  { names, ci }: PushConfig,
  client: PushClient,
  encoding: OtlpEncoding<T>,
): Promise<PushScan> {
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  const isOtel = names === "otel";
  const naming = isOtel ? otelNames(await runContexts(file), ci ? ciAttributes(process.env) : []) : fileNames;
  const style = { encoding, naming, schemaUrl: isOtel ? SCHEMA_URL : "" };
  const requests = new OtlpRequests(style, (body) => waiting.push(body));
  const scan = new PushScan(file, requests.add.bind(requests));
  const limit = new ReadLimit();
  const pipe = new Pipe(client, encoding.contentType, (answer) => refuseRejected(answer, client));
  const sendAll = async () => {
    for (const body of waiting.splice(0)) {
      await pipe.settled();
      pipe.send(body);
    }
  };
  for await (const { bytes, length, cut } of linesOf(file, TEXT_BYTES / 8)) {
    if (cut) break;
    scan.keep(bytes, length);
    limit.check(file, scan);
    await sendAll();
  }
  requests.flush();
  await sendAll();
  await pipe.settled();
  return scan;
}

function refuseRejected(answer: string, client: PushClient): void {
  const rejected = rejectedOf(answer);
  if (rejected)
    throw new PushError(
      `${shown(client.url)}: did not take ${rejected.points} points, ${JSON.stringify(rejected.why)}`,
    );
}

function isNear(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}

function warningsOf(file: string, scan: PushScan, count: Count, client: PushClient): string[] {
  const warnings: string[] = [];
  if (!scan.hasEnd && !scan.isOriginal) warnings.push(`${file}: has no # EOF: it may be truncated`);
  if (count.kind === "unasked") return warnings;
  if (count.missing > 0)
    warnings.push(
      `${shown(client.url)}: ${count.missing} of ${scan.points} points are not there; is its retention shorter than the file is old? (-retentionPeriod=100y)`,
    );
  if (count.surplus > 0)
    warnings.push(
      `${shown(client.url)}: has ${count.surplus} points more than the file in these series and this time: another file's, or it was sent before to a server that keeps both (-dedup.minScrapeInterval=1ms keeps one)`,
    );
  return warnings;
}

/** Returns a line about a file that was sent. */
export function describePushed({ file, points, series, count }: Pushed, url: string): string {
  const there =
    count.kind === "unasked" ? `not verified: ${count.why}` : count.missing === 0 ? "counted there" : "not all there";
  return `${file}: ${points} points of ${series} series sent to ${shown(url)} (${there})`;
}
