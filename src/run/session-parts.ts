import type { Fact } from "../catalog/index.ts";
import type { Config } from "../cli/config.ts";
import type { Clock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import type { Identity, Recording, RowSink } from "../recording/recording.ts";
import type { Child, Ending } from "./child.ts";
import type { SignalRelay } from "./signals.ts";

/** What is known of a recording when it begins. */
export interface StoreStart {
  readonly identity: Identity;
  /** Time of the first sample, on the recording's axis and by the wall clock. */
  readonly startMs: number;
  readonly trueStartMs: number;
}

/** Takes the rows, and has the recording that they make. */
export interface Store extends RowSink {
  /** No more rows will come. */
  end(): void;
  /** Throws SystemError where the rows cannot be read back. */
  recording(): Recording;
}

/** A recording that has begun, as a gate may use it. */
export interface GatedRun {
  /** The wall clock's time of the first sample, milliseconds since the epoch. */
  readonly trueStartMs: number;
  fact(fact: Fact): void;
  /** Records an event at this time: one word, and a text for people. */
  event(event: string, text: string): void;
  /** Ends the run without starting the command, unless that was started. */
  cancel(): void;
}

/** The connection to the peers of a synchronised run. The session reports what happens, and knows no more of them. */
export interface Gate {
  /** The recording begins. */
  begun(run: GatedRun): void;
  /** Runs `start`, which starts the command, with all that the peer changed in this process set back for it. */
  starting<T>(start: () => T): T;
  /** The command has been started. */
  commandStarted(child: Pick<Child, "signal">): void;
  /** The command has ended. Resolves when the recording may go on to its end; undefined: at once. */
  commandEnded(ending: Ending): Promise<void> | undefined;
}

/** What a session is made of. */
export interface SessionParts {
  readonly config: Config;
  readonly signals: Pick<SignalRelay, "attach" | "detach" | "onIdle"> &
    Partial<Pick<SignalRelay, "endAsked" | "deliver">>;
  /** Makes the collectors. Called once, as late as possible: the command may have been started by then. */
  readonly collectors: () => readonly Collector[];
  /**
   * Reads the files of the sample at the command's start, so that the command need not wait for the rest. Returns a
   * function that drops what was not used. Undefined: that sample is taken whole, before the start.
   */
  readonly capture?: (() => () => void) | undefined;
  readonly clock: Clock;
  /** Makes the store of the rows. */
  readonly store: (start: StoreStart) => Store;
  /** Starts the command. Throws CommandError. */
  readonly start: () => Child;
  /** Whether the kernel says that the command has ended, which may be before `ended` resolves. */
  readonly hasEnded?: (pid: number) => boolean;
  /** The command has ended. Resolves when the descendants that were told to end have; undefined: none was. */
  readonly settled?: () => Promise<void> | undefined;
  /** The peers of a synchronised run. */
  readonly gate?: Gate | undefined;
  /** Of statexec itself. */
  readonly version: string;
  /** Receives each error of the recorder; the command goes on. */
  readonly report: (error: unknown) => void;
}

/** How a session ended. */
export interface SessionEnd {
  readonly recording: Recording;
  /** How the command ended, or the signal that ended the wait for its start. */
  readonly ending: Ending;
}
