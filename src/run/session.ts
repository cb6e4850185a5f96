import type { Config } from "../cli/config.ts";
import { Axis } from "../clock.ts";
import type { Identity } from "../recording/recording.ts";
import type { Child, Ending } from "./child.ts";
import { describeEnding } from "./ending-text.ts";
import { runFacts } from "./facts.ts";
import type { Sampler } from "./sampler.ts";
import type { SessionEnd, SessionParts, Store } from "./session-parts.ts";
import { signalName } from "./signal-names.ts";
import { EndWatch, StartSample } from "./start-sample.ts";
import { whenDone } from "./when-done.ts";

/** What cuts a wait short: a signal's number, or the gate. */
type Cut = number | "gate";

/** One run: the delay before, the command, the delay after, and samples all the while. */
export class Session {
  private readonly parts: SessionParts;
  private readonly axis: Axis;
  private store!: Store;
  private sampler!: Sampler;
  /** Ends the wait for the command's start, which is not to be any more. */
  private _cancel: (() => void) | undefined;
  private cancelled = false;

  constructor(parts: SessionParts) {
    const { config, clock, gate, capture } = parts;
    this.parts = parts;
    this.axis = new Axis(clock, config.metricsStartTimeMs);
    if (config.delayBeforeSeconds > 0 || gate || !capture) this.open();
  }

  /** Gets ready to record, which takes longer than the command's start: where that is all there is, it comes behind it. */
  private open(between?: () => void): void {
    if (this.sampler) return;
    const { config, clock, report, store, collectors } = this.parts;
    const { startMs, trueStartMs } = this.axis;
    const { Sampler } = require("./sampler.ts") as typeof import("./sampler.ts");
    between?.();
    this.store = store({ identity: identityOf(config), startMs, trueStartMs });
    between?.();
    this.sampler = new Sampler(collectors(), this.store, clock, this.axis, report);
    between?.();
  }

  /** Throws CommandError where the command could not be started after all. */
  async run(): Promise<SessionEnd> {
    const { config } = this.parts;
    const isDelayed = config.delayBeforeSeconds > 0;
    this.axis.begin();
    this.openGate();
    try {
      if (this.cancelled) return this.close(this.stoppedEarly("gate"));
      if (isDelayed) {
        this.sample();
        const cut = await this.pause(config.delayBeforeSeconds);
        if (cut !== undefined) return this.close(this.stoppedEarly(cut));
      }
      const ending = await this.runCommand();
      await this.goOn(ending);
      return this.close(ending);
    } finally {
      this.sampler?.stop();
    }
  }

  private openGate(): void {
    this.guard(() =>
      this.parts.gate?.begun({
        trueStartMs: this.axis.trueStartMs,
        fact: (fact) => this.store.fact(fact),
        event: (event, text) => this._event(this.axis.now(), event, text),
        cancel: () => {
          this.cancelled = true;
          this._cancel?.();
        },
      }),
    );
  }

  /**
   * Samples on for as long as the gate wants it, and for the delay after; a signal cuts both short, and one that was for
   * the command already, the gate's part.
   */
  private async goOn(ending: Ending): Promise<void> {
    const { gate, config, signals } = this.parts;
    const wanted = gate?.commandEnded(ending);
    const held = signals.endAsked ? undefined : wanted;
    const cut = held && (await this.wait(whenDone(held)));
    if (config.delayAfterSeconds > 0 && cut === undefined) await this.pause(config.delayAfterSeconds);
    if (config.delayAfterSeconds > 0 || held) this.sample();
  }

  private close(ending: Ending): SessionEnd {
    this.store.end();
    return { recording: this.store.recording(), ending };
  }

  /** Starts the command between its two samples and answers how it ended. */
  private async runCommand(): Promise<Ending> {
    const { clock, signals, start, capture, hasEnded } = this.parts;
    const early = capture && new StartSample(clock, this.axis, capture);
    const atMs = early?.atMs ?? this.startSample();
    const startedAt = clock.now();
    const child = start();
    const end = new EndWatch(clock, () => hasEnded?.(child.pid) ?? false);
    // Whatever fails from here on, the command is waited for.
    this.guard(() => signals.attach(child));
    if (early) this.completeStart(early, end);
    this.sampler.commandStarted(child.pid);
    this._event(atMs, "command_started", "Command started");
    this.guard(() => this.parts.gate?.commandStarted(child));
    this.guard(() => this.startTicks());
    this.recordFacts();
    end.look();
    const ending = await this.endOf(child);
    const tookMs = (end.seenAt ?? clock.now()) - startedAt;
    this.sampler.commandEnded(ending, tookMs / 1000);
    this.guard(() => signals.detach());
    this.sampler.status = 2;
    this._event(this.sample(), "command_done", describeEnding(ending));
    return ending;
  }

  /** The sample at the command's start, whole. */
  private startSample(): number {
    this.sampler.commandStarting();
    this.sampler.status = 1;
    return this.sample();
  }

  private completeStart(early: StartSample, end: EndWatch): void {
    this.open(end.look);
    this.sampler.commandStarting();
    this.sampler.status = 1;
    this.guard(() => early.complete(this.sampler, end.look));
  }

  private async endOf(child: Child): Promise<Ending> {
    try {
      return await child.ended;
    } catch (error) {
      this.parts.report(error);
      return { kind: "unknown" };
    }
  }

  /** Samples for a number of seconds; answers what cut it short. */
  private pause(seconds: number): Promise<Cut | undefined> {
    const { clock } = this.parts;
    return this.wait((done) => clock.at(clock.now() + seconds * 1000, done));
  }

  /** Samples until something is done, which `arm` begins and its answer takes back; answers what cut it short. */
  private async wait(arm: (done: () => void) => () => void): Promise<Cut | undefined> {
    const { signals } = this.parts;
    const { promise, resolve } = Promise.withResolvers<Cut | undefined>();
    signals.onIdle = resolve;
    this._cancel = () => resolve("gate");
    const disarm = arm(() => resolve(undefined));
    this.startTicks();
    const cut = await promise;
    disarm();
    signals.onIdle = undefined;
    this._cancel = undefined;
    return cut;
  }

  private stoppedEarly(cut: Cut): Ending {
    const atMs = this.sample();
    this.recordFacts();
    // The gate has its own words for it.
    if (cut === "gate") return { kind: "exited", code: 0 };
    this._event(atMs, "stop_requested", `Stopped by ${signalName(cut)} before the command was started`);
    return { kind: "signaled", signal: cut };
  }

  /** What is known beside the samples: read when the command has been started, since it is not in a hurry. */
  private recordFacts(): void {
    const { config, version } = this.parts;
    for (const fact of runFacts(config, version, this.axis.trueStartMs)) this.store.fact(fact);
    this.sampler.recordFacts();
  }

  private _event(atMs: number, event: string, text: string): void {
    this.store.event({ atMs, event, text });
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.parts.report(error);
    }
  }

  private sample(): number {
    try {
      return this.sampler.sample();
    } catch (error) {
      this.parts.report(error);
      return this.axis.now();
    }
  }

  private startTicks(): void {
    this.sampler.start(this.parts.config.intervalSeconds * 1000);
  }
}

function identityOf(config: Config): Identity {
  return { instance: config.instance, role: config.sync?.role ?? "standalone", labels: config.labels };
}
