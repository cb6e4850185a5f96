import type { Clock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import type { Ending } from "../run/child.ts";
import type { Gate } from "../run/gate.ts";

/** What a synchronised run brings to a meeting. */
export interface MeetingParts {
  readonly clock: Clock;
  /** The instance label. */
  readonly instance: string;
  /** Of statexec itself. */
  readonly version: string;
  /** Says something on stderr while no command runs. */
  readonly warn: (message: string) => void;
  /** Told of what is no success, once the command has ended. */
  readonly report: (error: unknown) => void;
}

/** The other side of a synchronised run, from the wait for it to the leave from it. */
export interface Meeting extends Gate {
  /** Series that only a synchronised run has. */
  readonly collectors: readonly Collector[];
  /** Resolves when the recording is to begin. Throws SyncError. */
  opened(): Promise<void>;
  /** Starts the command, to which nothing shows of what is done here. */
  starting<T>(start: () => T): T;
  /** What our caller is to see of the command's end. */
  verdict(ending: Ending): Ending;
  /** Leaves in order. */
  close(): Promise<void>;
}
