import type { CollectorChoice } from "../catalog/choices.ts";
import type { Collector } from "../collect/collector.ts";
import { filesBeforeStart, machineCollectors } from "../collect/registry.ts";
import { OwnUsage } from "../os/process.ts";
import type { KernelFiles } from "../proc/kernel-fs.ts";

/** What measures the machine. */
export interface MachineMeasurement {
  /** Returns the collectors, which are loaded and made by the first call. */
  readonly collectors: () => readonly Collector[];
  /** Reads the files of the first sample. Returns a function that drops what was not used. */
  readonly capture: () => () => void;
}

/**
 * Returns what measures the machine by a choice of collectors, all of whose names are known. Their code is not loaded yet: only
 * their files are read before the command's start.
 */
export function machineMeasurement(proc: KernelFiles, choice: CollectorChoice): MachineMeasurement {
  const files = filesBeforeStart(choice);
  let made: readonly Collector[] | undefined;
  return {
    collectors() {
      if (made) return made;
      const { SelfCollector } = require("../collect/machine/self.ts") as typeof import("../collect/machine/self.ts");
      made = [...machineCollectors(proc, choice), new SelfCollector(proc, new OwnUsage())];
      return made;
    },
    capture: () => proc.capture(files),
  };
}
