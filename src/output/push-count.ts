import { escapeText } from "../openmetrics/label-text.ts";
import type { PushClient } from "./push-http.ts";
import type { PushScan, SeenSeries } from "./push-scan.ts";

/** What a target says that it has of a file. */
export type Count =
  | { readonly kind: "counted"; readonly missing: number; readonly surplus: number }
  | { readonly kind: "unasked"; readonly why: string };

/** Series by whose labels a database is asked: those of one run. */
const RUN_LABELS = ["job", "instance", "role"] as const;

/** What was taken is seen by queries a little later; a cluster cannot be told to hurry. */
const WAITS_MS = [0, 250, 500, 1000, 2000, 4000, 8000];

/**
 * Asks VictoriaMetrics how many points of each series of a file it has in the file's time: an import answers 204
 * whatever became of it.
 */
export async function countStored(client: PushClient, scan: PushScan): Promise<Count> {
  const query = queryUrl(client.url);
  if (query === undefined) return { kind: "unasked", why: "its path has no query beside it" };
  const flushed = await client.get(`${query.base}/internal/force_flush`);
  // Without it, points are there after some seconds; with it, at once.
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
  /** Labels that the import puts on every series, over those of the file. */
  readonly extra: ReadonlyMap<string, string>;
}

/** Where the points that an import address takes can be asked for. */
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
  // What takes and what answers are two programs, on ports that are neighbours unless somebody chose otherwise.
  const root = (insert[1] as string).replace(/:8480$/, ":8481");
  return { base: insert[1] as string, url: `${root}/select/${insert[2]}/prometheus/api/v1/query`, extra };
}

async function ask(client: PushClient, query: Query, scan: PushScan): Promise<Count> {
  const wanted = new Map(scan.series.map((series) => [idOf(labelsOf(series, query.extra)), series]));
  const runs = new Set(scan.series.map((series) => selector(labelsOf(series, query.extra))));
  const found = new Map<string, number>();
  const spanMs = scan.lastMs - scan.firstMs + 1;
  for (const run of runs) {
    const params = new URLSearchParams({
      query: `count_over_time(${run}[${spanMs}ms]) keep_metric_names`,
      time: (scan.lastMs / 1000).toFixed(3),
      // Or it would answer for half a minute ago.
      nocache: "1",
    });
    const answer = await client.get(`${query.url}?${params}`);
    const counts = answer?.status === 200 ? countsOf(answer.text) : undefined;
    if (!counts)
      return { kind: "unasked", why: answer ? `a query is answered ${answer.status}` : "a query is not answered" };
    for (const [id, count] of counts) found.set(id, count);
  }
  return compared(wanted, found);
}

function compared(wanted: ReadonlyMap<string, SeenSeries>, found: ReadonlyMap<string, number>): Count {
  let missing = 0;
  let surplus = 0;
  for (const [id, { tally }] of wanted) {
    const stored = found.get(id) ?? 0;
    // Of the original's files, whose points come in any order and twice, at least so many are points of their own.
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

/** Counts by series; undefined where the answer is not that of a query. */
function countsOf(text: string): Map<string, number> | undefined {
  try {
    const { data } = JSON.parse(text) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return new Map(data.result.map(({ metric, value }) => [idOf(new Map(Object.entries(metric))), Number(value[1])]));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
