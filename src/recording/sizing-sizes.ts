import { CPU_HEADROOM, CPU_STEP_CORES, MEMORY_MARGINS, MEMORY_STEP_BYTES, USUAL } from "./sizing.ts";
import { growsFromRunToRun, limitFor, type Margins, percentile, roundedUp, type SizeLimit } from "./sizing-limits.ts";
import type { NeedEnd, RunNeed } from "./sizing-runs.ts";

/** What some runs say of one resource. */
interface Measured {
  /** Complete runs that know it. */
  readonly runs: number;
  readonly median: number;
  readonly highest: number;
}

/** What the memory limit rests on: as of other limits, the margin for what samples may have missed, or that after a kill. */
interface MemoryBasis extends Omit<SizeLimit, "by"> {
  readonly by: SizeLimit["by"] | "lower bounds" | "kill";
}

export interface MemorySize extends Measured {
  /** What 95 % of the runs needed. */
  readonly requestBytes: number;
  readonly limitBytes: number;
  /** How the limit follows from the runs. */
  readonly basis: MemoryBasis;
  /** Runs whose peak is only known to have been so high at least. */
  readonly lowerBounds: number;
  /** Why, by the first of them. */
  readonly doubt: string | undefined;
  /** None of these runs held more, whatever samples missed; undefined: not known of all. */
  readonly atMostBytes: number | undefined;
  /** The highest limit at which a run was killed; NaN: it is not known; undefined: none was. */
  readonly killedAtBytes: number | undefined;
  readonly grows: boolean;
}

export interface CpuSize extends Measured {
  readonly requestCores: number;
  readonly limitCores: number;
  /** CPUs that the command could use, in the run that could use most; NaN: not known. */
  readonly usableCpus: number;
  /** Runs that used all that they could, and those that a quota held back: with more they may be quicker. */
  readonly saturated: number;
  readonly throttled: number;
  /** Runs of which other programs took what they may have used. */
  readonly crowded: number;
}

export interface TimeSize extends Measured {
  readonly limitSeconds: number;
}

/** The sizes that some runs of a command ask for. */
export interface RunSizes {
  /** How many runs ended in each way. */
  readonly ends: Readonly<Record<NeedEnd, number>>;
  /** Undefined: no run knows it. */
  readonly memory: MemorySize | undefined;
  readonly cpu: CpuSize | undefined;
  readonly time: TimeSize | undefined;
}

/** A need above the limit at which a run was killed is not known: this is a step to try next. */
const AFTER_KILL = 1.5;
/** A command that uses more than this of its CPUs uses them all. */
const SATURATED = 0.9;

/** A run that takes longer than usual is killed for it, and time varies more than memory. */
const TIME_MARGINS: Margins = { least: 0.25, unknown: 0.5 };
const TIME_STEP_SECONDS = 60;

/**
 * Works out sizes from the runs of a command, in order of their start. Runs that failed or were killed may not have shown
 * all of their need: they do not count as runs, but no limit is below what they held.
 */
export function sizesOf(needs: readonly RunNeed[]): RunSizes {
  const ends = { complete: 0, "killed for memory": 0, failed: 0, unfinished: 0 };
  for (const { end } of needs) ends[end]++;
  return { ends, memory: memorySize(needs), cpu: cpuSize(needs), time: timeSize(needs) };
}

