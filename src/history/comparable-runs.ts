import type { RememberedName } from "../catalog/choices.ts";
import { isLowerBound } from "../recording/evidence.ts";
import { plainQuantity } from "../recording/quantities.ts";
import type { RememberedFigure, RememberedRun } from "./remembered-run.ts";

/*
 * Which remembered runs may be compared: one command on one kind of machine, that ended well, and whose figure is known in
 * the same way. All others would be a change that is none of the program's.
 */

/** What two runs must have in common. */
export type Kind = Pick<RememberedRun, "command" | "machine" | "cpuModel" | "cpus" | "memoryBytes">;

/** The size of memory differs a little from boot to boot, and between virtual machines of one size. */
const MEMORY_STEP_BYTES = 2 ** 30;

export function isSameMachine(a: Kind, b: Kind): boolean {
  const isNear = Math.abs(a.memoryBytes - b.memoryBytes) <= MEMORY_STEP_BYTES / 2;
  return isNear && a.machine === b.machine && a.cpuModel === b.cpuModel && a.cpus === b.cpus;
}

export function machineText({ machine, cpuModel, cpus, memoryBytes }: Kind): string {
  const count = cpus === null ? [] : [`${cpus} ${cpus === 1 ? "CPU" : "CPUs"}`];
  return [machine, ...count, ...(cpuModel === null ? [] : [cpuModel]), plainQuantity(memoryBytes, "bytes")].join(", ");
}

/** Whether a run did what it was started for: one that failed may have left out most of it. */
export function hasSucceeded({ exitStatus }: RememberedRun): boolean {
  return exitStatus === 0;
}

/** The figures that are the highest of some samples. */
const SAMPLED: readonly RememberedName[] = ["memory", "processes", "threads"];

/** Returns how a figure of a run is known, to be compared with that of others; undefined: too little to be compared. */
export function knownBy(run: RememberedRun, name: RememberedName): string | undefined {
  const figure = run.figures[name];
  if (!figure || isTooLow(figure)) return undefined;
  const source = figure.source?.replace(/_lower_bound$/, "") ?? "";
  return SAMPLED.includes(name) ? `${source} every ${run.intervalSeconds ?? "?"} s` : source;
}

/** A bound as near as two equal runs are to each other is as good as the figure; a short run has ticks of 10 ms. */
const NEAR_SHARE = 0.05;
const NEAR = 0.05;

function isTooLow({ value, highest, source }: RememberedFigure): boolean {
  if (!isLowerBound(source ?? undefined)) return false;
  return highest === null || highest > value * (1 + NEAR_SHARE) + NEAR;
}
