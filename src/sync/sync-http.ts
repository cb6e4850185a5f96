import type { Server, ServerWebSocket } from "bun";
import { isForeign } from "./origin.ts";
import { PAGE_HEADERS, type PageFacts, page } from "./page.ts";
import {
  type ANSWERS,
  DONE,
  HEADERS,
  idOf,
  MOST_BODY_BYTES,
  MOST_MESSAGE_BYTES,
  PATHS,
  type Status,
} from "./sync-protocol.ts";
import { isAuthorised, isSame } from "./sync-token.ts";

/** Connections on which nothing comes, and requests that do not end, are cut off after this. */
const IDLE_SECONDS = 10;

/** One who asks for a start or a stop. */
export interface Asker {
  /** Undefined: one of the original's. */
  readonly id: string | undefined;
  readonly startOnly: boolean;
  /** Its address. */
  readonly name: string;
}

export type Answer = (typeof ANSWERS)[keyof typeof ANSWERS] & { readonly headers?: Record<string, string> };

export type Line = ServerWebSocket<{ readonly id: string }>;

/** What the requests are about. */
export interface Desk {
  /** `gone` aborts when nobody waits for the answer any more. */
  start(asker: Asker, gone: AbortSignal): Promise<Answer> | Answer;
  stop(asker: Asker): Answer;
  status(): Status;
  page(): Omit<PageFacts, "asksForToken">;
  /** Whether there is room for one more held connection. */
  mayHold(id: string): boolean;
  held(id: string, line: Line): void;
  said(id: string, line: Line, text: string | Buffer): void;
  /** In order, or not. */
  closed(id: string, line: Line, inOrder: boolean): void;
}

export interface DeskParts {
  readonly desk: Desk;
  readonly port: number;
  /** Undefined: all addresses. */
  readonly bind: string | undefined;
  readonly token: string | undefined;
  /** This machine's name. */
  readonly hostName: string;
}

type Listening = Server<{ readonly id: string }>;

/** Takes requests, turns away those that may not be, and passes the others on. Throws what the runtime throws. */
export function listen(parts: DeskParts): Listening {
  const { desk, port, bind } = parts;
  return Bun.serve<{ readonly id: string }>({
    port,
    ...(bind === undefined ? {} : { hostname: bind }),
    development: false,
    // Left out, a server that is not in development shares its port with whoever comes next.
    reusePort: false,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: MOST_BODY_BYTES,
    fetch: (request, server) => answer(parts, request, server),
    error: () => text(500, "Failed"),
    websocket: {
      // The grace decides; what the runtime would send to keep a connection is not needed beside what is said.
      idleTimeout: 0,
      sendPings: false,
      maxPayloadLength: MOST_MESSAGE_BYTES,
      open: (line) => desk.held(line.data.id, line),
      message: (line, said) => desk.said(line.data.id, line, said),
      close: (line, code) => desk.closed(line.data.id, line, code === DONE),
    },
  });
}

const METHODS: Readonly<Record<string, readonly string[]>> = {
  [PATHS.page]: ["GET", "HEAD"],
  [PATHS.status]: ["GET", "HEAD"],
  [PATHS.held]: ["GET"],
  [PATHS.start]: ["POST"],
  [PATHS.stop]: ["POST"],
};

type Reply = Response | undefined | Promise<Response | undefined>;

function answer(parts: DeskParts, request: Request, server: Listening): Reply {
  const { headers, method } = request;
  const { pathname } = new URL(request.url);
  const methods = METHODS[pathname];
  if (!methods) return text(404, "Not found");
  if (!methods.includes(method)) return text(405, "Method not allowed", { allow: methods.join(", ") });
  if (isForeign(headers, parts.hostName)) return text(403, "Not from the page of another site");
  if (method === "POST") return post(parts, request, server, pathname);
  const mayPass = isAuthorised(headers.get("authorization"), parts.token);
  if (pathname === PATHS.page) return pageOf(parts, mayPass);
  if (!mayPass) return unauthorised();
  if (pathname === PATHS.status)
    return Response.json(parts.desk.status(), { headers: { "cache-control": "no-store" } });
  return hold(parts.desk, request, server);
}

/** Starts and stops. Without a body, as our side and the original's send them, nothing is waited for. */
function post(parts: DeskParts, request: Request, server: Listening, path: string): Reply {
  const length = request.headers.get("content-length");
  const empty = request.body === null || length === "0";
  if (empty) return decide(parts, request, server, { path, form: undefined });
  return formOf(request).then((form) =>
    form === undefined ? text(413, "Body too long") : decide(parts, request, server, { path, form }),
  );
}

/** The body as the page's form has it; undefined where it is longer than any could be. */
async function formOf(request: Request): Promise<URLSearchParams | undefined> {
  try {
    return new URLSearchParams(await request.text());
  } catch (error) {
    // The runtime's own limit, or a connection that broke off: nothing is answered to that one.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

interface Posted {
  readonly path: string;
  readonly form: URLSearchParams | undefined;
}

function decide(
  parts: DeskParts,
  request: Request,
  server: Listening,
  { path, form }: Posted,
): Response | Promise<Response> {
  const { desk, token } = parts;
  const typed = form?.get("token");
  const mayPass = typed
    ? token !== undefined && isSame(typed, token)
    : isAuthorised(request.headers.get("authorization"), token);
  if (!mayPass) return unauthorised();
  const asker = askerOf(request, server);
  // A person sees the page again.
  const reply = (decided: Answer) => (form && isForm(request) ? seeOther() : responseOf(decided));
  if (path === PATHS.stop) return reply(desk.stop(asker));
  server.timeout(request, 0);
  const decided = desk.start(asker, request.signal);
  return decided instanceof Promise ? decided.then(reply) : reply(decided);
}

function isForm(request: Request): boolean {
  const { headers } = request;
  return headers.get("content-type") === "application/x-www-form-urlencoded" && headers.has("origin");
}

function askerOf(request: Request, server: Listening): Asker {
  const { headers } = request;
  const address = server.requestIP(request)?.address ?? "unknown";
  return {
    id: idOf(headers.get(HEADERS.client)),
    startOnly: headers.has(HEADERS.startOnly),
    name: address.replace(/^::ffff:/, ""),
  };
}

function hold(desk: Desk, request: Request, server: Listening): Response | undefined {
  const id = idOf(request.headers.get(HEADERS.client));
  if (id === undefined) return text(400, `${HEADERS.client} is missing`);
  if (!desk.mayHold(id)) return text(503, "Too many");
  return server.upgrade(request, { data: { id } }) ? undefined : text(426, "A WebSocket", { upgrade: "websocket" });
}

function pageOf({ desk, token }: DeskParts, mayPass: boolean): Response {
  const { detail, ...facts } = desk.page();
  const body = page({ ...facts, detail: mayPass ? detail : undefined, asksForToken: token !== undefined });
  return new Response(body, { headers: PAGE_HEADERS });
}

function seeOther(): Response {
  return new Response(null, { status: 303, headers: { location: PATHS.page } });
}

function unauthorised(): Response {
  return text(401, "A token is needed", { "www-authenticate": 'Bearer realm="statexec"' });
}

function responseOf({ status, text: body, headers }: Answer): Response {
  return new Response(body, { status, ...(headers && { headers }) });
}

function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers });
}
