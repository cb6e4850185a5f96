import type { BudgetedFigure } from "../catalog/choices.ts";
import { type FigureName, isLowerBound, type RunFigures } from "./run-figures.ts";

/** The most that a run may use of something. */
export interface Limit {
  /** As the user wrote it: `memory<512MiB`. */
  readonly text: string;
  readonly name: BudgetedFigure;
  /** Whether a run that uses exactly this much is within the limit. */
  readonly inclusive: boolean;
  /** Seconds, bytes or a number. */
  readonly value: number;
}

/** The verdict on one budget of a run. */
export interface BudgetResult extends Limit {
  /** Inconclusive: the measured value is within the limit but may be too low, or there is no measured value. */
  readonly verdict: "kept" | "exceeded" | "inconclusive";
  /** In the unit of the limit; undefined: not measured. */
  readonly measured: number | undefined;
  /** The source of the value: `wait4`, `sampled`. */
  readonly source: string | undefined;
}

interface Measured {
  readonly value: number | undefined;
  /** The highest value that is possible; undefined: not known. */
  readonly most: number | undefined;
  readonly source: string | undefined;
}

/** Compares the figures of a run with its limits. A lower bound can prove that a limit was exceeded, not that it was kept. */
export function judgeBudgets(limits: readonly Limit[], figures: RunFigures): BudgetResult[] {
  return limits.map((limit) => {
    const { value, most, source } = measured(limit.name, figures);
    const exceeded = value !== undefined && !isWithin(limit, value);
    const kept = value !== undefined && most !== undefined && isWithin(limit, most);
    return { ...limit, measured: value, source, verdict: exceeded ? "exceeded" : kept ? "kept" : "inconclusive" };
  });
}

/** Whether a value is within a limit. */
export function isWithin({ value: limit, inclusive }: Pick<Limit, "value" | "inclusive">, value: number): boolean {
  return inclusive ? value <= limit : value < limit;
}

/** The run figure of each budget that has exactly one and needs no rule of its own. */
const FIGURE: Readonly<Record<Exclude<BudgetedFigure, "cpu" | "memory">, FigureName>> = {
  wall: "wallSeconds",
  "memory-with-cache": "memoryPeakWithCacheBytes",
  processes: "processesMost",
  threads: "threadsMost",
  read: "diskReadBytes",
  written: "diskWriteBytes",
};

const RESOURCE: Readonly<Partial<Record<BudgetedFigure, string>>> = { read: "io", written: "io" };

/** The measured value of a budget's figure. */
export function measured(name: BudgetedFigure, figures: RunFigures): Measured {
  if (name === "memory") return measuredMemory(figures);
  const resource = name === "cpu" ? "cpu" : RESOURCE[name];
  const source = resource === undefined ? undefined : figures.sources.get(resource);
  const value = name === "cpu" ? cpuSeconds(figures) : figures[FIGURE[name]];
  return { value, most: isLowerBound(source) ? undefined : value, source };
}

/** CPU time of the command in user and system mode together. */
export function cpuSeconds({ cpuUserSeconds, cpuSystemSeconds }: RunFigures): number | undefined {
  return cpuUserSeconds === undefined || cpuSystemSeconds === undefined ? undefined : cpuUserSeconds + cpuSystemSeconds;
}

/**
 * Between two samples a process may have held more than the peak. For the largest process the kernel's own peak is known,
 * file pages included; it bounds the possible value.
 */
function measuredMemory({ memoryPeakBytes, memoryLargestProcessBytes = 0, sources }: RunFigures): Measured {
  const source = sources.get("memory_peak");
  const isKnown = memoryPeakBytes !== undefined && !isLowerBound(source);
  const most = isKnown ? Math.max(memoryPeakBytes, memoryLargestProcessBytes) : undefined;
  return { value: memoryPeakBytes, most, source };
}
