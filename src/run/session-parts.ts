import type { Config } from "../cli/config.ts";
import type { Clock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import type { Identity, Recording, RowSink } from "../recording/recording.ts";
import type { Child, Ending } from "./child.ts";
import type { Gate } from "./gate.ts";
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
  /** What measures. Asked for once, as late as can be: by then the command may have been started. */
  readonly collectors: () => readonly Collector[];
  /**
   * Reads what the sample at the command's start is made of, so that the command need not wait for the rest; the answer
   * forgets it. Without it that sample is taken whole, before the start.
   */
  readonly capture?: (() => () => void) | undefined;
  readonly clock: Clock;
  /** Makes the place where the rows go. */
  readonly store: (start: StoreStart) => Store;
  /** Starts the command. Throws CommandError. */
  readonly start: () => Child;
  /** Whether the command has ended, although `ended` does not say so yet. */
  readonly hasEnded?: (pid: number) => boolean;
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
