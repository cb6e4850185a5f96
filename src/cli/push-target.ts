import { UsageError } from "../errors.ts";
import { Fault } from "./option-values.ts";

/** Where metrics are sent to, and in which format. */
export interface PushTarget {
  /** The file's own text, which VictoriaMetrics imports, or OTLP, as JSON or as protobuf. */
  readonly format: "text" | "otlp" | "otlp-protobuf";
  /** The whole address of the requests, query included. */
  readonly url: string;
}

const FORMS =
  "expected http://host:8428 (VictoriaMetrics), http://host:8480/insert/0/prometheus (its cluster), or a URL that ends in /otlp or /v1/metrics (OTLP), or in /opentelemetry (that of VictoriaMetrics)";

const IMPORT = "/api/v1/import/prometheus";

/**
 * Reads the URL of a push. Its path decides on the format: no path, or one that ends in `/api/v1/import/prometheus`, is
 * VictoriaMetrics; `/insert/<tenant>` and `/insert/<tenant>/prometheus` is a cluster of it; a path that ends in `/otlp`
 * or `/v1/metrics` is OTLP; `/opentelemetry` is that of VictoriaMetrics, which takes it as protobuf only. Any other path is
 * refused.
 */
export function pushTarget(text: string): PushTarget | Fault {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return new Fault(FORMS);
  const url = new URL(text);
  // A list of processes shows the words of a command line, and messages may show a variable.
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
  const victoria = /^(.*\/opentelemetry)(\/v1\/metrics|\/api\/v1\/push)?$/.exec(path)?.[1];
  if (victoria !== undefined) return { format: "otlp-protobuf", path: `${victoria}/v1/metrics` };
  if (/\/api\/v1\/(write|push)$/.test(path))
    return new Fault(
      "but statexec does not send by remote write; expected the server's OTLP address, which ends in /otlp or /v1/metrics",
    );
  if (path.endsWith("/v1/metrics")) return { format: "otlp", path };
  if (path.endsWith("/otlp")) return { format: "otlp", path: `${path}/v1/metrics` };
  if (path === "" || path.endsWith(IMPORT)) return { format: "text", path: path || IMPORT };
  const cluster = /^(.*\/insert\/[^/]+)(?:\/prometheus)?$/.exec(path)?.[1];
  return cluster === undefined ? new Fault(FORMS) : { format: "text", path: `${cluster}/prometheus${IMPORT}` };
}

/** How series are called where they are sent: as in the file, or by OpenTelemetry's semantic conventions. */
export type PushNames = (typeof PUSH_NAMES)[number];

export const PUSH_NAMES = ["statexec", "otel"] as const;

/** Reads the value of `--push-names`. */
export function pushNames(text: string): PushNames | Fault {
  return PUSH_NAMES.find((name) => name === text) ?? new Fault(`expected ${PUSH_NAMES.join(" or ")}`);
}

/** How a push names what it sends. */
export interface PushStyle {
  readonly names: PushNames;
  /** Whether the resource has what the CI's variables say of its job. */
  readonly ci: boolean;
}

/** Throws UsageError where names and target do not fit. */
export function checkPushNames({ format, url }: PushTarget, names: PushNames): void {
  if (names === "otel" && format === "text")
    throw new UsageError(
      `--push-names otel (SE_PUSH_NAMES): only OTLP can carry these names, and ${url} is an import of the file's own text; expected a URL that ends in /otlp or /v1/metrics, or of VictoriaMetrics in /opentelemetry`,
    );
}

/**
 * What only a variable can hold, since a list of processes shows the flags of each. The values are never part of a
 * message or file.
 */
export const SECRETS = {
  token: { env: "SE_PUSH_TOKEN", help: "Bearer token for --push and --push-to." },
  user: { env: "SE_PUSH_USER", help: "User for --push and --push-to; a number at Grafana Cloud." },
  password: { env: "SE_PUSH_PASSWORD", help: "Password of that user." },
} as const;

export type Secrets = { readonly [K in keyof typeof SECRETS]?: string | undefined };

/** Reads the secrets of an environment; an empty variable is unset. Throws UsageError, without the value. */
export function readSecrets(env: Readonly<Record<string, string | undefined>>): Secrets {
  const secrets = { token: secretOf(env, "token"), user: secretOf(env, "user"), password: secretOf(env, "password") };
  if (secrets.token !== undefined && (secrets.user ?? secrets.password) !== undefined)
    throw new UsageError(
      "SE_PUSH_TOKEN and SE_PUSH_USER or SE_PUSH_PASSWORD: a target asks for one of them; unset the other",
    );
  if (secrets.password !== undefined && secrets.user === undefined)
    throw new UsageError("SE_PUSH_PASSWORD: there is no user for it; set SE_PUSH_USER too");
  if (secrets.user?.includes(":")) throw new UsageError("SE_PUSH_USER: a user's name holds no colon");
  return secrets;
}

function secretOf(env: Readonly<Record<string, string | undefined>>, id: keyof typeof SECRETS): string | undefined {
  const name = SECRETS[id].env;
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  // A header cannot hold it. Mostly it is the line break of a file that was read into the variable.
  if (/[^\t\x20-\x7e\u0080-\u{10ffff}]/u.test(text))
    throw new UsageError(`${name}: holds a control character (a line break at its end?); expected the bare text`);
  return text;
}
