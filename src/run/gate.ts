import type { Fact } from "../recording/recording.ts";
import type { Child, Ending } from "./child.ts";

/** A recording that has begun, as a gate may act on it. */
export interface GatedRun {
  /** The wall clock's time of the first sample, milliseconds since the epoch. */
  readonly trueStartMs: number;
  fact(fact: Fact): void;
  /** Something happens now: one word, and the same for a person. */
  event(event: string, text: string): void;
  /** The command is not to be started any more; nothing where it has been. */
  cancel(): void;
}

/** Where a run meets its peers. The session tells it what happens, and knows nothing else of them. */
export interface Gate {
  /** The recording begins. */
  begun(run: GatedRun): void;
  /** The command has been started. */
  commandStarted(child: Pick<Child, "signal">): void;
  /** The command has ended. The answer resolves when the recording may go on to its end; undefined: at once. */
  commandEnded(ending: Ending): Promise<void> | undefined;
}
