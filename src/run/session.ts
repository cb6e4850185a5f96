import type { Collector } from "../collect/collector.ts";
import type { Config } from "../config/config.ts";
import type { Identity, Recording, RowSink } from "../recording/recording.ts";
import type { Child, Ending } from "./child.ts";
import { Axis, type Clock } from "./clock.ts";
import { runFacts } from "./facts.ts";
import type { Gate } from "./gate.ts";
import { Sampler } from "./sampler.ts";
import { signalName } from "./signal-names.ts";
import type { SignalRelay } from "./signals.ts";

/** What is known of a recording when it begins. */
export interface StoreStart {
  readonly identity: Identity;
  /** Time of the first sample, on the recording's axis and by the wall clock. */
  readonly startMs: number;
  readonly trueStartMs: number;
}

/** Where rows go, and the recording that they are in the end. */
export interface Store extends RowSink {
  /** No more will come. */
  end(): void;
  /** Throws SystemError where it cannot be read back. */
  recording(): Recording;
}

/** What a session is made of. */
export interface SessionParts {
  readonly config: Config;
  readonly signals: Pick<SignalRelay, "attach" | "detach" | "onIdle"> & Partial<Pick<SignalRelay, "endAsked">>;
  readonly collectors: readonly Collector[];
  readonly clock: Clock;
  /** Makes the place where the rows go. */
  readonly store: (start: StoreStart) => Store;
  /** Starts the command. Throws CommandError. */
  readonly start: () => Child;
  /** The peers of a synchronised run. */
  readonly gate?: Gate | undefined;
  /** Of statexec itself. */
  readonly version: string;
  /** Told of what should not happen; the command goes on. */
  readonly report: (error: unknown) => void;
}

/** How a session ended. */
export interface SessionEnd {
  readonly recording: Recording;
  /** How the command ended, or by which signal the wait for its start was. */
  readonly ending: Ending;
}

/** What cuts a wait short: a signal's number, or the gate. */
type Cut = number | "gate";

/** One run: the delay before, the command, the delay after, and samples all the while. */
export class Session {
  readonly #parts: SessionParts;
  readonly #axis: Axis;
  readonly #store: Store;
  readonly #sampler: Sampler;
  /** Ends the wait for the command's start, which is not to be any more. */
  #cancel: (() => void) | undefined;
  #cancelled = false;

  constructor(parts: SessionParts) {
    const { config, clock, report } = parts;
    this.#parts = parts;
    this.#axis = new Axis(clock, config.metricsStartTimeMs);
    const { startMs, trueStartMs } = this.#axis;
    this.#store = parts.store({ identity: identityOf(config), startMs, trueStartMs });
    this.#sampler = new Sampler(parts.collectors, this.#store, clock, this.#axis, report);
  }

