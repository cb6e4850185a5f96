import type { Collector } from "../collect/collector.ts";
import type { RowSink } from "../recording/recording.ts";
import { Axis, type Clock } from "../run/clock.ts";
import { Sampler } from "../run/sampler.ts";

const NOWHERE: RowSink = {
  layout: () => undefined,
  row: () => undefined,
  event: () => undefined,
  fact: () => undefined,
};

/**
 * Takes a sample for nobody, for a start that shall be quick when it comes: files are opened, and code has run. What goes
 * wrong is met again.
 */
export function warmUp(collectors: readonly Collector[], clock: Clock): void {
  const sampler = new Sampler(collectors, NOWHERE, clock, new Axis(clock, undefined), () => undefined);
  sampler.sample();
}
