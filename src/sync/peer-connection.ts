import type { Clock } from "../clock.ts";
import { wallMs } from "../os/wall-clock.ts";
import type { ClockOffset } from "./clock-offset.ts";
import { Silence } from "./heartbeat.ts";
import { type ClockQuestion, DONE, parseFromServer } from "./sync-protocol.ts";

/** A byte each way at least so often, and more often where the grace is short. */
const BEAT_MS = 2000;
const BEATS_IN_GRACE = 4;

/** Exchanges in a row before the start, for the clock's sake. */
const FIRST_EXCHANGES = 8;

/** From the end of a connection to the next attempt. */
const RETRY_MS = 200;

export interface HeldServerParts {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly clock: Clock;
  readonly offset: ClockOffset;
  /** Ours and the server's. */
  readonly graceSeconds: number;
  readonly serverGraceSeconds: number;
  /** The server is gone: it has left in order, or was silent for too long. */
  readonly onLost: (inOrder: boolean) => void;
  /** When its recording began, by its wall clock, milliseconds. */
  readonly onBegan: (wallMs: number) => void;
}

interface Asked {
  readonly number: number;
  readonly sentMs: number;
  readonly sentAt: number;
}

/** The client's end of the held connection: it asks for the time, and comes back where the connection breaks. */
export class HeldServer {
  private readonly parts: HeldServerParts;
  private readonly silence: Silence;
  private readonly _acquainted = Promise.withResolvers<void>();
  private readonly beatMs: number;
  private socket: WebSocket | undefined;
  private asked: Asked | undefined;
  private exchanges = 0;
  private cancelBeat: (() => void) | undefined;
  private over = false;

  constructor(parts: HeldServerParts) {
    this.parts = parts;
    const grace = Math.min(parts.graceSeconds, parts.serverGraceSeconds);
    this.beatMs = Math.min(BEAT_MS, (grace * 1000) / BEATS_IN_GRACE);
    this.silence = new Silence(parts.clock, parts.graceSeconds * 1000, () => this.end(false));
    this.connect();
  }

  /** Resolves when the server's clock is known. */
  acquainted(): Promise<void> {
    return this._acquainted.promise;
  }

  /** Leaves in order. */
  close(): void {
    this.stop();
    this.socket?.close(DONE);
  }

  private connect(): void {
    const { url, headers } = this.parts;
    const socket = new WebSocket(url, { headers });
    this.socket = socket;
    socket.onopen = () => this.ask();
    socket.onmessage = ({ data }) => this.hear(String(data));
    // Its close says the same, and comes in any case.
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => this.closed(code);
  }

  private ask(): void {
    if (this.over || this.socket?.readyState !== WebSocket.OPEN) return;
    this.asked = { number: this.exchanges, sentMs: wallMs(), sentAt: this.parts.clock.now() };
    const question: ClockQuestion = { type: "clock", number: this.exchanges };
    this.socket.send(JSON.stringify(question));
  }

  private hear(text: string): void {
    const at = this.parts.clock.now();
    this.silence.heard();
    const message = parseFromServer(text);
    if (message?.type === "began") this.parts.onBegan(message.wallMs);
    if (message?.type !== "clock" || message.number !== this.asked?.number) return;
    this.parts.offset.add(this.asked.sentMs, message.wallMs, at - this.asked.sentAt);
    this.asked = undefined;
    this.exchanges++;
    if (this.exchanges < FIRST_EXCHANGES) {
      this.ask();
      return;
    }
    this._acquainted.resolve();
    this.beatLater();
  }

  private beatLater(): void {
    const { clock } = this.parts;
    this.cancelBeat?.();
    this.cancelBeat = clock.at(clock.now() + this.beatMs, () => this.ask());
  }

  private closed(code: number): void {
    if (this.over) return;
    this.cancelBeat?.();
    const { clock } = this.parts;
    if (code === DONE) this.end(true);
    else this.cancelBeat = clock.at(clock.now() + RETRY_MS, () => this.connect());
  }

  private end(inOrder: boolean): void {
    if (this.over) return;
    this.stop();
    this.parts.onLost(inOrder);
  }

  private stop(): void {
    this.over = true;
    this.silence.stop();
    this.cancelBeat?.();
  }
}