  /** Throws CommandError where the command could not be started after all. */
  async run(): Promise<SessionEnd> {
    const { config } = this.#parts;
    const isDelayed = config.delayBeforeSeconds > 0;
    if (!isDelayed) this.#sampler.commandStarting();
    this.#axis.begin();
    this.#openGate();
    try {
      if (this.#cancelled) return this.#close(this.#stoppedEarly("gate"));
      if (isDelayed) {
        this.#sample();
        const cut = await this.#pause(config.delayBeforeSeconds);
        if (cut !== undefined) return this.#close(this.#stoppedEarly(cut));
        this.#sampler.commandStarting();
      }
      const ending = await this.#runCommand();
      await this.#goOn(ending);
      return this.#close(ending);
    } finally {
      this.#sampler.stop();
    }
  }

  #openGate(): void {
    this.#guard(() =>
      this.#parts.gate?.begun({
        trueStartMs: this.#axis.trueStartMs,
        fact: (fact) => this.#store.fact(fact),
        event: (event, text) => this.#event(this.#axis.now(), event, text),
        cancel: () => {
          this.#cancelled = true;
          this.#cancel?.();
        },
      }),
    );
  }

  /**
   * Samples on for as long as the gate wants it, and for the delay after; a signal cuts both short, and one that was for
   * the command already, the gate's part.
   */
  async #goOn(ending: Ending): Promise<void> {
    const { gate, config, signals } = this.#parts;
    const wanted = gate?.commandEnded(ending);
    const held = signals.endAsked ? undefined : wanted;
    const cut = held && (await this.#wait(whenDone(held)));
    if (config.delayAfterSeconds > 0 && cut === undefined) await this.#pause(config.delayAfterSeconds);
    if (config.delayAfterSeconds > 0 || held) this.#sample();
  }

  #close(ending: Ending): SessionEnd {
    this.#store.end();
    return { recording: this.#store.recording(), ending };
  }

  /** Starts the command between its two samples and answers how it ended. */
  async #runCommand(): Promise<Ending> {
    const { clock, signals, start } = this.#parts;
    this.#sampler.status = 1;
    const startedAtMs = this.#sample(() => this.#sampler.capture());
    const startedAt = clock.now();
    const child = start();
    // Whatever fails from here on, the command is waited for.
    this.#guard(() => signals.attach(child));
    this.#sampler.commandStarted(child.pid);
    this.#guard(() => this.#sampler.complete());
    this.#event(startedAtMs, "command_started", "Command started");
    this.#guard(() => this.#parts.gate?.commandStarted(child));
    this.#guard(() => this.#startTicks());
    this.#recordFacts();
    const ending = await this.#endOf(child);
    this.#sampler.commandEnded(ending, (clock.now() - startedAt) / 1000);
    this.#guard(() => signals.detach());
    this.#sampler.status = 2;
    this.#event(this.#sample(), "command_done", describeEnding(ending));
    return ending;
  }

  async #endOf(child: Child): Promise<Ending> {
    try {
      return await child.ended;
    } catch (error) {
      this.#parts.report(error);
      return { kind: "unknown" };
    }
  }

  /** Samples for a number of seconds; answers what cut it short. */
  #pause(seconds: number): Promise<Cut | undefined> {
    const { clock } = this.#parts;
    return this.#wait((done) => clock.at(clock.now() + seconds * 1000, done));
  }

  /** Samples until something is done, which `arm` begins and its answer takes back; answers what cut it short. */
  async #wait(arm: (done: () => void) => () => void): Promise<Cut | undefined> {
    const { signals } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<Cut | undefined>();
    signals.onIdle = resolve;
    this.#cancel = () => resolve("gate");
    const disarm = arm(() => resolve(undefined));
    this.#startTicks();
    const cut = await promise;
    disarm();
    signals.onIdle = undefined;
    this.#cancel = undefined;
    return cut;
  }

  #stoppedEarly(cut: Cut): Ending {
    const atMs = this.#sample();
    this.#recordFacts();
    // The gate has its own words for it.
    if (cut === "gate") return { kind: "exited", code: 0 };
    this.#event(atMs, "stop_requested", `Stopped by ${signalName(cut)} before the command was started`);
    return { kind: "signaled", signal: cut };
  }

  /** What is known beside the samples: read when the command has been started, since it is not in a hurry. */
  #recordFacts(): void {
    const { config, version } = this.#parts;
    for (const fact of runFacts(config, version, this.#axis.trueStartMs)) this.#store.fact(fact);
    this.#sampler.recordFacts();
  }

  #event(atMs: number, event: string, text: string): void {
    this.#store.event({ atMs, event, text });
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.report(error);
    }
  }

  #sample(take = () => this.#sampler.sample()): number {
    try {
      return take();
    } catch (error) {
      this.#parts.report(error);
      return this.#axis.now();
    }
  }

  #startTicks(): void {
    this.#sampler.start(this.#parts.config.intervalSeconds * 1000);
  }
}

/** A promise as something to wait for; it cannot be taken back, and what is done twice counts once. */
function whenDone(promise: Promise<void>): (done: () => void) => () => void {
  return (done) => {
    void promise.then(done);
    return () => undefined;
  };
}

function identityOf(config: Config): Identity {
  return { instance: config.instance, role: config.sync?.role ?? "standalone", labels: config.labels };
}

/** `Command done with status 3`, or the signal that ended it. */
function describeEnding(ending: Ending): string {
  if (ending.kind === "exited") return `Command done with status ${ending.code}`;
  if (ending.kind === "unknown") return "Command ended, its status could not be read";
  return `Command ended by ${signalName(ending.signal)}`;
}
