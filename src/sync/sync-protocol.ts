/*
 * What the two sides of a synchronised run send each other: HTTP/1.1 on the server's sync port.
 *
 * The protocol of the original statexec, which any client may speak and every server must answer:
 *
 *   POST /start   201 `OK`; 409 `KO` once started. The answer waits until all clients have asked, and until the server's
 *                 command is ready if --ready is given (a long poll).
 *   POST /stop    202 `Command stopped`; 204 once the command has ended; 412 before the start.
 *
 * Our additions. An original server answers all of them with 404, which is how our client recognises one:
 *
 *   GET /         a page for people.
 *   GET /status   the state of the server, as SyncStatus.
 *   GET /sync     a WebSocket, the connection. As its heartbeat the client sends a ClockRequest, several times within the
 *                 shorter of the two sides' grace periods, and the server answers each one. So either side hears the
 *                 other, and the client learns the server's clock. A side that leaves in order closes with CLOSE_NORMAL.
 *                 After any other close the client reconnects, or is lost once the heartbeat timeout has passed.
 *
 * Our client sends its id (HEADERS.client) with /sync, /start and /stop, so that a request that it repeats counts once. A
 * client without an id is an original one. HEADERS.startOnly in a /start or in its answer says that the command of that
 * side ends by itself. HEADERS.startAt in an answer tells the client to begin at that instant of the server's clock. A
 * server with a token answers 401 to requests without `Authorization: Bearer TOKEN`, and 429 to those of a peer that has
 * sent too many wrong ones.
 */

import type { StateName } from "./sync-state-machine.ts";

export const PATHS = { page: "/", start: "/start", stop: "/stop", status: "/status", connection: "/sync" } as const;

export const HEADERS = {
  /** Random, the same in all requests of one client. */
  client: "statexec-client",
  /** Id of the run that both sides are part of. */
  session: "statexec-session",
  startOnly: "statexec-start-only",
  /** Milliseconds since the epoch, by the server's clock. */
  startAt: "statexec-start-at",
} as const;

export const ANSWERS = {
  started: { status: 201, text: "OK" },
  startedAlready: { status: 409, text: "KO" },
  stopped: { status: 202, text: "Command stopped" },
  /** To one of several clients: the others continue. */
  stopNoted: { status: 202, text: "Stop noted" },
  ended: { status: 204, text: null },
  notStarted: { status: 412, text: "Not started" },
} as const;

/** The server's answer to /start or /stop. */
export type HttpAnswer = (typeof ANSWERS)[keyof typeof ANSWERS] & { readonly headers?: Record<string, string> };

/** The status for a peer that has sent too many wrong tokens; a client tries again later. */
export const TOO_MANY = 429;

/** Longest request body. Only the page's form sends one. */
export const MAX_BODY_BYTES = 4096;

/** Longest WebSocket message. */
export const MAX_MESSAGE_BYTES = 1024;

/** WebSocket close code of a side that leaves in order. */
export const CLOSE_NORMAL = 1000;

/** Raised when a side that does not know the change could go wrong. */
export const PROTOCOL = 1;

/** The answer to /status. */
export interface SyncStatus {
  /** Version of statexec. */
  readonly statexec: string;
  readonly protocol: typeof PROTOCOL;
  readonly session: string;
  readonly state: StateName;
  readonly instance: string;
  /** When the server entered that state, ISO 8601. */
  readonly since: string;
  readonly clients: { readonly wanted: number; readonly asked: number; readonly going: number };
  readonly graceSeconds: number;
}

/** From the client, as a heartbeat: asks for the time of the server's clock. */
export interface ClockRequest {
  readonly type: "clock";
  readonly number: number;
}

/** From the server: the answer to a ClockRequest, or that its recording began, by its wall clock. */
export type ServerMessage =
  | { readonly type: "clock"; readonly number: number; readonly wallMs: number }
  | { readonly type: "began"; readonly wallMs: number };

/** As --sync-grace. */
const MOST_GRACE_SECONDS = 3600;

/** The last time that a `Date` can hold, milliseconds since the epoch. */
const LAST_MS = 8.64e15;

const ID = /^[0-9a-f]{16}$/;

export function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
}

/** Returns the id in a header's value; undefined where there is no valid one. */
export function parseId(text: string | null): string | undefined {
  return text !== null && ID.test(text) ? text : undefined;
}

/** Undefined for the answer of another program or of another protocol version. */
export function parseStatus(value: unknown): SyncStatus | undefined {
  const status = value as Partial<SyncStatus> | null;
  if (typeof status !== "object" || status === null || status.protocol !== PROTOCOL) return undefined;
  const { session, graceSeconds } = status;
  const isGrace = typeof graceSeconds === "number" && graceSeconds > 0 && graceSeconds <= MOST_GRACE_SECONDS;
  return typeof session === "string" && ID.test(session) && isGrace ? (status as SyncStatus) : undefined;
}

/** Undefined for anything that is not a message of this protocol. */
export function parseClockRequest(text: string | Buffer): ClockRequest | undefined {
  const message = parseObject(text) as Partial<ClockRequest> | undefined;
  return message?.type === "clock" && typeof message.number === "number" ? (message as ClockRequest) : undefined;
}

/** Undefined for anything that is not a message of this protocol. */
export function parseServerMessage(text: string | Buffer): ServerMessage | undefined {
  const message = parseObject(text) as Partial<ServerMessage> | undefined;
  if (typeof message?.wallMs !== "number" || !(Math.abs(message.wallMs) <= LAST_MS)) return undefined;
  if (message.type === "began") return message as ServerMessage;
  return message.type === "clock" && typeof message.number === "number" ? (message as ServerMessage) : undefined;
}

function parseObject(text: string | Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(text.toString());
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
