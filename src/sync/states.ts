/** What can happen to a side of a synchronised run. */
export const INPUTS = ["agreed", "begun", "started", "ready", "stop", "ended"] as const;

/**
 * agreed: all who are waited for have asked, or the server has let us go; begun: the recording; started: the command;
 * ready: a client may use it; stop: asked for, or all peers are lost; ended: the command.
 */
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
  /** For a person, and the event that marks it. */
  readonly text: string;
  /** What a server in this state answers to /start: it joins those who wait, or is too late. */
  readonly start: 201 | 409;
  /** What it answers to /stop. */
  readonly stop: 202 | 204 | 412;
  /** Where it goes from here; what is not named changes nothing. */
  readonly on: Readonly<Partial<Record<Input, StateName>>>;
}

/** The whole of a synchronised run, for either side. */
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
