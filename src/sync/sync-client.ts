import type { ClientConfig } from "../cli/config.ts";
import { SyncError } from "../errors.ts";
import { type BoundedAnswer, requestBounded } from "../net/bounded-request.ts";
import { failureOf, isLoopback, withoutSecrets } from "../net/request-failure.ts";
import { wallMs } from "../os/process.ts";
import type { Child, Ending } from "../run/child.ts";
import type { GatedRun } from "../run/session-parts.ts";
import { ClockOffset } from "./clock-offset.ts";
import { bypassProxies, waitForServer, withOriginalProxies } from "./outgoing-http.ts";
import { ServerConnection } from "./peer-connection.ts";
import type { PeerSession, PeerSessionParts } from "./peer-session.ts";
import { ANSWERS, HEADERS, newId, PATHS, parseId, type SyncStatus, TOO_MANY } from "./sync-protocol.ts";
import { SyncStateMachine } from "./sync-state-machine.ts";
import { authorization, syncToken } from "./sync-token.ts";

/** Longest time until the answer to /stop. */
const STOP_MS = 5000;

/** Between two attempts to send /start to a server that has been reached before. */
const RETRY_MS = 200;

/** How far ahead a server may set the start. Ours say it a moment before. */
const MOST_LEAD_MS = 60_000;

/** The client's side: waits for the server, starts with it, and stops it when the command here has ended. */
export class SyncClient implements PeerSession {
  private readonly config: ClientConfig;
  private readonly parts: PeerSessionParts;
  private readonly machine: SyncStateMachine;
  private readonly offset = new ClockOffset();
  private readonly headers: Record<string, string>;
  private readonly base: string;
  private readonly name: string;
  private readonly token: string | undefined;
  /** Rejects when the server is lost. */
  private readonly serverLost = Promise.withResolvers<never>();
  /** Undefined with an original server. */
  private connection: ServerConnection | undefined;
  private session: string | undefined;
  private serverStartMs: number | undefined;
  /** Whether each command ends by itself, by our option or the server's. */
  private startOnly: boolean;
  private run: GatedRun | undefined;
  /** Set once the server is asked to stop, or need not be. */
  private stopped: Promise<void> | undefined;
  private isOver = false;

  constructor(config: ClientConfig, parts: PeerSessionParts) {
    bypassProxies();
    this.config = config;
    this.parts = parts;
    this.machine = new SyncStateMachine(parts.clock, config.stopTimeoutSeconds);
    this.name = `${config.host}:${config.port}`;
    this.base = `${config.tls ? "https" : "http"}://${this.name}`;
    this.token = syncToken(config);
    this.headers = { [HEADERS.client]: newId(), ...authorization(this.token) };
    if (this.token !== undefined && !config.tls && !isLoopback(config.host))
      parts.warn(
        `--connect ${this.name}: the token is sent over plain HTTP, where others on the network can read it; give the server --sync-tls-cert and --sync-tls-key, and connect to https://${this.name}`,
      );
    this.startOnly = config.startOnly;
    // It may reject while nothing awaits it.
    this.serverLost.promise.catch(() => undefined);
  }

  /** The clock offset. An original server does not tell its time. */
  get collectors(): readonly ClockOffset[] {
    return this.connection ? [this.offset] : [];
  }

  async opened(): Promise<void> {
    const { base, name, headers } = this;
    const status = await waitForServer({ base, name, headers }, this.config.timeoutSeconds);
    if (status) await this.connect(status);
    else this.parts.warn(`${name} holds no connection (an original server): its loss will not be noticed`);
    await this.waitForStart(await this.requestStart());
  }

  begun(run: GatedRun): void {
    this.run = run;
    this.machine.begin(run);
    run.fact(["peer", this.name]);
    if (this.session !== undefined) run.fact(["session", this.session]);
    this.recordServerStart();
  }

  starting<T>(start: () => T): T {
    return withOriginalProxies(start);
  }

  commandStarted(child: Pick<Child, "signal">): void {
    this.machine.commandStarted(child);
    this.machine.handle("ready");
  }

  commandEnded(): undefined {
    this.machine.commandEnded();
    this.stopServer();
    return undefined;
  }

  reportedEnding(ending: Ending): Ending {
    return this.machine.reportedEnding(ending);
  }

  /** Also stops a server that was started, if the command here was not: nothing needs the server any more. */
  async close(): Promise<void> {
    if (this.machine.hasBegun) this.stopServer();
    await this.stopped;
    this.isOver = true;
    this.connection?.close();
  }

  private async connect({ session, graceSeconds }: SyncStatus): Promise<void> {
    this.session = session;
    this.connection = new ServerConnection({
      url: `${this.config.tls ? "wss" : "ws"}://${this.name}${PATHS.connection}`,
      ...{ headers: this.headers, clock: this.parts.clock, offset: this.offset },
      ...{ graceSeconds: this.config.graceSeconds, serverGraceSeconds: graceSeconds },
      onLost: (inOrder) => this.lost(inOrder),
      onBegan: (ms) => {
        this.serverStartMs = ms;
        this.recordServerStart();
      },
    });
    await Promise.race([this.connection.synchronized(), this.serverLost.promise]);
  }

