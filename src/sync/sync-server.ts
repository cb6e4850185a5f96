import type { ServerConfig } from "../cli/config.ts";
import { SyncError } from "../errors.ts";
import { fileLimit, setFileLimit, wallMs } from "../os/process.ts";
import type { Child, Ending } from "../run/child.ts";
import type { GatedRun } from "../run/session-parts.ts";
import { Barrier, type BarrierClient, type Requester } from "./barrier.ts";
import { ClientConnections, type Connection } from "./peer-connection.ts";
import type { PeerSession, PeerSessionParts } from "./peer-session.ts";
import { whenReady } from "./readiness-check.ts";
import {
  ANSWERS,
  HEADERS,
  type HttpAnswer,
  newId,
  PROTOCOL,
  parseClockRequest,
  type ServerMessage,
  type SyncStatus,
} from "./sync-protocol.ts";
import { STATES, type StateName, SyncStateMachine } from "./sync-state-machine.ts";

/** How far ahead several clients agree to start. Their answers must have arrived by then. */
const LEAD_MS = 100;

/** Connections allowed beyond the number of wanted clients: a client may reconnect before its old connection times out. */
const SPARE_CONNECTIONS = 16;

/** A /start whose answer is held back. */
interface PendingStart {
  readonly client: BarrierClient;
  readonly resolve: (answer: HttpAnswer) => void;
}

/** The server's side: waits until all clients have asked, starts, and stops when the last of them asks for it. */
export class SyncServer implements PeerSession {
  readonly collectors = [];
  private readonly config: ServerConfig;
  private readonly parts: PeerSessionParts;
  private readonly machine: SyncStateMachine;
  private readonly barrier: Barrier;
  private readonly connections: ClientConnections;
  private readonly session = newId();
  private readonly mayBegin = Promise.withResolvers<void>();
  private readonly stoppedByClients = Promise.withResolvers<void>();
  private pending: PendingStart[] = [];
  /** The answer to clients that may start; undefined before the start. */
  private startAnswer: HttpAnswer | undefined;
  private trueStartMs: number | undefined;

  constructor(config: ServerConfig, parts: PeerSessionParts) {
    this.config = config;
    this.parts = parts;
    this.machine = new SyncStateMachine(parts.clock, config.stopTimeoutSeconds);
    this.machine.onState = (state) => this.stateEntered(state);
    this.barrier = new Barrier(config.clients);
    this.connections = new ClientConnections(parts.clock, config.graceSeconds, (id) => this.lost(id));
  }

  opened(): Promise<void> {
    return this.mayBegin.promise;
  }

  begun(run: GatedRun): void {
    this.trueStartMs = run.trueStartMs;
    this.machine.begin(run);
    run.fact(["session", this.session]);
    for (const { name } of this.barrier.going) run.fact(["peer", name]);
    this.connections.broadcast({ type: "began", wallMs: run.trueStartMs });
  }

  /** Restores our limit of open files, which many connections need, once the start has set that of the command. */
  starting<T>(start: () => T): T {
    const limit = fileLimit();
    try {
      return start();
    } finally {
      setFileLimit(limit);
    }
  }

  commandStarted(child: Pick<Child, "signal">): void {
    this.machine.commandStarted(child);
    const { ready } = this.config;
    const isOver = () => this.machine.state !== "starting";
    if (ready === undefined) this.machine.handle("ready");
    else void whenReady(ready, this.parts.clock, isOver).then(() => this.ready(), this.parts.report);
  }

  commandEnded(): Promise<void> | undefined {
    this.machine.commandEnded();
    if (this.machine.state === "stopped" || this.config.startOnly || !this.barrier.awaitsStop) return undefined;
    return this.stoppedByClients.promise;
  }

  reportedEnding(ending: Ending): Ending {
    return this.machine.reportedEnding(ending);
  }

  async close(): Promise<void> {
    // The runtime sends the last answers at the end of this turn of the event loop.
    await new Promise(setImmediate);
    this.connections.close();
  }

  /** Answers /start, once the client may start. `signal` aborts when the client has gone away. */
  start(requester: Requester, signal: AbortSignal): Promise<HttpAnswer> | HttpAnswer {
    const known = requester.id === undefined ? undefined : this.barrier.get(requester.id);
    if (known?.state === "going" && this.startAnswer) return this.startAnswer;
    if (STATES[this.machine.state].start === ANSWERS.startedAlready.status && known?.state !== "going")
      return ANSWERS.startedAlready;
    const client = this.barrier.join(requester);
    const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
    const request = { client, resolve };
    this.pending.push(request);
    signal.addEventListener("abort", () => this.abandoned(request));
    if (known === undefined) this.machine.event("peer_asked", `Client ${client.name} asked for a start`);
    if (this.barrier.isComplete) this.agree();
    return promise;
  }

  /** Answers /stop. */
  stop({ id, name }: Pick<Requester, "id" | "name">): HttpAnswer {
    const { stop } = STATES[this.machine.state];
    if (stop === ANSWERS.notStarted.status) return ANSWERS.notStarted;
    if (this.config.startOnly) return ANSWERS.ended;
    this.barrier.stop(id);
    if (this.barrier.awaitsStop) return stop === ANSWERS.ended.status ? ANSWERS.ended : ANSWERS.stopNoted;
    this.machine.handle("stop", `by client ${name}`);
    return stop === ANSWERS.ended.status ? ANSWERS.ended : ANSWERS.stopped;
  }

