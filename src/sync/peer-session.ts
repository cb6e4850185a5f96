import type { Clock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import type { Ending } from "../run/child.ts";
import type { Gate } from "../run/session-parts.ts";

/** What a peer session needs of the run that it belongs to. */
export interface PeerSessionParts {
  readonly clock: Clock;
  /** The instance label. */
  readonly instance: string;
  /** Version of statexec. */
  readonly version: string;
  /** Writes a message to stderr while no command runs. */
  readonly warn: (message: string) => void;
  /** Takes a failure, which is shown once the command has ended. */
  readonly report: (error: unknown) => void;
}

/**
 * One side of a synchronised run, server or client, from the wait for its peers until it leaves them. As the gate of the
 * session it learns when the recording begins and when the command starts and ends.
 */
export interface PeerSession extends Gate {
  /** Collectors that only a synchronised run has. */
  readonly collectors: readonly Collector[];
  /** Resolves when the recording is to begin. Throws SyncError where the peer does not answer, refuses or is lost. */
  opened(): Promise<void>;
  /** Returns the ending to report to our caller. */
  reportedEnding(ending: Ending): Ending;
  /** Leaves in order. */
  close(): Promise<void>;
}
