import type { Clock } from "../clock.ts";
import type { Child, Ending } from "../run/child.ts";
import type { GatedRun } from "../run/gate.ts";
import { type Input, STATES, type StateName } from "./states.ts";
import { Stopper } from "./stopper.ts";

/** What the kernel's own exit status would be where SIGKILL was ours. */
const KILLED_STATUS = 137;

/** Signals that we stop a command by before it is killed: an end by them is what was asked for. */
const ASKED: ReadonlySet<number> = new Set([2, 15]);

interface Note {
  readonly at: number;
  readonly event: string;
  readonly text: string;
}

/** One side's way through the table of states: each state reached is an event of the recording. */
export class Course {
  private readonly clock: Clock;
  private readonly stopper: Stopper;
  private _state: StateName = "waiting";
  private since: number;
  private run: GatedRun | undefined;
  /** What happened before the recording began. */
  private past: Note[] = [];
  /** Peers were lost, so that the stop was nobody's wish. */
  private lost = false;
  /** Told of each state reached. */
  onState: ((state: StateName) => void) | undefined;

  constructor(clock: Clock, stopTimeoutSeconds: number) {
    this.clock = clock;
    this.since = clock.wall();
    this.stopper = new Stopper(clock, stopTimeoutSeconds, (text) => this.note("stop_signal", text));
    this._note();
  }

  get state(): StateName {
    return this._state;
  }

  /** The wall clock's time when this state was reached, milliseconds since the epoch. */
  get sinceMs(): number {
    return this.since;
  }

  get begun(): boolean {
    return this.run !== undefined;
  }

  /** Takes what happened to the state that the table names; false: it changes nothing in this one. */
  move(input: Input, detail?: string): boolean {
    const next = STATES[this._state].on[input];
    if (next === undefined) return false;
    this._state = next;
    this.since = this.clock.wall();
    this._note(detail);
    if (next === "stopping") this.stopper.stop();
    if (next === "cancelled") this.run?.cancel();
    this.onState?.(next);
    return true;
  }

  /** The recording begins: what was before is its past. */
  begin(run: GatedRun): void {
    this.run = run;
    const now = this.clock.now();
    for (const { at, event, text } of this.past)
      run.event(event, `${text} (${((now - at) / 1000).toFixed(3)} s before the start)`);
    this.past = [];
    this.move("begun");
    // Who was let go may have asked for a stop before we have got here.
    if (this._state === "cancelled") run.cancel();
  }

  commandStarted(child: Pick<Child, "signal">): void {
    this.stopper.child = child;
    this.move("started");
  }

  commandEnded(): void {
    this.stopper.ended();
    this.move("ended");
  }

  /** A peer is gone that should be there: the command is told to stop, and its end is no success. */
  stopForLoss(text: string): boolean {
    if (!this.move("stop", text)) return false;
    this.lost = true;
    return true;
  }

  /** Something that is no state. */
  note(event: string, text: string): void {
    if (this.run) this.run.event(event, text);
    else this.past.push({ at: this.clock.now(), event, text });
  }

  fact(fact: readonly [fact: string, value: string]): void {
    this.run?.fact(fact);
  }

  /** What our caller is to see: a command that was asked to stop and did has done well. */
  verdict(ending: Ending): Ending {
    if (this._state !== "stopped" || !this.stopper.used) return ending;
    if (this.stopper.killed) return { kind: "exited", code: KILLED_STATUS };
    if (this.lost) return ending;
    const asked = ending.kind === "exited" || (ending.kind === "signaled" && ASKED.has(ending.signal));
    return asked ? { kind: "exited", code: 0 } : ending;
  }

  private _note(detail?: string): void {
    const { text } = STATES[this._state];
    this.note(`sync_${this._state}`, detail === undefined ? text : `${text}: ${detail}`);
  }
}