  status(): SyncStatus {
    const { version, instance } = this.parts;
    return {
      ...{ statexec: version, protocol: PROTOCOL, session: this.session, state: this.machine.state, instance },
      since: new Date(this.machine.sinceMs).toISOString(),
      clients: { wanted: this.barrier.wanted, asked: this.barrier.asked, going: this.barrier.going.length },
      graceSeconds: this.config.graceSeconds,
    };
  }

  /** Whether a client may open a connection. */
  acceptsConnection(id: string): boolean {
    return this.barrier.get(id) !== undefined || this.connections.size < this.barrier.wanted + SPARE_CONNECTIONS;
  }

  connectionOpened(id: string, connection: Connection): void {
    this.connections.opened(id, connection);
    if (this.trueStartMs !== undefined) send(connection, { type: "began", wallMs: this.trueStartMs });
  }

  received(id: string, connection: Connection, text: string | Buffer): void {
    this.connections.heard(id);
    const request = parseClockRequest(text);
    if (request) send(connection, { type: "clock", number: request.number, wallMs: wallMs() });
  }

  /** A client that leaves in order no longer needs the server's command. One that does not may reconnect. */
  connectionClosed(id: string, connection: Connection, inOrder: boolean): void {
    if (!inOrder) {
      this.connections.closed(id, connection);
      return;
    }
    this.connections.forget(id);
    const client = this.barrier.get(id);
    if (client?.state !== "going") return;
    if (client.startOnly) this.barrier.stop(id);
    else this.stop(client);
  }

  private abandoned(request: PendingStart): void {
    if (!this.pending.includes(request)) return;
    this.pending = this.pending.filter((other) => other !== request);
    const { client } = request;
    // The client has repeated its request.
    if (this.pending.some((other) => other.client === client)) return;
    if (client.state === "waiting") this.machine.event("peer_left", `Client ${client.name} left`);
    this.barrier.leave(client);
  }

  /** All clients have asked. One alone starts now. Several start at one instant, which is sent to them beforehand. */
  private agree(): void {
    if (!this.machine.handle("agreed")) return;
    this.barrier.open();
    const { ready, clients } = this.config;
    const begin = () => this.mayBegin.resolve();
    if (ready === undefined && clients > 1) this.answerTogether(begin);
    else {
      if (ready === undefined) this.answerAll(this.answerToStart());
      // Sends the answers before anything else is done.
      setImmediate(begin);
    }
  }

  /** The command is ready, as --ready asks for. */
  private ready(): void {
    if (!this.machine.handle("ready")) return;
    if (this.config.clients > 1) this.answerTogether(() => undefined);
    else this.answerAll(this.answerToStart());
  }

  /** Our clients know our clock and are answered ahead of the instant, original ones at the instant. */
  private answerTogether(then: () => void): void {
    const { clock } = this.parts;
    const answer = this.answerToStart(wallMs() + LEAD_MS);
    this.answerAll(answer, ({ isOriginal }) => !isOriginal);
    clock.at(clock.now() + LEAD_MS, () => {
      this.answerAll(this.answerToStart());
      then();
    });
  }

  private answerToStart(atMs?: number): HttpAnswer {
    const headers: Record<string, string> = { [HEADERS.session]: this.session };
    if (this.config.startOnly) headers[HEADERS.startOnly] = "1";
    if (atMs !== undefined) headers[HEADERS.startAt] = String(atMs);
    return { ...ANSWERS.started, headers };
  }

  private answerAll(answer: HttpAnswer, includes: (client: BarrierClient) => boolean = () => true): void {
    this.startAnswer = answer;
    for (const { client, resolve } of this.pending) if (includes(client)) resolve(answer);
    this.pending = this.pending.filter(({ client }) => !includes(client));
  }

  /** Refuses clients that still wait for a command that has ended or will not start. */
  private stateEntered(state: StateName): void {
    if (state === "stopped") this.stoppedByClients.resolve();
    if (!["stopping", "finished", "cancelled"].includes(state)) return;
    for (const { client, resolve } of this.pending) {
      client.state = "stopped";
      resolve(ANSWERS.startedAlready);
    }
    this.pending = [];
  }

  /** The heartbeat of a client has timed out. */
  private lost(id: string): void {
    const client = this.barrier.get(id);
    if (client?.state === "waiting") this.barrier.leave(client);
    if (client?.state !== "going") return;
    this.barrier.lose(id);
    const text = `lost the client ${client.name}: nothing was heard of it for ${this.config.graceSeconds} s`;
    this.machine.event("peer_lost", `Lost client ${client.name}`);
    this.parts.report(new SyncError(text));
    if (!this.config.startOnly && !client.startOnly && !this.barrier.awaitsStop)
      this.machine.stopForLoss(`client ${client.name} is lost`);
  }
}

function send(connection: Connection, message: ServerMessage): void {
  connection.send(JSON.stringify(message));
}
