import type { Axis } from "../clock.ts";
import { type Child, describeEnding, type Ending } from "./child.ts";
import { RunRecorder } from "./recorder.ts";
import type { SessionEnd, SessionParts } from "./session-parts.ts";
import { signalName } from "./signal-names.ts";
import { startCommand } from "./start.ts";

/** What cuts a wait short: a signal's number, or the gate. */
type Cut = number | "gate";

/** One run: the delay before, the command, the delay after, and samples all the while. */
export class Session {
  private readonly recorder: RunRecorder;
  private readonly axis: Axis;
  /** Ends the wait for the command's start, since the gate cancelled it. */
  private cancelWait: (() => void) | undefined;
  private isCancelled = false;

  constructor(private readonly parts: SessionParts) {
    const { config, gate, capture } = parts;
    this.recorder = new RunRecorder(parts);
    this.axis = this.recorder.axis;
    // Where nothing is recorded before the command's start, it does not wait for this: see start.ts.
    if (config.delayBeforeSeconds > 0 || gate || !capture) this.recorder.open();
  }

  /** Throws CommandError where the command could not be started. */
  async run(): Promise<SessionEnd> {
    const { config } = this.parts;
    this.openGate();
    try {
      if (this.isCancelled) return this.close(this.stoppedEarly("gate"));
      if (config.delayBeforeSeconds > 0) {
        this.recorder.sample();
        const cut = await this.pause(config.delayBeforeSeconds);
        if (cut !== undefined) return this.close(this.stoppedEarly(cut));
      }
      const ending = await this.runCommand();
      await this.goOn(ending);
      return this.close(ending);
    } finally {
      this.recorder.sampler?.stop();
    }
  }

  private openGate(): void {
    this.recorder.guard(() =>
      this.parts.gate?.begun({
        trueStartMs: this.axis.trueStartMs,
        fact: (fact) => this.recorder.store.fact(fact),
        event: (event, text) => this.recorder.event(this.axis.now(), event, text),
        cancel: () => {
          this.isCancelled = true;
          this.cancelWait?.();
        },
      }),
    );
  }

  /** Runs the command between its two samples and returns how it ended. */
  private async runCommand(): Promise<Ending> {
    const { clock, signals } = this.parts;
    const { recorder } = this;
    const { child, startedAt, endWatch } = startCommand(recorder, this.parts);
    // It has ended already: a turn of the event loop, which would tell us, has timers of ours and of the runtime's first.
    if (endWatch.seenAt !== undefined) recorder.guard(() => signals.deliver?.());
    const ending = await this.endOf(child);
    const tookMs = (endWatch.seenAt ?? clock.now()) - startedAt;
    recorder.sampler.commandEnded(ending, tookMs / 1000);
    recorder.guard(() => signals.detach());
    recorder.sampler.status = 2;
    recorder.event(recorder.sample(), "command_done", describeEnding(ending));
    return ending;
  }

  private async endOf(child: Child): Promise<Ending> {
    try {
      return await child.ended;
    } catch (error) {
      this.parts.report(error);
      return { kind: "unknown" };
    }
  }

  /**
   * Samples until what was told to end has ended, the gate lets the run end, and for the delay after. A signal cuts each short. One that came while the
   * command ran skips the gate.
   */
  private async goOn(ending: Ending): Promise<void> {
    const { gate, config, signals } = this.parts;
    const wanted = gate?.commandEnded(ending);
    const settled = this.parts.settled?.();
    if (settled) await this.waitFor(settled);
    const held = signals.endAsked ? undefined : wanted;
    const cut = held && (await this.waitFor(held));
    if (config.delayAfterSeconds > 0 && cut === undefined) await this.pause(config.delayAfterSeconds);
    if (config.delayAfterSeconds > 0 || held || settled) this.recorder.sample();
  }

  private close(ending: Ending): SessionEnd {
    const { store } = this.recorder;
    store.end();
    return { recording: store.recording(), ending };
  }

  /** Samples for a number of seconds. Returns what cut it short. */
  private pause(seconds: number): Promise<Cut | undefined> {
    const { clock } = this.parts;
    return this.wait((done) => clock.at(clock.now() + seconds * 1000, done));
  }

  /** Samples until a promise resolves. Returns what cut it short. */
  private waitFor(promise: Promise<void>): Promise<Cut | undefined> {
    return this.wait((done) => {
      void promise.then(done);
      return () => undefined;
    });
  }

  /** Samples until `done` is called. `arm` schedules that and returns what cancels it. Returns what cut it short. */
  private async wait(arm: (done: () => void) => () => void): Promise<Cut | undefined> {
    const { signals } = this.parts;
    const { promise, resolve } = Promise.withResolvers<Cut | undefined>();
    signals.onIdle = resolve;
    this.cancelWait = () => resolve("gate");
    const disarm = arm(() => resolve(undefined));
    this.recorder.startTicks();
    const cut = await promise;
    disarm();
    signals.onIdle = undefined;
    this.cancelWait = undefined;
    return cut;
  }

  private stoppedEarly(cut: Cut): Ending {
    const atMs = this.recorder.sample();
    this.recorder.recordFacts();
    // The gate records its own event.
    if (cut === "gate") return { kind: "exited", code: 0 };
    this.recorder.event(atMs, "stop_requested", `Stopped by ${signalName(cut)} before the command was started`);
    return { kind: "signaled", signal: cut };
  }
}