  /**
   * Sends /start until it is answered. Without a connection, which would time out, the answer must come within
   * --sync-timeout.
   */
  private async requestStart(): Promise<BoundedAnswer> {
    const headers = this.startOnly ? { ...this.headers, [HEADERS.startOnly]: "1" } : this.headers;
    const { timeoutSeconds } = this.config;
    const ms = this.connection || timeoutSeconds === Number.POSITIVE_INFINITY ? undefined : timeoutSeconds * 1000;
    for (;;) {
      const signal = ms === undefined ? undefined : AbortSignal.timeout(ms);
      const request = requestBounded({
        url: `${this.base}${PATHS.start}`,
        method: "POST",
        headers,
        signal,
        mostBytes: 0,
      });
      try {
        const answer = await Promise.race([request, this.serverLost.promise]);
        if (answer.status !== TOO_MANY || !this.connection) return answer;
      } catch (error) {
        if (error instanceof SyncError || !(error instanceof Error)) throw error;
        // By our id the server knows a repeated request. An original server would count a second client.
        if (!this.connection)
          throw new SyncError(`${this.where} did not answer to /start (${failureOf(error).reason})`);
      }
      await Promise.race([Bun.sleep(RETRY_MS), this.serverLost.promise]);
    }
  }

  private async waitForStart(answer: BoundedAnswer): Promise<void> {
    if (answer.status !== ANSWERS.started.status) throw this.refusal(answer);
    this.session = parseId(answer.headers.get(HEADERS.session)) ?? this.session;
    if (answer.headers.has(HEADERS.startOnly)) this.startOnly = true;
    this.machine.handle("agreed");
    const startAtMs = Number(answer.headers.get(HEADERS.startAt) ?? Number.NaN);
    const aheadMs = startAtMs - this.offset.offsetMs - wallMs();
    const { clock } = this.parts;
    // Without a connection the server's clock is not known.
    if (!(aheadMs > 0) || !this.connection) return;
    if (aheadMs > MOST_LEAD_MS)
      throw new SyncError(`${this.where} asks for a start in ${Math.round(aheadMs / 1000)} s, expected at most 60 s`);
    const instant = new Promise<void>((resolve) => void clock.at(clock.now() + aheadMs, resolve));
    await Promise.race([instant, this.serverLost.promise]);
  }

  private refusal({ status, statusText }: BoundedAnswer): SyncError {
    if (status === ANSWERS.startedAlready.status)
      return new SyncError(`${this.where} has started already (409): start it again for another run`);
    if (status === 401) return new SyncError(`${this.where} wants its token (401): give it by --sync-token`);
    const said = withoutSecrets(`${status} ${statusText.slice(0, 80)}`.trim(), [this.token]);
    return new SyncError(`${this.where} answered ${said} to /start, expected 201: is it a statexec server?`);
  }

  private get where(): string {
    return `--connect ${this.name}: the server`;
  }

  private recordServerStart(): void {
    if (this.run && this.serverStartMs !== undefined)
      this.run.fact(["server_started_at", new Date(this.serverStartMs).toISOString()]);
  }

  private stopServer(): void {
    if (this.stopped) return;
    this.stopped = this.startOnly ? Promise.resolve() : this.requestStop();
    if (!this.startOnly) this.machine.handle("stop", "the server is asked to stop");
  }

  private async requestStop(): Promise<void> {
    try {
      const { headers } = this;
      const signal = AbortSignal.timeout(STOP_MS);
      const request = { url: `${this.base}${PATHS.stop}`, method: "POST", headers, signal, mostBytes: 0 } as const;
      const { status } = await requestBounded(request);
      const isStopped = status === ANSWERS.stopped.status || status === ANSWERS.ended.status;
      if (!isStopped) throw new SyncError(`${this.where} answered ${status} to /stop, expected 202 or 204`);
    } catch (error) {
      if (this.isOver || !(error instanceof Error)) throw error;
      const failure = error instanceof SyncError ? error : `${this.where} was not stopped (${failureOf(error).reason})`;
      this.parts.report(failure);
    }
  }

  /** The server has left in order, or its heartbeat has timed out. Once our command has ended that is no loss. */
  private lost(inOrder: boolean): void {
    const seconds = this.config.graceSeconds;
    const how = inOrder ? "it has left" : `nothing was heard of it for ${seconds} s`;
    const error = new SyncError(`--connect ${this.name}: lost the server: ${how}`);
    this.serverLost.reject(error);
    if (!this.machine.hasBegun || this.stopped || (inOrder && this.startOnly)) return;
    this.machine.event("peer_lost", `Lost the server: ${how}`);
    this.parts.report(error);
    // A lost server cannot answer to /stop.
    this.stopped = Promise.resolve();
    if (!this.startOnly) this.machine.stopForLoss("the server is lost");
  }
}
