import type { Clock } from "../clock.ts";
import type { Child, Ending } from "../run/child.ts";
import { EndLadder, KILL_AFTER_SECONDS } from "../run/end-ladder.ts";
import type { GatedRun } from "../run/session-parts.ts";

/**
 * What can happen to either side of a synchronised run: agreed (all clients have asked, or the server has answered),
 * begun (the recording), started (the command), ready (clients may use the command), stop (asked for, or all peers are
 * lost), ended (the command).
 */
export const INPUTS = ["agreed", "begun", "started", "ready", "stop", "ended"] as const;

export type Input = (typeof INPUTS)[number];

export type StateName =
  | "waiting"
  | "armed"
  | "recording"
  | "starting"
  | "running"
  | "stopping"
  | "finished"
  | "cancelled"
  | "stopped";

export interface State {
  /** For people, and for the event that marks the state in the recording. */
  readonly text: string;
  /** The status that a server in this state answers to /start. */
  readonly start: 201 | 409;
  /** The status that it answers to /stop. */
  readonly stop: 202 | 204 | 412;
  /** The next state by input. Other inputs change nothing. */
  readonly on: Readonly<Partial<Record<Input, StateName>>>;
}

/** The states of a synchronised run, the same for server and client. */
export const STATES: Readonly<Record<StateName, State>> = {
  waiting: { text: "Waiting for the other side", start: 201, stop: 412, on: { agreed: "armed" } },
  armed: { text: "Start agreed on", start: 409, stop: 202, on: { begun: "recording", stop: "cancelled" } },
  recording: {
    text: "Recording, the command not started yet",
    ...{ start: 409, stop: 202, on: { started: "starting", stop: "cancelled" } },
  },
  starting: {
    text: "Command started, not ready yet",
    ...{ start: 409, stop: 202, on: { ready: "running", stop: "stopping", ended: "finished" } },
  },
  running: {
    text: "Command running and ready",
    ...{ start: 409, stop: 202, on: { stop: "stopping", ended: "finished" } },
  },
  stopping: { text: "Stop asked for", start: 409, stop: 202, on: { ended: "stopped" } },
  finished: { text: "Command ended by itself", start: 409, stop: 204, on: { stop: "stopped" } },
  cancelled: { text: "Stopped before the command was started", start: 409, stop: 204, on: {} },
  stopped: { text: "Stopped together", start: 409, stop: 204, on: {} },
};

const SIGINT = 2;
const SIGKILL = 9;
const SIGTERM = 15;

/** Exit status of a run whose command had to be killed: 128 plus SIGKILL, as in a shell. */
const KILLED_STATUS = 128 + SIGKILL;

/** Stops a command by SIGINT, then SIGTERM, then SIGKILL. The signals go to the command alone, not to its group. */
class StopLadder {
  child: Pick<Child, "signal"> | undefined;
  /** Whether the command was sent SIGINT, and whether it was sent SIGKILL. */
  wasUsed = false;
  wasKilled = false;
  private cancel: (() => void) | undefined;
  private end: EndLadder | undefined;

  constructor(
    readonly clock: Clock,
    /** From SIGINT to SIGTERM; 0 for no SIGTERM. */
    readonly timeoutSeconds: number,
    readonly onSignal: (text: string) => void,
  ) {}

  stop(): void {
    if (this.wasUsed || !this.child) return;
    this.wasUsed = true;
    this.child.signal(SIGINT);
    const { clock, timeoutSeconds } = this;
    if (timeoutSeconds > 0) this.cancel = clock.at(clock.now() + timeoutSeconds * 1000, () => this.terminate());
  }

  commandEnded(): void {
    this.cancel?.();
    this.end?.cancel();
    this.child = undefined;
  }

  private terminate(): void {
    this.onSignal(`SIGTERM, since the command did not end within ${this.timeoutSeconds} s of SIGINT`);
    this.end = new EndLadder(this.clock, (signal) => {
      if (signal === SIGKILL) this.killing();
      this.child?.signal(signal);
    });
    this.end.begin();
  }

  private killing(): void {
    this.onSignal(`SIGKILL, since the command did not end within ${KILL_AFTER_SECONDS} s of SIGTERM`);
    this.wasKilled = true;
  }
}

interface EarlyEvent {
  readonly at: number;
  readonly event: string;
  readonly text: string;
}

/** The state of one side. Records each state as an event, and stops or cancels the command where a state asks for it. */
export class SyncStateMachine {
  private readonly clock: Clock;
  private readonly ladder: StopLadder;
  private current: StateName = "waiting";
  private enteredMs: number;
  private run: GatedRun | undefined;
  /** Events before the recording began. */
  private early: EarlyEvent[] = [];
  /** Whether the command was stopped because peers were lost, not because one asked for it. */
  private stoppedForLoss = false;
  /** Called after each change of state. */
  onState: ((state: StateName) => void) | undefined;

  constructor(clock: Clock, stopTimeoutSeconds: number) {
    this.clock = clock;
    this.enteredMs = clock.wall();
    this.ladder = new StopLadder(clock, stopTimeoutSeconds, (text) => this.event("stop_signal", text));
    this.recordState();
  }

  get state(): StateName {
    return this.current;
  }

  /** When the state was entered, by the wall clock, milliseconds since the epoch. */
  get sinceMs(): number {
    return this.enteredMs;
  }

  /** Whether the recording has begun. */
  get hasBegun(): boolean {
    return this.run !== undefined;
  }

  /** Enters the next state; false where the input changes nothing in the current one. */
  handle(input: Input, detail?: string): boolean {
    const next = STATES[this.current].on[input];
    if (next === undefined) return false;
    this.current = next;
    this.enteredMs = this.clock.wall();
    this.recordState(detail);
    if (next === "stopping") this.ladder.stop();
    if (next === "cancelled") this.run?.cancel();
    this.onState?.(next);
    return true;
  }

  /** Starts recording, first the events that came before. */
  begin(run: GatedRun): void {
    this.run = run;
    const now = this.clock.now();
    for (const { at, event, text } of this.early)
      run.event(event, `${text} (${((now - at) / 1000).toFixed(3)} s before the start)`);
    this.early = [];
    this.handle("begun");
    // A client may have asked for a stop between the agreement and this call.
    if (this.current === "cancelled") run.cancel();
  }

  commandStarted(child: Pick<Child, "signal">): void {
    this.ladder.child = child;
    this.handle("started");
  }

  commandEnded(): void {
    this.ladder.commandEnded();
    this.handle("ended");
  }

  /** Stops the command because peers are lost: its end does not count as success. */
  stopForLoss(detail: string): void {
    if (this.handle("stop", detail)) this.stoppedForLoss = true;
  }

  /** Records an event that changes no state. */
  event(event: string, text: string): void {
    if (this.run) this.run.event(event, text);
    else this.early.push({ at: this.clock.now(), event, text });
  }

  /** Returns the ending to report to our caller: a command that ended because a peer asked for it has succeeded. */
  reportedEnding(ending: Ending): Ending {
    if (this.current !== "stopped" || !this.ladder.wasUsed) return ending;
    if (this.ladder.wasKilled) return { kind: "exited", code: KILLED_STATUS };
    if (this.stoppedForLoss) return ending;
    const endedByStop =
      ending.kind === "exited" || (ending.kind === "signaled" && [SIGINT, SIGTERM].includes(ending.signal));
    return endedByStop ? { kind: "exited", code: 0 } : ending;
  }

  private recordState(detail?: string): void {
    const { text } = STATES[this.current];
    this.event(`sync_${this.current}`, detail === undefined ? text : `${text}: ${detail}`);
  }
}
