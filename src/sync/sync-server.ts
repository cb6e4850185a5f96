import type { ServerConfig } from "../cli/config.ts";
import { SyncError } from "../errors.ts";
import { fileLimit, setFileLimit } from "../os/process.ts";
import { wallMs } from "../os/wall-clock.ts";
import type { Child, Ending } from "../run/child.ts";
import type { GatedRun } from "../run/gate.ts";
import { type Client, Clients } from "./barrier.ts";
import { HeldClients } from "./held-clients.ts";
import type { PageFacts } from "./page.ts";
import type { Meeting, MeetingParts } from "./peer-session.ts";
import { whenReady } from "./readiness-check.ts";
import { STATES, type StateName } from "./states.ts";
import type { Answer, Asker, Desk, Line } from "./sync-http.ts";
import { ANSWERS, HEADERS, newId, PROTOCOL, parseQuestion, type Status } from "./sync-protocol.ts";
import { Course } from "./sync-state-machine.ts";

/** How far ahead several agree to start: more than the answers to the farthest of them take. */
const LEAD_MS = 100;

/** Held connections beyond those of the clients that are waited for: some may come back before they were missed. */
const SPARE_LINES = 16;

/** A start that has been asked for and not answered yet. */
interface Waiting {
  readonly client: Client;
  readonly resolve: (answer: Answer) => void;
}

/** The server's side: waits until all have asked, starts, and stops with the last of them. */
export class SyncServer implements Desk, Meeting {
  readonly collectors = [];
  private readonly config: ServerConfig;
  private readonly parts: MeetingParts;
  private readonly course: Course;
  private readonly _clients: Clients;
  private readonly lines: HeldClients;
  private readonly session = newId();
  private readonly _opened = Promise.withResolvers<void>();
  private readonly released = Promise.withResolvers<void>();
  private waiting: Waiting[] = [];
  /** What those who may start are told; undefined: not yet. */
  private go: Answer | undefined;
  private trueStartMs: number | undefined;

  constructor(config: ServerConfig, parts: MeetingParts) {
    this.config = config;
    this.parts = parts;
    this.course = new Course(parts.clock, config.stopTimeoutSeconds);
    this.course.onState = (state) => this.reached(state);
    this._clients = new Clients(config.clients);
    this.lines = new HeldClients(parts.clock, config.graceSeconds, (id) => this.lost(id));
  }

  opened(): Promise<void> {
    return this._opened.promise;
  }

  begun(run: GatedRun): void {
    this.trueStartMs = run.trueStartMs;
    this.course.begin(run);
    run.fact(["session", this.session]);
    for (const { name } of this._clients.going) run.fact(["peer", name]);
    this.lines.tell({ type: "began", wallMs: run.trueStartMs });
  }

  /** The command gets its caller's limit of open files; ours is for connections, of which there may be many. */
  starting<T>(start: () => T): T {
    const limit = fileLimit();
    try {
      return start();
    } finally {
      setFileLimit(limit);
    }
  }

  commandStarted(child: Pick<Child, "signal">): void {
    this.course.commandStarted(child);
    const { ready } = this.config;
    const givenUp = () => this.course.state !== "starting";
    if (ready === undefined) this.course.move("ready");
    else void whenReady(ready, this.parts.clock, givenUp).then(() => this.ready(), this.parts.report);
  }

  commandEnded(): Promise<void> | undefined {
    this.course.commandEnded();
    if (this.course.state === "stopped" || this.config.startOnly || !this._clients.anyToStop) return undefined;
    return this.released.promise;
  }

  verdict(ending: Ending): Ending {
    return this.course.verdict(ending);
  }

  async close(): Promise<void> {
    // What has just been answered is on its way after this turn only.
    await new Promise(setImmediate);
    this.lines.close();
  }

  start(asker: Asker, gone: AbortSignal): Promise<Answer> | Answer {
    const known = asker.id === undefined ? undefined : this._clients.get(asker.id);
    if (known?.state === "going" && this.go) return this.go;
    if (STATES[this.course.state].start === ANSWERS.startedAlready.status && known?.state !== "going")
      return ANSWERS.startedAlready;
    const client = this._clients.ask(asker);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const waiting = { client, resolve };
    this.waiting.push(waiting);
    gone.addEventListener("abort", () => this.gone(waiting));
    if (known === undefined) this.course.note("peer_asked", `Client ${client.name} asked for a start`);
    if (this._clients.complete) this.agree();
    return promise;
  }

  stop({ id, name }: Asker): Answer {
    const { stop } = STATES[this.course.state];
    if (stop === ANSWERS.notStarted.status) return ANSWERS.notStarted;
    if (this.config.startOnly) return ANSWERS.ended;
    this._clients.stop(id);
    if (this._clients.anyToStop) return stop === ANSWERS.ended.status ? ANSWERS.ended : ANSWERS.stopNoted;
    this.course.move("stop", `by client ${name}`);
    return stop === ANSWERS.ended.status ? ANSWERS.ended : ANSWERS.stopped;
  }

