import { withWaitsSpread } from "./diagnosis.ts";
import type { LimitEvidence, RunEvidence } from "./limit-evidence.ts";
import { diskShare, isShortOfMemory, NEARLY_FULL } from "./limit-rules.ts";

/** What a command's time is divided among, in the order in which it is shown. */
export const WALL_TIME_PARTS = ["running", "cpu", "disk", "memory", "sleeping"] as const;

export type WallTimePart = (typeof WALL_TIME_PARTS)[number];

/** Shares of a command's time, 0 to 1, which add up to 1: it ran, or waited for a CPU, for disk, for memory, or for nothing that is seen. */
export interface WallTime extends Readonly<Record<WallTimePart, number>> {
  /** Whether all that it waited for was seen: else `sleeping` may hold waits for a CPU or a disk, too. */
  readonly areWaitsSeen: boolean;
}

/** With less of the time known, nothing is said of the rest. */
const LEAST_KNOWN = 0.5;

/** Returns where the time of a run went, over all steps of which it is known; undefined: not known of most of it. */
export function wallTimeOf({ steps }: RunEvidence): WallTime | undefined {
  const sum = { running: 0, cpu: 0, disk: 0, memory: 0, sleeping: 0 };
  let [known, all] = [0, 0];
  let areWaitsSeen = true;
  for (const step of withWaitsSpread(steps)) {
    all += step.seconds;
    const shares = wallTimeOfStep(step);
    if (!shares) continue;
    known += step.seconds;
    areWaitsSeen &&= shares.areWaitsSeen;
    for (const part of WALL_TIME_PARTS) sum[part] += shares[part] * step.seconds;
  }
  if (!(known >= LEAST_KNOWN * all && known > 0)) return undefined;
  for (const part of WALL_TIME_PARTS) sum[part] /= known;
  return { ...sum, areWaitsSeen };
}

/** Returns where the time of one step went; undefined: its CPU time is not known. Waits must be spread already. */
export function wallTimeOfStep(step: LimitEvidence): WallTime | undefined {
  const { ownCores, ioPressure, memoryPressure, pressureIsOwn, runDelaySeconds, hasUnseen, ownDiskBytes } = step;
  if (Number.isNaN(ownCores)) return undefined;
  const waited = cpuWait(step);
  // Several threads may run and wait at once: then their time is divided as it was among them.
  const wanted = Math.max(1, ownCores + waited);
  const running = ownCores / wanted;
  const cpu = waited / wanted;
  let rest = Math.max(0, 1 - running - cpu);
  // What waits for a page of memory waits for a disk, too: memory comes first.
  const memory = isShortOfMemory(step) ? Math.min(rest, memoryPressure || rest) : 0;
  rest -= memory;
  const disk = Math.min(rest, pressureIsOwn ? ioPressure || 0 : diskShare(step));
  const isDiskSeen = pressureIsOwn || ownDiskBytes === 0 || !(ioPressure > 0);
  const areWaitsSeen = !Number.isNaN(runDelaySeconds) && !hasUnseen && isDiskSeen;
  return { running, cpu, disk, memory, sleeping: rest - disk, areWaitsSeen };
}

/** Seconds a second in which threads waited for a CPU, or were held back by a quota. */
function cpuWait(step: LimitEvidence): number {
  const { seconds, ownCores, machineCores, machineCpus, cpus } = step;
  const held = Math.max(0, step.throttledSeconds / seconds || 0);
  const delay = Math.max(0, step.runDelaySeconds / seconds || 0);
  const isFull = cpus < machineCpus || !(machineCores <= NEARLY_FULL * machineCpus);
  // Where CPUs are free, threads wait together, each for as long as one before it runs.
  return Math.max(held, isFull ? delay : Math.min(delay, ownCores));
}

/** Returns whole percents of the parts that add up to 100. */
export function wholePercents(shares: Readonly<Record<WallTimePart, number>>): Record<WallTimePart, number> {
  const exact = WALL_TIME_PARTS.map((part) => ({ part, value: shares[part] * 100 }));
  let left = 100 - exact.reduce((sum, { value }) => sum + Math.floor(value), 0);
  const byRest = exact.toSorted((a, b) => (b.value % 1) - (a.value % 1));
  const whole = { running: 0, cpu: 0, disk: 0, memory: 0, sleeping: 0 };
  for (const { part, value } of byRest) whole[part] = Math.floor(value) + (left-- > 0 ? 1 : 0);
  return whole;
}
