import { HardwareCounters } from "../collect/perf/hardware-counters.ts";
import { type OpenedCounters, openHardwareCounters } from "../os/perf-counters.ts";
import type { CommandTaskClock } from "./command-task-clock.ts";

/**
 * The hardware counters of a command, where they were asked for: from just before its spawn until its session is over. This file
 * is loaded before the command's start then, and by no other run.
 */
export class CommandCounters {
  private opened: OpenedCounters | undefined;

  /** `taskClock`: what tells whether every process was seen; undefined: nothing does. */
  constructor(private readonly taskClock: () => CommandTaskClock | undefined) {}

  /** Opens them on the calling thread, which is to start the command next. */
  open(): void {
    this.opened = openHardwareCounters();
  }

  collector(): HardwareCounters {
    return new HardwareCounters({
      sources: () => this.opened,
      hasAllProcesses: () => this.taskClock()?.taskClock.hasAllRecords,
    });
  }

  close(): void {
    if (typeof this.opened === "object") for (const counter of this.opened.values()) counter.close();
    this.opened = undefined;
  }
}
