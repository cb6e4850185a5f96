import { COMMAND, type SeriesKey, series } from "../catalog/index.ts";
import { ABSENT, type Collector } from "../collect/collector.ts";
import type { Ending } from "./child.ts";

/** How the command ended and how long it took: known from its end sample on. */
export class CommandEnd implements Collector {
  readonly name = "command";
  private seconds = ABSENT;
  private status = ABSENT;
  private signal = ABSENT;

  /** It ended so, after so many seconds. */
  ended(ending: Ending, seconds: number): void {
    this.seconds = seconds;
    if (ending.kind === "exited") this.status = ending.code;
    if (ending.kind === "signaled") this.signal = ending.signal;
  }

  describe(): readonly SeriesKey[] {
    return [series(COMMAND.duration), series(COMMAND.exitStatus), series(COMMAND.exitSignal)];
  }

  sample(row: Float64Array): true {
    row[0] = this.seconds;
    row[1] = this.status;
    row[2] = this.signal;
    return true;
  }
}
