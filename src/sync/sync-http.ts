import type { Server } from "bun";
import type { ServerConfig } from "../cli/config.ts";
import { SyncError } from "../errors.ts";
import { readText } from "../os/files.ts";
import { safeLine } from "../safe-text.ts";
import type { Requester } from "./barrier.ts";
import type { PeerSession, PeerSessionParts } from "./peer-session.ts";
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
} from "./sync-protocol.ts";
import { SyncServer } from "./sync-server.ts";
import { STATES } from "./sync-state-machine.ts";
import { equalTokens, isAuthorized, syncToken } from "./sync-token.ts";

/** Timeout of connections on which nothing arrives, and of requests that do not end. */
const IDLE_SECONDS = 10;

/** Starts a server that listens, and writes where to stderr. Throws SyncError, UsageError. */
export function serve(config: ServerConfig, parts: PeerSessionParts): PeerSession {
  const { port, bind, clients } = config;
  const token = syncToken(config);
  const server = new SyncServer(config, parts);
  const hostName = readText("/proc/sys/kernel/hostname");
  try {
    listen(config, { server, token, hostName });
  } catch (error) {
    throw listenFailure(config, error);
  }
  const where = bind === undefined ? `port ${port} of all addresses` : `port ${port} of ${bind}`;
  const guard =
    token === undefined ? "no token guards it: who reaches it can start and stop the command" : "a token guards it";
  parts.warn(`waiting for ${clients === 1 ? "a client" : `${clients} clients`} on ${where}; ${guard}`);
  return server;
}

function listenFailure({ port, bind }: ServerConfig, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "EADDRINUSE")
    return new SyncError(
      `--sync-port (SE_SYNC_PORT): port ${port} is taken; end what listens there, or take another port`,
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
  readonly token: string | undefined;
  /** The name of this machine. */
  readonly hostName: string;
}

type HttpServer = Server<{ readonly id: string }>;

/** Throws what the runtime throws. */
function listen({ port, bind }: ServerConfig, service: Service): HttpServer {
  const { server } = service;
  return Bun.serve<{ readonly id: string }>({
    port,
    ...(bind === undefined ? {} : { hostname: bind }),
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
  if (isCrossSite(headers, service.hostName)) return plain(403, "Not from the page of another site");
  if (method === "POST") return post(service, request, http, pathname);
  const { server, token } = service;
  const authorized = isAuthorized(headers.get("authorization"), token);
  if (pathname === PATHS.page) return pageResponse(server.status(), authorized, token !== undefined);
  if (!authorized) return unauthorized();
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
  { server, token }: Service,
  request: Request,
  http: HttpServer,
  { path, form }: Post,
): Response | Promise<Response> {
  const typed = form?.get("token");
  const authorized = typed
    ? token !== undefined && equalTokens(typed, token)
    : isAuthorized(request.headers.get("authorization"), token);
  if (!authorized) return unauthorized();
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
  const address = http.requestIP(request)?.address ?? "unknown";
  return {
    id: parseId(headers.get(HEADERS.client)),
    startOnly: headers.has(HEADERS.startOnly),
    name: address.replace(/^::ffff:/, ""),
  };
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

function unauthorized(): Response {
  return plain(401, "A token is needed", { "www-authenticate": 'Bearer realm="statexec"' });
}

function toResponse({ status, text, headers }: HttpAnswer): Response {
  return new Response(text, { status, ...(headers && { headers }) });
}

function plain(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers });
}

const IP_ADDRESS = /^(\[[0-9a-f:.]+\]|[0-9.]+)$/i;

/**
 * Whether a request comes from a page of another site. Browsers send these headers, and a page cannot forge them. A host
 * name that is neither this machine's nor an IP address may be a foreign one that was made to resolve to this machine.
 */
export function isCrossSite(headers: Headers, hostName: string): boolean {
  if (headers.get("sec-fetch-site") === "cross-site") return true;
  const origin = headers.get("origin");
  if (origin === null) return false;
  const host = headers.get("host")?.toLowerCase() ?? "";
  if (origin.toLowerCase() !== `http://${host}`) return true;
  return !isThisMachine(host.replace(/:[0-9]*$/, ""), hostName.toLowerCase());
}

function isThisMachine(name: string, hostName: string): boolean {
  if (IP_ADDRESS.test(name) || name === "localhost" || name === hostName) return true;
  return name.split(".", 1)[0] === hostName.split(".", 1)[0];
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
