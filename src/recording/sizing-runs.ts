import { CONTAINER } from "../catalog/index.ts";
import { diagnoses, type Evidence, evidenceOf, firstKnown, usableCpus } from "./diagnosis.ts";
import { findingOf } from "./evidence.ts";
import type { Recording } from "./recording.ts";
import { figuresOf, type RunFigures } from "./run-figures.ts";
import { coresOf } from "./sizing.ts";
import { seriesByName } from "./span.ts";

/** How a run ended. Only a complete one has shown all of its need. */
export type NeedEnd = "complete" | "killed for memory" | "failed" | "unfinished";

/** What one run says of the resources that its command needs. Numbers that are not known are NaN. */
export interface RunNeed {
  readonly command: string;
  /** The same for one run in two files. */
  readonly id: string;
  /** The true time of its start in ISO 8601; empty: not recorded. */
  readonly startedAt: string;
  readonly end: NeedEnd;
  /** Peak memory that was seen, page cache left out. */
  readonly memoryBytes: number;
  /** The peak was certainly not higher; infinite: not known. */
  readonly memoryAtMostBytes: number;
  /** Why the peak may have been higher; undefined: it is exact, or not known at all. */
  readonly memoryDoubt: string | undefined;
  /** The lowest memory limit of its container. */
  readonly memoryLimitBytes: number;
  /** Cores in its seconds but the busiest 5 %, and in the busiest; of a run that was too short for that, the mean. */
  readonly usualCores: number;
  readonly busiestCores: number;
  /** CPUs that it could use: those online, fewer by its affinity mask or the container's quota. */
  readonly usableCpus: number;
  /** Whether a CPU quota held it back for much of its time. */
  readonly isThrottled: boolean;
  /** Whether other programs took CPUs that it might have used. */
  readonly isCrowded: boolean;
  readonly wallSeconds: number;
  /** What sizes depend on of its machine; empty: not recorded. */
  readonly machine: string;
}

/** Works out what a run needed. */
export function needOf(recording: Recording): RunNeed {
  const figures = figuresOf(recording);
  const evidence = evidenceOf(recording, figures);
  const isKill = evidence !== undefined && diagnoses(evidence).some((one) => one.isKill === true);
  const { value: memoryBytes = Number.NaN, highest, reason } = findingOf("memory", figures);
  const { cpuCores: mean = Number.NaN, cpus = Number.NaN, cpusAllowed, wallSeconds = Number.NaN } = figures;
  const { usual = mean, busiest = mean } = coresOf(recording);
  const fact = (name: string) => recording.facts.find(([known]) => known === name)?.[1] ?? "";
  const { instance, role } = recording.identity;
  return {
    command: figures.command,
    id: JSON.stringify([instance, role, fact("host"), fact("started_at") || recording.startMs]),
    startedAt: fact("started_at"),
    end: endOf(figures, isKill),
    memoryBytes,
    memoryAtMostBytes: highest,
    memoryDoubt: highest > memoryBytes ? reason : undefined,
    memoryLimitBytes: lowestLimit(recording),
    usualCores: usual,
    busiestCores: busiest,
    usableCpus: firstKnown(evidence?.cpus ?? Number.NaN, usableCpus(cpus, { allowed: cpusAllowed })),
    isThrottled: evidence !== undefined && evidence.throttledSeconds > MUCH * evidence.seconds,
    isCrowded: evidence !== undefined && isCrowded(evidence),
    wallSeconds,
    machine: Number.isNaN(cpus) ? "" : `${cpus} CPUs, ${fact("machine")}`,
  };
}

/** A command whose end is not known may have ended well: that is how the original program's files are. */
function endOf({ isUnfinished, exitStatus, exitSignal }: RunFigures, isKill: boolean): NeedEnd {
  if (isKill) return "killed for memory";
  if (isUnfinished) return "unfinished";
  return exitSignal !== undefined || (exitStatus ?? 0) !== 0 ? "failed" : "complete";
}

/** Of the time of a run: less of it is no lack. */
const MUCH = 0.05;
/** More of the machine's CPU time than this is all of it. */
const FULL = 0.9;

function isCrowded({ machineCores, machineCpus, ownCores, cpus }: Evidence): boolean {
  return machineCores > FULL * machineCpus && ownCores < FULL * cpus;
}

function lowestLimit(recording: Recording): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const one of seriesByName(recording.series()).get(CONTAINER.memoryLimit.name) ?? [])
    for (const { length, values } of one.blocks())
      for (let row = 0; row < length; row++) if (values[row]! < lowest) lowest = values[row]!;
  return lowest === Number.POSITIVE_INFINITY ? Number.NaN : lowest;
}
