import type { Server } from "bun";
import type { ServerConfig } from "../cli/config.ts";
import { SyncError, UsageError } from "../errors.ts";
import { isCrossSite, type OwnNames } from "../net/cross-site.ts";
import { readText, SystemError } from "../os/files.ts";
import { readShort } from "../os/foreign-files.ts";
import { safeLine } from "../safe-text.ts";
import type { Requester } from "./barrier.ts";
import type { PeerSession, PeerSessionParts } from "./peer-session.ts";
import { TokenGuard } from "./request-guard.ts";
import {
  ANSWERS,
  CLOSE_NORMAL,
  HEADERS,
  type HttpAnswer,
  MAX_BODY_BYTES,
  MAX_MESSAGE_BYTES,
  PATHS,
  parseId,
  type SyncStatus,
  TOO_MANY,
} from "./sync-protocol.ts";
import { SyncServer } from "./sync-server.ts";
import { STATES } from "./sync-state-machine.ts";
import { syncToken } from "./sync-token.ts";

/** Timeout of connections on which nothing arrives, and of requests that do not end. */
const IDLE_SECONDS = 10;

/** Starts a server that listens, and writes where to stderr. Throws SyncError, UsageError. */
export function serve(config: ServerConfig, parts: PeerSessionParts): PeerSession {
  const { port, bind, clients } = config;
  const guard = new TokenGuard(syncToken(config), parts.clock);
  const tls = tlsOf(config);
  const server = new SyncServer(config, parts);
  const names = [readText("/proc/sys/kernel/hostname"), bind ?? ""].map((name) => name.toLowerCase());
  const own: OwnNames = { names: names.filter((name) => name !== ""), scheme: tls ? "https" : "http" };
  try {
    listen(config, { server, guard, own }, tls);
  } catch (error) {
    throw listenFailure(config, error);
  }
  const where = bind === undefined ? `port ${port} of all addresses` : `port ${port} of ${bind}`;
  const guarded = guard.asks
    ? "a token guards it"
    : "no token guards it: who reaches it can start and stop the command";
  parts.warn(`waiting for ${clients === 1 ? "a client" : `${clients} clients`} on ${where}; ${guarded}`);
  return server;
}

/** Longer than a chain of certificates. */
const MOST_PEM_BYTES = 1024 * 1024;

interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Returns the certificate and its key; undefined: the server speaks plain HTTP. Throws UsageError. */
function tlsOf({ tls }: ServerConfig): TlsFiles | undefined {
  if (tls === undefined) return undefined;
  const read = (flag: string, file: string, block: RegExp) => {
    const fault = (why: string) => new UsageError(`${flag}: "${file}": ${why}`);
    try {
      const text = new TextDecoder().decode(readShort(file, MOST_PEM_BYTES));
      if (!block.test(text)) throw fault(`is not in PEM format (no line "-----BEGIN …" of ${block.source})`);
      return text;
    } catch (error) {
      throw error instanceof SystemError ? fault(error.reason) : error;
    }
  };
  return {
    cert: read("--sync-tls-cert (SE_SYNC_TLS_CERT)", tls.cert, /CERTIFICATE/),
    key: read("--sync-tls-key (SE_SYNC_TLS_KEY)", tls.key, /PRIVATE KEY/),
  };
}

function listenFailure({ port, bind }: ServerConfig, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "EADDRINUSE")
    return new SyncError(
      `--sync-port (SE_SYNC_PORT): port ${port} is taken; end what listens there, or take another port`,
    );
  if (code?.startsWith("ERR_OSSL") || code?.startsWith("ERR_SSL"))
    return new SyncError(
      `--sync-tls-cert and --sync-tls-key (SE_SYNC_TLS_CERT, SE_SYNC_TLS_KEY): not a certificate and its key (${code})`,
    );
  if (code === "EACCES")
    return new SyncError(`--sync-port (SE_SYNC_PORT): no permission for port ${port}; take one above 1023`);
  if (bind !== undefined && code !== undefined)
    return new SyncError(
      `--sync-bind (SE_SYNC_BIND): "${bind}" is no address of this machine (${code}); see ip address`,
    );
  return error;
}

interface Service {
  readonly server: SyncServer;
  readonly guard: TokenGuard;
  readonly own: OwnNames;
}

type HttpServer = Server<{ readonly id: string }>;

/** Throws what the runtime throws. */
function listen({ port, bind }: ServerConfig, service: Service, tls: TlsFiles | undefined): HttpServer {
  const { server } = service;
  return Bun.serve<{ readonly id: string }>({
    port,
    ...(bind === undefined ? {} : { hostname: bind }),
    ...(tls && { tls: { ...tls } }),
    development: false,
    // By default the runtime would let another process listen on the same port.
    reusePort: false,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: MAX_BODY_BYTES,
    fetch: (request, http) => respond(service, request, http),
    error: () => plain(500, "Failed"),
    websocket: {
      // The protocol has a heartbeat and a timeout of its own.
      idleTimeout: 0,
      sendPings: false,
      maxPayloadLength: MAX_MESSAGE_BYTES,
      open: (socket) => server.connectionOpened(socket.data.id, socket),
      message: (socket, text) => server.received(socket.data.id, socket, text),
      close: (socket, code) => server.connectionClosed(socket.data.id, socket, code === CLOSE_NORMAL),
    },
  });
}

