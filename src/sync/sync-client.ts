import type { ClientConfig } from "../cli/config.ts";
import { SyncError } from "../errors.ts";
import { wallMs } from "../os/wall-clock.ts";
import type { Child, Ending } from "../run/child.ts";
import type { GatedRun } from "../run/gate.ts";
import { ClockOffset } from "./clock-offset.ts";
import { reach, reasonOf } from "./outgoing-http.ts";
import { HeldServer } from "./peer-connection.ts";
import type { Meeting, MeetingParts } from "./peer-session.ts";
import { avoidProxies, withProxies } from "./proxies.ts";
import { ANSWERS, HEADERS, idOf, newId, PATHS, type Status } from "./sync-protocol.ts";
import { Course } from "./sync-state-machine.ts";
import { bearer, tokenOf } from "./sync-token.ts";

/** How long the answer to a stop may take. */
const STOP_MS = 5000;

/** Between two attempts to ask a server that was heard of. */
const RETRY_MS = 200;

/** The client's side: waits for the server, starts with it, and stops it when its own command has ended. */
export class SyncClient implements Meeting {
  private readonly config: ClientConfig;
  private readonly parts: MeetingParts;
  private readonly course: Course;
  private readonly offset = new ClockOffset();
  private readonly headers: Record<string, string>;
  private readonly base: string;
  private readonly name: string;
  private readonly gone = Promise.withResolvers<never>();
  private server: HeldServer | undefined;
  private session: string | undefined;
  private serverStartMs: number | undefined;
  /** Ours or the server's: each command ends by itself. */
  private startOnly: boolean;
  private run: GatedRun | undefined;
  private stopping: Promise<void> | undefined;
  private over = false;

  constructor(config: ClientConfig, parts: MeetingParts) {
    avoidProxies();
    this.config = config;
    this.parts = parts;
    this.course = new Course(parts.clock, config.stopTimeoutSeconds);
    this.name = `${config.host}:${config.port}`;
    this.base = `http://${this.name}`;
    this.headers = { [HEADERS.client]: newId(), ...bearer(tokenOf(config)) };
    this.startOnly = config.startOnly;
    // It may come when nobody waits for it.
    this.gone.promise.catch(() => undefined);
  }

  /** An original server says nothing of its clock. */
  get collectors(): readonly ClockOffset[] {
    return this.server ? [this.offset] : [];
  }

  async opened(): Promise<void> {
    const { timeoutSeconds } = this.config;
    const status = await reach({ base: this.base, name: this.name, headers: this.headers, timeoutSeconds });
    if (status) await this.hold(status);
    else this.parts.warn(`${this.name} holds no connection (an original server): its loss will not be noticed`);
    const answer = await this.askForStart();
    await this.agreed(answer);
  }

  begun(run: GatedRun): void {
    this.run = run;
    this.course.begin(run);
    run.fact(["peer", this.name]);
    if (this.session !== undefined) run.fact(["session", this.session]);
    this.noteServerStart();
  }

  starting<T>(start: () => T): T {
    return withProxies(start);
  }

  commandStarted(child: Pick<Child, "signal">): void {
    this.course.commandStarted(child);
    this.course.move("ready");
  }

  commandEnded(): undefined {
    this.course.commandEnded();
    this.stopServer();
    return undefined;
  }

  verdict(ending: Ending): Ending {
    return this.course.verdict(ending);
  }

  /** A server that was started and not stopped yet is stopped: there is no command here that it could be needed for. */
  async close(): Promise<void> {
    if (this.course.begun) this.stopServer();
    await this.stopping;
    this.over = true;
    this.server?.close();
  }

  private async hold({ session, graceSeconds }: Status): Promise<void> {
    this.session = session;
    this.server = new HeldServer({
      url: `ws://${this.name}${PATHS.held}`,
      ...{ headers: this.headers, clock: this.parts.clock, offset: this.offset },
      ...{ graceSeconds: this.config.graceSeconds, serverGraceSeconds: graceSeconds },
      onLost: (inOrder) => this.lost(inOrder),
      onBegan: (ms) => {
        this.serverStartMs = ms;
        this.noteServerStart();
      },
    });
    await Promise.race([this.server.acquainted(), this.gone.promise]);
  }

