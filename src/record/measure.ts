import type { Config } from "../cli/config.ts";
import { nearest } from "../cli/nearest.ts";
import type { Collector } from "../collect/collector.ts";
import { SelfCollector } from "../collect/machine/self.ts";
import { machineCollectors, unknownCollector } from "../collect/registry.ts";
import { UsageError } from "../errors.ts";
import { OwnUsage } from "../os/process.ts";
import type { ProcFs } from "../proc/procfs.ts";

export { TreeCollector } from "../collect/processes/tree.ts";
export { RunJournal } from "../run/run-journal.ts";
/** Asked for by the session itself; here, so that all comes where all is loaded ahead. */
export { Sampler } from "../run/sampler.ts";

/* What measures and keeps what was measured: loaded when the command has been started, where nothing is in its way. */

/** What is measured of the machine, and the recorder itself. */
export function chosenCollectors(proc: ProcFs, { collectors }: Config): Collector[] {
  return [...machineCollectors(proc, collectors), new SelfCollector(proc, new OwnUsage())];
}

/** Throws UsageError for a name that no collector has. */
export function checkCollectors({ collectors: choice }: Config): void {
  const unknown = unknownCollector(choice);
  if (!unknown) return;
  const { word, known } = unknown;
  const near = nearest(word, known);
  const meant = near === undefined ? "" : ` did you mean ${near}?`;
  throw new UsageError(
    `--collectors (SE_COLLECTORS): there is no collector "${word}":${meant} statexec --list-collectors lists them`,
  );
}
