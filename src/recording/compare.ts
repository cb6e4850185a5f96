import { type FigureName, type Figures, isLowerBound } from "./figures.ts";

export type Verdict = "better" | "worse" | "same" | "not comparable";

/** How a compared figure is written. */
export type Unit = "seconds" | "bytes" | "count" | "status";

/** What is compared: of each, less is better. */
interface Compared {
  readonly what: string;
  readonly unit: Unit;
  readonly figures: readonly FigureName[];
  /** How it is known, by a word of `statexec_accounting_info`. */
  readonly resource?: string;
  /** A difference below this is none: it is what sources and starts differ by. */
  readonly least: number;
  /** Compared only where the other, which is the command's own, is not known. */
  readonly insteadOf?: FigureName;
}

const SEVERAL_TICKS = 0.05;
const SOME_PAGES = 2 ** 18;

const COMPARED: readonly Compared[] = [
  { what: "wall time", unit: "seconds", figures: ["wallSeconds"], least: 0.01 },
  {
    what: "CPU time",
    unit: "seconds",
    figures: ["cpuUserSeconds", "cpuSystemSeconds"],
    resource: "cpu",
    least: SEVERAL_TICKS,
  },
  {
    ...{ what: "CPU time of the machine", unit: "seconds", figures: ["machineCpuSeconds"], least: SEVERAL_TICKS },
    insteadOf: "cpuUserSeconds",
  },
  { what: "peak memory", unit: "bytes", figures: ["memoryPeakBytes"], resource: "memory_peak", least: SOME_PAGES },
  { what: "peak memory with cache", unit: "bytes", figures: ["memoryPeakWithCacheBytes"], least: SOME_PAGES },
  { what: "read from storage", unit: "bytes", figures: ["diskReadBytes"], resource: "io", least: SOME_PAGES },
  { what: "written to storage", unit: "bytes", figures: ["diskWriteBytes"], resource: "io", least: SOME_PAGES },
  {
    ...{ what: "read from disks, machine", unit: "bytes", figures: ["machineDiskReadBytes"], least: SOME_PAGES },
    insteadOf: "diskReadBytes",
  },
  {
    ...{ what: "written to disks, machine", unit: "bytes", figures: ["machineDiskWriteBytes"], least: SOME_PAGES },
    insteadOf: "diskWriteBytes",
  },
  { what: "throttled", unit: "seconds", figures: ["throttledSeconds"], least: SEVERAL_TICKS },
  { what: "killed for memory", unit: "count", figures: ["oomKills"], least: 0.5 },
];

/** One figure of two sides. */
export interface Comparison {
  readonly what: string;
  readonly unit: Unit;
  /** The middle value of each side; undefined where it is not known of all its runs. */
  readonly base: number | undefined;
  readonly next: number | undefined;
  readonly verdict: Verdict;
  /** Why it is not comparable. */
  readonly reason?: string;
}

/**
 * Compares runs with runs, figure by figure; those that neither side knows are left out. Of one run a side, what
 * differs by no more than `noise` (0.05: 5 %) is the same; of several a side, what their spreads have in common.
 */
export function compareRuns(base: readonly Figures[], next: readonly Figures[], noise: number): Comparison[] {
  const isKnown = (name: FigureName) => [...base, ...next].every((figures) => figures[name] !== undefined);
  const compared = COMPARED.filter(({ insteadOf }) => insteadOf === undefined || !isKnown(insteadOf));
  const figures = compared.flatMap((one) => compareFigure(one, { base, next, noise }));
  return [...compareEnds(base, next), ...figures];
}

interface Sides {
  readonly base: readonly Figures[];
  readonly next: readonly Figures[];
  readonly noise: number;
}

function compareFigure(compared: Compared, { base, next, noise }: Sides): Comparison[] {
  const { what, unit, figures, least } = compared;
  const [old, now] = [valuesOf(base, figures), valuesOf(next, figures)];
  if (!old && !now) return [];
  const sides = { what, unit, base: old && middle(old), next: now && middle(now) };
  if (!old || !now)
    return [{ ...sides, verdict: "not comparable", reason: `not known ${old ? "now" : "of the base"}` }];
  const reason = differentSources(compared, base, next);
  if (reason !== undefined) return [{ ...sides, verdict: "not comparable", reason }];
  const isSame = old.length > 1 && now.length > 1 ? overlap(old, now) : isWithin(middle(old), middle(now), noise);
  const difference = middle(now) - middle(old);
  const verdict = isSame || Math.abs(difference) < least ? "same" : difference > 0 ? "worse" : "better";
  return [{ ...sides, verdict }];
}

/** The sum of some figures in each run; undefined where one of them is not known of one run. */
function valuesOf(runs: readonly Figures[], names: readonly FigureName[]): readonly number[] | undefined {
  const values = runs.map((figures) => names.reduce((sum, name) => sum + (figures[name] ?? Number.NaN), 0));
  return values.some(Number.isNaN) ? undefined : values;
}

/** Figures that are known otherwise, or that may lack some, prove nothing; the reason, where it is so. */
function differentSources(
  { resource }: Compared,
  base: readonly Figures[],
  next: readonly Figures[],
): string | undefined {
  if (resource === undefined) return undefined;
  const [old, now] = [sourcesOf(base, resource), sourcesOf(next, resource)];
  const bound = [...old, ...now].find(isLowerBound);
  if (bound !== undefined) return `known by ${bound}, which may have missed some`;
  if (old.join() === now.join()) return undefined;
  return `known by ${old.join(", ")} of the base, by ${now.join(", ")} now`;
}

function sourcesOf(runs: readonly Figures[], resource: string): string[] {
  return [...new Set(runs.map(({ sources }) => sources.get(resource) ?? "no source"))].sort();
}

/** How the commands ended: 0 is better than anything else, and of all else nothing is known. */
function compareEnds(base: readonly Figures[], next: readonly Figures[]): Comparison[] {
  const [old, now] = [base.map(statusOf), next.map(statusOf)];
  if ([...old, ...now].every((status) => status === undefined)) return [];
  const sides = { what: "exit status", unit: "status", base: worst(old), next: worst(now) } as const;
  if (sides.base === undefined || sides.next === undefined)
    return [
      { ...sides, verdict: "not comparable", reason: `not known ${sides.next === undefined ? "now" : "of the base"}` },
    ];
  if (sides.base === sides.next) return [{ ...sides, verdict: "same" }];
  if (sides.base === 0) return [{ ...sides, verdict: "worse" }];
  if (sides.next === 0) return [{ ...sides, verdict: "better" }];
  return [{ ...sides, verdict: "not comparable", reason: "both failed, each in its own way" }];
}

/** As a shell has it: 128 and its number for a signal. */
function statusOf({ exitStatus, exitSignal }: Figures): number | undefined {
  return exitSignal === undefined ? exitStatus : 128 + exitSignal;
}

/** The status that is farthest from 0; undefined where one is not known. */
function worst(statuses: readonly (number | undefined)[]): number | undefined {
  return statuses.some((status) => status === undefined) ? undefined : Math.max(...(statuses as number[]));
}

function isWithin(old: number, now: number, noise: number): boolean {
  return Math.abs(now - old) <= noise * Math.abs(old);
}

function overlap(a: readonly number[], b: readonly number[]): boolean {
  return Math.min(...a) <= Math.max(...b) && Math.min(...b) <= Math.max(...a);
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}

/** What the commands of all runs are called, each once; more than one are different commands. */
export function commandsOf(runs: readonly Figures[]): string[] {
  return [...new Set(runs.map(({ command }) => command))];
}