  /** Asks until there is an answer. One that cannot be heard of otherwise has as long as a server that is not up. */
  private async askForStart(): Promise<Response> {
    const headers = this.startOnly ? { ...this.headers, [HEADERS.startOnly]: "1" } : this.headers;
    const { timeoutSeconds } = this.config;
    const ms = this.server || timeoutSeconds === Number.POSITIVE_INFINITY ? undefined : timeoutSeconds * 1000;
    for (;;) {
      const signal = ms === undefined ? undefined : AbortSignal.timeout(ms);
      const asked = fetch(`${this.base}${PATHS.start}`, {
        ...{ method: "POST", headers, redirect: "manual", timeout: false, ...(signal && { signal }) },
      });
      try {
        return await Promise.race([asked, this.gone.promise]);
      } catch (error) {
        if (error instanceof SyncError || !(error instanceof Error)) throw error;
        // The connection broke: asked again it is the same start, unless the server does not know us apart.
        if (!this.server) throw new SyncError(`${this.where} did not answer to /start (${reasonOf(error)})`);
        await Promise.race([Bun.sleep(RETRY_MS), this.gone.promise]);
      }
    }
  }

  private async agreed(answer: Response): Promise<void> {
    if (answer.status !== ANSWERS.started.status) throw await this.refused(answer);
    this.session = idOf(answer.headers.get(HEADERS.session)) ?? this.session;
    if (answer.headers.has(HEADERS.startOnly)) this.startOnly = true;
    this.course.move("agreed");
    const atMs = Number(answer.headers.get(HEADERS.startAt) ?? Number.NaN);
    const aheadMs = atMs - this.offset.offsetMs - wallMs();
    const { clock } = this.parts;
    if (!(aheadMs > 0)) return;
    const instant = new Promise<void>((resolve) => void clock.at(clock.now() + aheadMs, resolve));
    await Promise.race([instant, this.gone.promise]);
  }

  private async refused({ status, statusText }: Response): Promise<SyncError> {
    if (status === ANSWERS.startedAlready.status)
      return new SyncError(`${this.where} has started already (409): start it anew for another run`);
    if (status === 401) return new SyncError(`${this.where} wants its token (401): give it by --sync-token`);
    const said = `${status} ${statusText}`.trim();
    return new SyncError(`${this.where} answered ${said} to /start, expected 201: is it a statexec server?`);
  }

  private get where(): string {
    return `--connect ${this.name}: the server`;
  }

  private noteServerStart(): void {
    if (this.run && this.serverStartMs !== undefined)
      this.run.fact(["server_started_at", new Date(this.serverStartMs).toISOString()]);
  }

  private stopServer(): void {
    if (this.stopping) return;
    this.stopping = this.startOnly ? Promise.resolve() : this.askForStop();
    if (!this.startOnly) this.course.move("stop", "the server is asked to stop");
  }

  private async askForStop(): Promise<void> {
    try {
      const { status } = await fetch(`${this.base}${PATHS.stop}`, {
        ...{ method: "POST", headers: this.headers, redirect: "manual", signal: AbortSignal.timeout(STOP_MS) },
      });
      const taken = status === ANSWERS.stopped.status || status === ANSWERS.ended.status;
      if (!taken) throw new SyncError(`${this.where} answered ${status} to /stop, expected 202 or 204`);
    } catch (error) {
      if (this.over || !(error instanceof Error)) throw error;
      const failure = error instanceof SyncError ? error : `${this.where} was not stopped (${reasonOf(error)})`;
      this.parts.report(failure);
    }
  }

  /** Nobody is there to start with, or to go on with. A server that is done when we are is no loss. */
  private lost(inOrder: boolean): void {
    const seconds = this.config.graceSeconds;
    const how = inOrder ? "it has left" : `nothing was heard of it for ${seconds} s`;
    const error = new SyncError(`--connect ${this.name}: lost the server: ${how}`);
    this.gone.reject(error);
    if (!this.course.begun || this.stopping || (inOrder && this.startOnly)) return;
    this.course.note("peer_lost", `Lost the server: ${how}`);
    this.parts.report(error);
    // Told to stop, it would only be asked for what it cannot answer.
    this.stopping = Promise.resolve();
    if (!this.startOnly) this.course.stopForLoss("the server is lost");
  }
}
