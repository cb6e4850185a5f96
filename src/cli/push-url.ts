import { Fault } from "./values.ts";

/** Where metrics are sent to, and in what form. */
export interface PushTarget {
  /** The file's own text, as VictoriaMetrics takes it, or OTLP as JSON. */
  readonly format: "text" | "otlp";
  /** The whole address of the requests, query included. */
  readonly url: string;
}

const FORMS =
  "expected http://host:8428 (VictoriaMetrics), http://host:8480/insert/0/prometheus (its cluster), or a URL that ends in /otlp or /v1/metrics (OTLP)";

const IMPORT = "/api/v1/import/prometheus";

/**
 * A target of a push. The path decides: none, or one that ends in `/api/v1/import/prometheus`, is VictoriaMetrics;
 * `/insert/<tenant>` and `/insert/<tenant>/prometheus` is a cluster of it; one that ends in `/otlp` or `/v1/metrics`
 * is OTLP. Nothing is guessed of others.
 */
export function pushTarget(text: string): PushTarget | Fault {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return new Fault(FORMS);
  const url = new URL(text);
  // Whoever lists processes sees the words of a command line; of a variable too, it would end up in messages.
  if (url.username !== "" || url.password !== "")
    return new Fault(
      "but user and password belong in SE_PUSH_USER and SE_PUSH_PASSWORD, where no list of processes shows them",
    );
  url.hash = "";
  const path = url.pathname.replace(/\/+$/, "");
  const target = targetOf(path);
  if (target instanceof Fault) return target;
  url.pathname = target.path;
  return { format: target.format, url: url.href };
}

function targetOf(path: string): { readonly format: PushTarget["format"]; readonly path: string } | Fault {
  if (/\/opentelemetry(\/|$)/.test(path))
    return new Fault(`but VictoriaMetrics takes OTLP as protobuf only; expected its address alone, or with ${IMPORT}`);
  if (/\/api\/v1\/(write|push)$/.test(path))
    return new Fault(
      "but remote write is not spoken here; expected the server's OTLP address, which ends in /otlp or /v1/metrics",
    );
  if (path.endsWith("/v1/metrics")) return { format: "otlp", path };
  if (path.endsWith("/otlp")) return { format: "otlp", path: `${path}/v1/metrics` };
  if (path === "" || path.endsWith(IMPORT)) return { format: "text", path: path || IMPORT };
  const cluster = /^(.*\/insert\/[^/]+)(?:\/prometheus)?$/.exec(path)?.[1];
  return cluster === undefined ? new Fault(FORMS) : { format: "text", path: `${cluster}/prometheus${IMPORT}` };
}
