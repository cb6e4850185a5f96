import { COMMAND, CONTAINER, MACHINE, RECORDER } from "../../src/catalog/index.ts";

/** A rate over less than so many times its source's resolution is none; as the summary has it. */
const MIN_RESOLUTIONS = 20;

/** The kernel shows CPU time in ticks, 100 a second. */
const CPU_RESOLUTION_MS = 10;

/** All else is exact when it is read; how long it took is known from stamps of whole milliseconds. */
const STAMP_RESOLUTION_MS = 1;

const CPU_TIMES: ReadonlySet<string> = new Set(
  [MACHINE.cpuSeconds, COMMAND.cpuSeconds, COMMAND.commCpuSeconds, CONTAINER.cpuSeconds, RECORDER.cpuSeconds].map(
    ({ name }) => name,
  ),
);

/** The shortest time over which a counter of this name (`SeriesInfo.name`) has a rate. */
export function leastRateMs(name: string): number {
  return MIN_RESOLUTIONS * (CPU_TIMES.has(name) ? CPU_RESOLUTION_MS : STAMP_RESOLUTION_MS);
}
