import { MOST_ERROR_BYTES, MOST_STATUS_BYTES } from "../../net/bounded-request.ts";
import { escapeText } from "../../openmetrics/label-text.ts";
import type { PushClient } from "./push-client.ts";
import type { PushScan, SeenSeries } from "./push-scan.ts";

/** What a target has of a file, by its own count. */
export type Count =
  | { readonly kind: "counted"; readonly missing: number; readonly surplus: number }
  | { readonly kind: "unasked"; readonly why: string };

/** The labels that identify a run in a query. */
const RUN_LABELS = ["job", "instance", "role"] as const;

/** Queries see imported points a little later; a cluster has no way to speed that up. */
const WAITS_MS = [0, 250, 500, 1000, 2000, 4000, 8000];

/**
 * Asks VictoriaMetrics how many points of each series of a file it has within the file's time. This is necessary since an
 * import answers 204 even where points were dropped.
 */
export async function countStored(client: PushClient, scan: PushScan): Promise<Count> {
  const query = queryUrl(client.url);
  if (query === undefined) return { kind: "unasked", why: "its path has no query beside it" };
  const flushed = await client.get(`${query.base}/internal/force_flush`, MOST_STATUS_BYTES);
  // After a flush the points are there at once, without it after some seconds.
  const waits = flushed?.status === 200 ? WAITS_MS.slice(0, 4) : WAITS_MS;
  let count: Count = { kind: "unasked", why: "it cannot be asked" };
  for (const ms of waits) {
    await Bun.sleep(ms);
    count = await ask(client, query, scan);
    if (count.kind === "unasked" || count.missing === 0) return count;
  }
  return count;
}

interface Query {
  /** The server's root. */
  readonly base: string;
  /** The address of instant queries. */
  readonly url: string;
  /** Labels that the import sets on every series, in place of those of the file. */
  readonly extra: ReadonlyMap<string, string>;
}

/** Returns the address for queries about what an import address took; undefined: not known. */
function queryUrl(imports: string): Query | undefined {
  const url = new URL(imports);
  const base = imports.slice(0, imports.indexOf("/api/v1/import/prometheus"));
  const extra = new Map(
    url.searchParams.getAll("extra_label").map((pair): [string, string] => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
  const insert = /^(.*)\/insert\/([^/]+)\/prometheus$/.exec(base);
  if (!insert) return { base, url: `${base}/api/v1/query`, extra };
  // Import and query are two programs, whose default ports are neighbours.
  const root = insert[1]!.replace(/:8480$/, ":8481");
  return { base: insert[1]!, url: `${root}/select/${insert[2]}/prometheus/api/v1/query`, extra };
}

async function ask(client: PushClient, query: Query, scan: PushScan): Promise<Count> {
  const wanted = new Map(scan.series.map((series) => [idOf(labelsOf(series, query.extra)), series]));
  const runs = new Set(scan.series.map((series) => selector(labelsOf(series, query.extra))));
  const found = new Map<string, number>();
  const mostBytes = mostAnswerBytes(scan.series);
  const spanMs = scan.lastMs - scan.firstMs + 1;
  for (const run of runs) {
    const params = new URLSearchParams({
      query: `count_over_time(${run}[${spanMs}ms]) keep_metric_names`,
      time: (scan.lastMs / 1000).toFixed(3),
      // Without this, the answer is for half a minute ago.
      nocache: "1",
    });
    const answer = await client.get(`${query.url}?${params}`, mostBytes);
    if (answer?.isCut) return { kind: "unasked", why: "the answer to a query is too long" };
    const counts = answer?.status === 200 ? countsOf(answer.text) : undefined;
    if (!counts)
      return { kind: "unasked", why: answer ? `a query is answered ${answer.status}` : "a query is not answered" };
    for (const [id, count] of counts) found.set(id, count);
  }
  return compared(wanted, found);
}

/** An answer names each series with its labels, the import's included, and a count. Text may be escaped. */
function mostAnswerBytes(series: readonly SeenSeries[]): number {
  return series.reduce((bytes, { head }) => bytes + 512 + 6 * head.length, MOST_ERROR_BYTES);
}

function compared(wanted: ReadonlyMap<string, SeenSeries>, found: ReadonlyMap<string, number>): Count {
  let missing = 0;
  let surplus = 0;
  for (const [id, { tally }] of wanted) {
    const stored = found.get(id) ?? 0;
    // In files of the original program points repeat and come in any order: at least this many are distinct.
    missing += Math.max(0, tally.ascending - stored);
    surplus += Math.max(0, stored - tally.points);
  }
  return { kind: "counted", missing, surplus };
}

function labelsOf({ name, labels }: SeenSeries, extra: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...labels, ...extra, ["__name__", name]]);
}

function selector(labels: ReadonlyMap<string, string>): string {
  const pairs = RUN_LABELS.map((label) => `${label}="${escapeText(labels.get(label) ?? "")}"`);
  return `{__name__=~"statexec_.+",${pairs.join(",")}}`;
}

function idOf(labels: ReadonlyMap<string, string>): string {
  const sorted = [...labels].filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted);
}

/** Returns counts by series; undefined if the text is not the answer to a query. */
function countsOf(text: string): Map<string, number> | undefined {
  try {
    const { data } = JSON.parse(text) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return new Map(data.result.map(({ metric, value }) => [idOf(new Map(Object.entries(metric))), Number(value[1])]));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}
