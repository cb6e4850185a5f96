/*
 * What two sides say to each other, over HTTP/1.1 on the server's sync port.
 *
 * The original's part, which any client may use and any server must know:
 *
 *   POST /start   201 `OK`; 409 `KO` once started. Only readiness and the barrier hold the answer back.
 *   POST /stop    202 `Command stopped`; 204 once it has ended; 412 before it has started.
 *
 * Ours beside it; an original server answers 404 to all of it, which is how it is told:
 *
 *   GET /         a page for a person.
 *   GET /status   what the server does, as a Status.
 *   GET /sync     the held connection, a WebSocket. The client asks (a ClockQuestion) when it likes, at least as often as
 *                 the lesser grace allows; the server answers each, so that both hear of the other, and the client
 *                 knows the server's clock. A side that leaves in order closes with DONE; any other end of the connection
 *                 is a silence, in which the client comes back or is lost.
 *
 * A client of ours names itself in CLIENT on /sync, /start and /stop, so that a request that had to be sent twice counts
 * once; who does not is one of the original's. START_ONLY is on a /start, and on its answer, where that side's command
 * ends by itself. START_AT is on an answer that comes before its time: the client begins at that instant of the server's
 * clock. Who has a token asks for it in Authorization: Bearer, and answers 401 without it.
 */

export const PATHS = { page: "/", start: "/start", stop: "/stop", status: "/status", held: "/sync" } as const;

export const HEADERS = {
  /** Random, the same for all that one client sends. */
  client: "statexec-client",
  /** The run that both sides are part of. */
  session: "statexec-session",
  startOnly: "statexec-start-only",
  /** Milliseconds since the epoch, by the server's clock. */
  startAt: "statexec-start-at",
} as const;

export const ANSWERS = {
  started: { status: 201, text: "OK" },
  startedAlready: { status: 409, text: "KO" },
  stopped: { status: 202, text: "Command stopped" },
  /** For one of several clients: the others go on. */
  stopNoted: { status: 202, text: "Stop noted" },
  ended: { status: 204, text: null },
  notStarted: { status: 412, text: "Not started" },
} as const;

/** Longer bodies are refused; no request needs one but the page's form. */
export const MOST_BODY_BYTES = 4096;

/** Of a held connection. */
export const MOST_MESSAGE_BYTES = 1024;

/** Close code of a WebSocket whose side leaves in order. */
export const DONE = 1000;

/** Raised when a side that does not know it could go wrong. */
export const PROTOCOL = 1;

/** The answer of /status. */
export interface Status {
  readonly statexec: string;
  readonly protocol: typeof PROTOCOL;
  readonly session: string;
  /** A state of the table. */
  readonly state: string;
  readonly instance: string;
  /** When it came to be in that state, ISO 8601. */
  readonly since: string;
  readonly clients: { readonly wanted: number; readonly asked: number; readonly going: number };
  readonly graceSeconds: number;
}

/** From the client. */
export interface ClockQuestion {
  readonly type: "clock";
  readonly number: number;
}

/** From the server: the answer, and when its recording began, by its wall clock. */
export type FromServer =
  | { readonly type: "clock"; readonly number: number; readonly wallMs: number }
  | { readonly type: "began"; readonly wallMs: number };

const ID = /^[0-9a-f]{16}$/;

export function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
}

/** What a header says, where that can be an id. */
export function idOf(text: string | null): string | undefined {
  return text !== null && ID.test(text) ? text : undefined;
}

/** An answer of another program, or of another version, is none. */
export function parseStatus(value: unknown): Status | undefined {
  const status = value as Partial<Status> | null;
  if (typeof status !== "object" || status === null || status.protocol !== PROTOCOL) return undefined;
  const { session, graceSeconds } = status;
  return typeof session === "string" && typeof graceSeconds === "number" ? (status as Status) : undefined;
}

/** Undefined: it is no message of this protocol. */
export function parseQuestion(text: string | Buffer): ClockQuestion | undefined {
  const message = jsonOf(text) as Partial<ClockQuestion> | undefined;
  return message?.type === "clock" && typeof message.number === "number" ? (message as ClockQuestion) : undefined;
}

/** Undefined: it is no message of this protocol. */
export function parseFromServer(text: string | Buffer): FromServer | undefined {
  const message = jsonOf(text) as Partial<FromServer> | undefined;
  if (typeof message?.wallMs !== "number") return undefined;
  if (message.type === "began") return message as FromServer;
  return message.type === "clock" && typeof message.number === "number" ? (message as FromServer) : undefined;
}

/** An object or nothing. */
function jsonOf(text: string | Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(text.toString());
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
