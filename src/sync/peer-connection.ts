import type { Clock } from "../clock.ts";
import { wallMs } from "../os/process.ts";
import type { ClockOffset } from "./clock-offset.ts";
import { HeartbeatTimeout, heartbeatIntervalMs } from "./heartbeat.ts";
import {
  CLOSE_NORMAL,
  type ClockRequest,
  MAX_MESSAGE_BYTES,
  parseServerMessage,
  type ServerMessage,
} from "./sync-protocol.ts";

/** Clock exchanges in a row before the start, so that the offset is good when it is needed. */
const FIRST_EXCHANGES = 8;

/** From the loss of a connection to the next attempt. */
const RECONNECT_MS = 200;

export interface ServerConnectionParts {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly clock: Clock;
  readonly offset: ClockOffset;
  /** The client's own grace and the server's. */
  readonly graceSeconds: number;
  readonly serverGraceSeconds: number;
  /** The server has left in order, or its heartbeat has timed out. */
  readonly onLost: (inOrder: boolean) => void;
  /** The server's recording began, by its wall clock, milliseconds. */
  readonly onBegan: (wallMs: number) => void;
}

interface SentRequest {
  readonly number: number;
  readonly sentMs: number;
  readonly sentAt: number;
}

/** The client's end of the connection: sends heartbeats, measures the clock offset, and reconnects. */
export class ServerConnection {
  private readonly parts: ServerConnectionParts;
  private readonly timeout: HeartbeatTimeout;
  private readonly firstExchanges = Promise.withResolvers<void>();
  private readonly intervalMs: number;
  private socket: WebSocket | undefined;
  private sent: SentRequest | undefined;
  private exchanges = 0;
  private cancelNext: (() => void) | undefined;
  /** Whether the server has said when its recording began, which it does once. */
  private hasBegun = false;
  private isOver = false;

  constructor(parts: ServerConnectionParts) {
    this.parts = parts;
    this.intervalMs = heartbeatIntervalMs(Math.min(parts.graceSeconds, parts.serverGraceSeconds));
    this.timeout = new HeartbeatTimeout(parts.clock, parts.graceSeconds * 1000, () => this.end(false));
    this.connect();
  }

  /** Resolves when the offset of the server's clock is known. */
  synchronized(): Promise<void> {
    return this.firstExchanges.promise;
  }

  /** Leaves in order. */
  close(): void {
    this.stop();
    this.socket?.close(CLOSE_NORMAL);
  }

  private connect(): void {
    const { url, headers } = this.parts;
    // Without compression, a message is as long as what is received.
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.socket = socket;
    socket.onopen = () => this.sendHeartbeat();
    socket.onmessage = ({ data }) => this.receive(String(data));
    // A close event follows every error.
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => this.closed(code);
  }

  private sendHeartbeat(): void {
    if (this.isOver || this.socket?.readyState !== WebSocket.OPEN) return;
    this.sent = { number: this.exchanges, sentMs: wallMs(), sentAt: this.parts.clock.now() };
    const request: ClockRequest = { type: "clock", number: this.exchanges };
    this.socket.send(JSON.stringify(request));
  }

  private receive(text: string): void {
    const now = this.parts.clock.now();
    if (text.length > MAX_MESSAGE_BYTES) return;
    const message = parseServerMessage(text);
    if (message?.type === "began" && !this.hasBegun) {
      this.hasBegun = true;
      this.timeout.heard();
      this.parts.onBegan(message.wallMs);
    }
    if (message?.type !== "clock" || message.number !== this.sent?.number) return;
    // Only the answer to a heartbeat is one: a server that sends anything else, however much, is not heard.
    this.timeout.heard();
    this.parts.offset.add(this.sent.sentMs, message.wallMs, now - this.sent.sentAt);
    this.sent = undefined;
    this.exchanges++;
    if (this.exchanges < FIRST_EXCHANGES) {
      this.sendHeartbeat();
      return;
    }
    this.firstExchanges.resolve();
    this.after(this.intervalMs, () => this.sendHeartbeat());
  }

  private closed(code: number): void {
    if (this.isOver) return;
    if (code === CLOSE_NORMAL) this.end(true);
    else this.after(RECONNECT_MS, () => this.connect());
  }

  private after(ms: number, action: () => void): void {
    const { clock } = this.parts;
    this.cancelNext?.();
    this.cancelNext = clock.at(clock.now() + ms, action);
  }

  private end(inOrder: boolean): void {
    if (this.isOver) return;
    this.stop();
    this.parts.onLost(inOrder);
  }

  private stop(): void {
    this.isOver = true;
    this.timeout.stop();
    this.cancelNext?.();
  }
}

/** A WebSocket, as far as the server uses it. */
export interface Connection {
  send(text: string): unknown;
  close(code: number): void;
}

interface ClientConnection {
  /** Undefined while the client is disconnected and may reconnect. */
  readonly connection: Connection | undefined;
  readonly timeout: HeartbeatTimeout;
}

/** The server's ends of the connections, by client id. */
export class ClientConnections {
  private readonly clients = new Map<string, ClientConnection>();

  constructor(
    readonly clock: Clock,
    readonly graceSeconds: number,
    /** Called with the id of a client whose heartbeat has timed out. */
    readonly onLost: (id: string) => void,
  ) {}

  get size(): number {
    return this.clients.size;
  }

  opened(id: string, connection: Connection): void {
    const timeout = this.clients.get(id)?.timeout ?? this.startTimeout(id);
    timeout.heard();
    this.clients.set(id, { connection, timeout });
  }

  heard(id: string): void {
    this.clients.get(id)?.timeout.heard();
  }

  /** A connection has closed. The client may have opened another one before. */
  closed(id: string, connection: Connection): void {
    const client = this.clients.get(id);
    if (client?.connection === connection) this.clients.set(id, { ...client, connection: undefined });
  }

  /** Stops waiting for a client that has left in order or is lost. */
  forget(id: string): void {
    this.clients.get(id)?.timeout.stop();
    this.clients.delete(id);
  }

  broadcast(message: ServerMessage): void {
    const text = JSON.stringify(message);
    for (const { connection } of this.clients.values()) connection?.send(text);
  }

  /** Leaves all clients in order. */
  close(): void {
    for (const [id, { connection }] of this.clients) {
      this.forget(id);
      connection?.close(CLOSE_NORMAL);
    }
  }

  private startTimeout(id: string): HeartbeatTimeout {
    return new HeartbeatTimeout(this.clock, this.graceSeconds * 1000, () => {
      this.forget(id);
      this.onLost(id);
    });
  }
}
