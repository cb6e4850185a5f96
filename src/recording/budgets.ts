import { type FigureName, type Figures, isLowerBound } from "./figures.ts";

/** The most that a run may use of something. */
export interface Limit {
  /** As it was given: `memory<512MiB`. */
  readonly text: string;
  readonly name: BudgetName;
  /** Whether the limit itself is within it. */
  readonly inclusive: boolean;
  /** Seconds, bytes or a number. */
  readonly value: number;
}

export type BudgetName = "wall" | "cpu" | "memory" | "memory-with-cache" | "processes" | "threads" | "read" | "written";

/** How a run did by one budget. */
export interface BudgetResult extends Limit {
  /** Inconclusive: what was measured is within it, but there may have been more, or nothing was measured. */
  readonly verdict: "kept" | "exceeded" | "inconclusive";
  /** In the unit of the limit; undefined: nothing was measured. */
  readonly measured: number | undefined;
  /** How it is known, for people: `wait4`, `sampled`. */
  readonly source: string | undefined;
}

interface Measured {
  readonly value: number | undefined;
  /** There may have been so much. */
  readonly most: number | undefined;
  readonly source: string | undefined;
}

/** Compares what was measured with what was allowed; what may have been more can prove a breach, and nothing else. */
export function judge(limits: readonly Limit[], figures: Figures): BudgetResult[] {
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

/** What a budget's figure is called among the figures; CPU is two of them. */
const FIGURE: Readonly<Record<Exclude<BudgetName, "cpu" | "memory">, FigureName>> = {
  wall: "wallSeconds",
  "memory-with-cache": "memoryPeakWithCacheBytes",
  processes: "processesMost",
  threads: "threadsMost",
  read: "diskReadBytes",
  written: "diskWriteBytes",
};

const RESOURCE: Readonly<Partial<Record<BudgetName, string>>> = { read: "io", written: "io" };

/** What was measured of a budget's figure. */
export function measured(name: BudgetName, figures: Figures): Measured {
  if (name === "memory") return measuredMemory(figures);
  const resource = name === "cpu" ? "cpu" : RESOURCE[name];
  const source = resource === undefined ? undefined : figures.sources.get(resource);
  const value = name === "cpu" ? cpuSeconds(figures) : figures[FIGURE[name]];
  return { value, most: isLowerBound(source) ? undefined : value, source };
}

/** All CPU time of the command. */
export function cpuSeconds({ cpuUserSeconds, cpuSystemSeconds }: Figures): number | undefined {
  return cpuUserSeconds === undefined || cpuSystemSeconds === undefined ? undefined : cpuUserSeconds + cpuSystemSeconds;
}

/** A process may have held more between two samples: where the largest did, all that it held, files included, is known. */
function measuredMemory({ memoryPeakBytes, memoryLargestProcessBytes = 0, sources }: Figures): Measured {
  const source = sources.get("memory_peak");
  const isKnown = memoryPeakBytes !== undefined && !isLowerBound(source);
  const most = isKnown ? Math.max(memoryPeakBytes, memoryLargestProcessBytes) : undefined;
  return { value: memoryPeakBytes, most, source };
}