function memorySize(needs: readonly RunNeed[]): MemorySize | undefined {
  const complete = known(needs, ({ end, memoryBytes }) => (end === "complete" ? memoryBytes : Number.NaN));
  const all = known(needs, ({ memoryBytes }) => memoryBytes);
  const killed = needs.filter(({ end }) => end === "killed for memory");
  // Without a complete run, the others are all there is.
  const values = complete.length > 0 ? complete : all;
  if (values.length === 0) return undefined;
  const killedAtBytes = killed.length === 0 ? undefined : highest(known(killed, (one) => one.memoryLimitBytes));
  // No one knows how much more it would have held.
  const seenByKilled = highest([...known(killed, ({ memoryBytes }) => memoryBytes), killedAtBytes ?? Number.NaN]);
  const counted = needs.filter(({ end, memoryBytes }) => end === "complete" && !Number.isNaN(memoryBytes));
  const doubtful = counted.filter(({ memoryDoubt }) => memoryDoubt !== undefined);
  const atMost = Math.max(...counted.map(({ memoryAtMostBytes }) => memoryAtMostBytes), 0);
  const basis = afterKill(seenByKilled, basisOf(values, doubtful.length > 0 ? atMost : highest(values)));
  const limit = Math.max(basis.by === "percentile" ? 0 : highest(all), basis.value);
  return {
    ...measured(values, complete.length),
    requestBytes: roundedUp(percentile(values, USUAL), MEMORY_STEP_BYTES),
    limitBytes: roundedUp(limit, MEMORY_STEP_BYTES),
    basis,
    lowerBounds: doubtful.length,
    doubt: doubtful[0]?.memoryDoubt,
    atMostBytes: counted.length > 0 && Number.isFinite(atMost) ? atMost : undefined,
    killedAtBytes,
    grows: growsFromRunToRun(complete),
  };
}

/** The limit by the runs' spread, or by what their peaks may have been: as for a single run, but no more than is certain. */
function basisOf(values: readonly number[], atMost: number): MemoryBasis {
  const basis = limitFor(values, MEMORY_MARGINS);
  const base = highest(values);
  const needed = Math.min(atMost, base * (1 + MEMORY_MARGINS.unknown));
  if (needed <= basis.value) return basis;
  return { value: needed, margin: needed / base - 1, base, by: "lower bounds" };
}

/** The limit after a kill at this much memory, or the other where that is higher; NaN: there was none. */
function afterKill(killedAt: number, basis: MemoryBasis): MemoryBasis {
  const value = killedAt * AFTER_KILL;
  return value > basis.value ? { value, margin: AFTER_KILL - 1, base: killedAt, by: "kill" } : basis;
}

function cpuSize(needs: readonly RunNeed[]): CpuSize | undefined {
  const counted = needs.filter(({ end, busiestCores }) => end !== "unfinished" && !Number.isNaN(busiestCores));
  const complete = counted.filter(({ end }) => end === "complete");
  const runs = complete.length > 0 ? complete : counted;
  if (runs.length === 0) return undefined;
  const usableCpus = highest(known(runs, (one) => one.usableCpus));
  const most = Number.isNaN(usableCpus) ? Number.POSITIVE_INFINITY : usableCpus;
  const usual = runs.map(({ usualCores }) => usualCores);
  const busiest = highest(runs.map(({ busiestCores }) => busiestCores));
  return {
    ...measured(usual, complete.length),
    highest: busiest,
    requestCores: Math.min(most, roundedUp(percentile(usual, USUAL), CPU_STEP_CORES)),
    limitCores: Math.min(most, roundedUp(busiest * CPU_HEADROOM, CPU_STEP_CORES)),
    usableCpus,
    saturated: runs.filter((one) => one.usualCores > SATURATED * one.usableCpus).length,
    throttled: runs.filter((one) => one.isThrottled).length,
    crowded: runs.filter((one) => one.isCrowded).length,
  };
}

function timeSize(needs: readonly RunNeed[]): TimeSize | undefined {
  const values = known(needs, ({ end, wallSeconds }) => (end === "complete" ? wallSeconds : Number.NaN));
  if (values.length === 0) return undefined;
  const limit = limitFor(values, TIME_MARGINS).value;
  return { ...measured(values, values.length), limitSeconds: roundedUp(limit, TIME_STEP_SECONDS) };
}

function measured(values: readonly number[], runs: number): Measured {
  return { runs, median: percentile(values, 0.5), highest: highest(values) };
}

/** The values that are not NaN. */
function known(needs: readonly RunNeed[], pick: (need: RunNeed) => number): number[] {
  return needs.map(pick).filter((value) => !Number.isNaN(value));
}

/** The highest value that is not NaN; NaN if there is none. */
function highest(values: readonly number[]): number {
  const seen = values.filter((value) => !Number.isNaN(value));
  return seen.length === 0 ? Number.NaN : Math.max(...seen);
}