const METHODS: Readonly<Record<string, readonly string[]>> = {
  [PATHS.page]: ["GET", "HEAD"],
  [PATHS.status]: ["GET", "HEAD"],
  [PATHS.connection]: ["GET"],
  [PATHS.start]: ["POST"],
  [PATHS.stop]: ["POST"],
};

/** Undefined: the connection has become a WebSocket. */
type Reply = Response | undefined | Promise<Response | undefined>;

function respond(service: Service, request: Request, http: HttpServer): Reply {
  const { headers, method } = request;
  const { pathname } = new URL(request.url);
  const methods = METHODS[pathname];
  if (!methods) return plain(404, "Not found");
  if (!methods.includes(method)) return plain(405, "Method not allowed", { allow: methods.join(", ") });
  if (isCrossSite(headers, service.own)) return plain(403, "Not from the page of another site");
  if (method === "POST") return post(service, request, http, pathname);
  const { server, guard } = service;
  const authority = guard.authority(headers, addressOf(request, http));
  if (pathname === PATHS.page) return pageResponse(server.status(), authority === "granted", guard.asks);
  if (authority !== "granted") return refused(authority);
  if (pathname === PATHS.status) return Response.json(server.status(), { headers: { "cache-control": "no-store" } });
  return openConnection(server, request, http);
}

/** Starts and stops. Without a body, as clients send them, they are handled at once. */
function post(service: Service, request: Request, http: HttpServer, path: string): Reply {
  const isEmpty = request.body === null || request.headers.get("content-length") === "0";
  if (isEmpty) return startOrStop(service, request, http, { path, form: undefined });
  return readForm(request).then((form) =>
    form === undefined ? plain(413, "Body too long") : startOrStop(service, request, http, { path, form }),
  );
}

/** Returns the fields of the page's form; undefined for a body that is too long. */
async function readForm(request: Request): Promise<URLSearchParams | undefined> {
  try {
    return new URLSearchParams(await request.text());
  } catch (error) {
    // The body was too long for the runtime, or the connection broke, so that no answer is sent.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

interface Post {
  readonly path: string;
  readonly form: URLSearchParams | undefined;
}

function startOrStop(
  { server, guard }: Service,
  request: Request,
  http: HttpServer,
  { path, form }: Post,
): Response | Promise<Response> {
  const authority = guard.authority(request.headers, addressOf(request, http), form?.get("token"));
  if (authority !== "granted") return refused(authority);
  const requester = requesterOf(request, http);
  // After a click on the page, the browser shows the page again.
  const reply = (answer: HttpAnswer) => (form && isFromPage(request) ? seePage() : toResponse(answer));
  if (path === PATHS.stop) return reply(server.stop(requester));
  http.timeout(request, 0);
  const answer = server.start(requester, request.signal);
  return answer instanceof Promise ? answer.then(reply) : reply(answer);
}

function isFromPage({ headers }: Request): boolean {
  return headers.get("content-type") === "application/x-www-form-urlencoded" && headers.has("origin");
}

function requesterOf(request: Request, http: HttpServer): Requester {
  const { headers } = request;
  return {
    id: parseId(headers.get(HEADERS.client)),
    startOnly: headers.has(HEADERS.startOnly),
    name: addressOf(request, http).replace(/^::ffff:/, ""),
  };
}

function addressOf(request: Request, http: HttpServer): string {
  return http.requestIP(request)?.address ?? "unknown";
}

function openConnection(server: SyncServer, request: Request, http: HttpServer): Response | undefined {
  const id = parseId(request.headers.get(HEADERS.client));
  if (id === undefined) return plain(400, `${HEADERS.client} is missing`);
  if (!server.acceptsConnection(id)) return plain(503, "Too many");
  return http.upgrade(request, { data: { id } }) ? undefined : plain(426, "A WebSocket", { upgrade: "websocket" });
}

function seePage(): Response {
  return new Response(null, { status: 303, headers: { location: PATHS.page } });
}

function refused(authority: "missing" | "slowed"): Response {
  if (authority === "slowed") return plain(TOO_MANY, "Too many wrong tokens", { "retry-after": "1" });
  return plain(401, "A token is needed", { "www-authenticate": 'Bearer realm="statexec"' });
}

function toResponse({ status, text, headers }: HttpAnswer): Response {
  return new Response(text, { status, ...(headers && { headers }) });
}

function plain(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers });
}

/** The page loads nothing else, is shown in no frame of another page, and is not cached. */
const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/** A page for people, with a button to start or to stop. Without authorisation it shows the state alone. */
function pageResponse(status: SyncStatus, authorized: boolean, asksForToken: boolean): Response {
  const { state, instance, since, clients } = status;
  const { text, stop } = STATES[state];
  const action = state === "waiting" ? "start" : stop === ANSWERS.stopped.status ? "stop" : undefined;
  const token = asksForToken ? '<label>Token <input name="token" type="password" required></label> ' : "";
  const detail = `${instance}, since ${since}; ${clients.asked} of ${clients.wanted} clients have asked for a start`;
  const body = [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>statexec</title>',
    "<style>body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}button{font:inherit}</style>",
    `<h1>statexec: ${Bun.escapeHTML(state)}</h1>`,
    `<p>${Bun.escapeHTML(text)}.</p>`,
    authorized ? `<p>${Bun.escapeHTML(safeLine(detail))}</p>` : "",
    action ? `<form method="post" action="${PATHS[action]}">${token}<button>${action}</button></form>` : "",
    "</html>\n",
  ];
  return new Response(body.join(""), { headers: PAGE_HEADERS });
}