  status(): Status {
    const { version, instance } = this.parts;
    return {
      ...{ statexec: version, protocol: PROTOCOL, session: this.session, state: this.course.state, instance },
      since: new Date(this.course.sinceMs).toISOString(),
      clients: { wanted: this._clients.wanted, asked: this._clients.asked, going: this._clients.going.length },
      graceSeconds: this.config.graceSeconds,
    };
  }

  page(): Omit<PageFacts, "asksForToken"> {
    const { state } = this.course;
    const { instance, since, clients } = this.status();
    const action = state === "waiting" ? "start" : STATES[state].stop === ANSWERS.stopped.status ? "stop" : undefined;
    return {
      ...{ state, action, text: STATES[state].text },
      detail: `${instance}, since ${since}; ${clients.asked} of ${clients.wanted} clients have asked for a start`,
    };
  }

  mayHold(id: string): boolean {
    return this._clients.get(id) !== undefined || this.lines.size < this._clients.wanted + SPARE_LINES;
  }

  held(id: string, line: Line): void {
    this.lines.opened(id, line);
    if (this.trueStartMs !== undefined) line.send(JSON.stringify({ type: "began", wallMs: this.trueStartMs }));
  }

  said(id: string, line: Line, text: string | Buffer): void {
    this.lines.heard(id);
    const question = parseQuestion(text);
    if (question) line.send(JSON.stringify({ type: "clock", number: question.number, wallMs: wallMs() }));
  }

  /** A client that leaves in order asks for nothing any more; one that does not may come back. */
  closed(id: string, line: Line, inOrder: boolean): void {
    if (!inOrder) {
      this.lines.closed(id, line);
      return;
    }
    this.lines.forget(id);
    const client = this._clients.get(id);
    if (client?.state !== "going") return;
    if (client.startOnly) this._clients.stop(id);
    else this.stop(client);
  }

  private gone(waiting: Waiting): void {
    if (!this.waiting.includes(waiting)) return;
    this.waiting = this.waiting.filter((other) => other !== waiting);
    if (this.waiting.some(({ client }) => client === waiting.client)) return;
    if (waiting.client.state === "asked") this.course.note("peer_left", `Client ${waiting.client.name} left`);
    this._clients.leave(waiting.client);
  }

  /** All have asked. One alone starts now; several at an instant, of which those who can be are told beforehand. */
  private agree(): void {
    if (!this.course.move("agreed")) return;
    this._clients.go();
    const { ready, clients } = this.config;
    const open = () => this._opened.resolve();
    if (ready === undefined && clients > 1) this.letGoTogether(open);
    else {
      if (ready === undefined) this.letGo(this.startAnswer());
      // The answers first.
      setImmediate(open);
    }
  }

  private ready(): void {
    if (!this.course.move("ready")) return;
    if (this.config.clients > 1) this.letGoTogether(() => undefined);
    else this.letGo(this.startAnswer());
  }

  /** Ours know our clock, and are told in time; the original's are told when it is time. */
  private letGoTogether(then: () => void): void {
    const { clock } = this.parts;
    const answer = this.startAnswer(wallMs() + LEAD_MS);
    this.letGo(answer, ({ known }) => known);
    clock.at(clock.now() + LEAD_MS, () => {
      this.letGo(this.startAnswer());
      then();
    });
  }

  private startAnswer(atMs?: number): Answer {
    const headers: Record<string, string> = { [HEADERS.session]: this.session };
    if (this.config.startOnly) headers[HEADERS.startOnly] = "1";
    if (atMs !== undefined) headers[HEADERS.startAt] = String(atMs);
    return { ...ANSWERS.started, headers };
  }

  private letGo(answer: Answer, whom: (client: Client) => boolean = () => true): void {
    this.go = answer;
    for (const { client, resolve } of this.waiting) if (whom(client)) resolve(answer);
    this.waiting = this.waiting.filter(({ client }) => !whom(client));
  }

  /** Nobody who waits for a command that is ready waits for one that is over. */
  private reached(state: StateName): void {
    if (state === "stopped") this.released.resolve();
    if (!["stopping", "finished", "cancelled"].includes(state)) return;
    for (const { client, resolve } of this.waiting) {
      client.state = "stopped";
      resolve(ANSWERS.startedAlready);
    }
    this.waiting = [];
  }

  private lost(id: string): void {
    const client = this._clients.get(id);
    if (client?.state === "asked") this._clients.leave(client);
    if (client?.state !== "going") return;
    this._clients.lose(id);
    const text = `lost the client ${client.name}: nothing was heard of it for ${this.config.graceSeconds} s`;
    this.course.note("peer_lost", `Lost client ${client.name}`);
    this.parts.report(new SyncError(text));
    if (!this.config.startOnly && !client.startOnly && !this._clients.anyToStop)
      this.course.stopForLoss(`client ${client.name} is lost`);
  }
}
