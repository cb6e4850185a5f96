import { incomparable, type Resource } from "./evidence.ts";
import type { Between } from "./phases.ts";
import type { FigureName, RunFigures } from "./run-figures.ts";
import { type ChanceTest, type FigureOfSets, judgeSets, type SetVerdict, type Verdict } from "./set-verdicts.ts";

/** The unit of a compared figure. */
export type ComparisonUnit = "seconds" | "bytes" | "count" | "status";

/** A figure to compare: the sum of some run figures, of which less is better. */
interface ComparedFigure {
  /** For a person: `wall time`. */
  readonly what: string;
  readonly unit: ComparisonUnit;
  readonly figures: readonly FigureName[];
  /** What the evidence of its figures is about; undefined: the kernel counts them exactly. */
  readonly resource?: Resource;
  /** A smaller difference counts as none: sources and starts vary by as much. */
  readonly least: number;
  /** The command's own figure, in place of which this one is compared where that is not known of all runs. */
  readonly insteadOf?: FigureName;
}

const SEVERAL_TICKS = 0.05;
const SOME_PAGES = 2 ** 18;
/** Two starts of the same program differ by as many: addresses and the environment are others. */
const SOME_INSTRUCTIONS = 100_000;

const COMPARED: readonly ComparedFigure[] = [
  { what: "wall time", unit: "seconds", figures: ["wallSeconds"], resource: "wall", least: 0.01 },
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
  {
    what: "instructions",
    unit: "count",
    figures: ["instructions"],
    resource: "instructions",
    least: SOME_INSTRUCTIONS,
  },
  { what: "peak memory", unit: "bytes", figures: ["memoryPeakBytes"], resource: "memory", least: SOME_PAGES },
  {
    ...{ what: "peak memory with cache", unit: "bytes", figures: ["memoryPeakWithCacheBytes"], least: SOME_PAGES },
    resource: "memory-with-cache",
  },
  { what: "read from storage", unit: "bytes", figures: ["diskReadBytes"], resource: "read", least: SOME_PAGES },
  { what: "written to storage", unit: "bytes", figures: ["diskWriteBytes"], resource: "written", least: SOME_PAGES },
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

/** The comparison of one figure between the two sides. */
export interface Comparison {
  readonly what: string;
  readonly unit: ComparisonUnit;
  /** The median of each side; undefined where it is not known of all its runs. */
  readonly base: number | undefined;
  readonly next: number | undefined;
  readonly verdict: Verdict;
  /** Why it is not comparable, or a difference is not held for a change. */
  readonly reason?: string;
}

/**
 * Compares runs with runs, figure by figure. Figures that neither side knows are left out. Runs are the same where their
 * medians differ by no more than `noise` (0.05: 5 %); groups of several also where chance explains the difference.
 */
export function compareRuns(
  base: readonly RunFigures[],
  next: readonly RunFigures[],
  noise: number,
  test?: ChanceTest,
): Comparison[] {
  return compareEach(base, [next], noise, test)[0]!;
}

/** Compares several groups of runs with the same one, by a test for sets. Chance has a try with each figure of each group. */
export function compareEach(
  base: readonly RunFigures[],
  groups: readonly (readonly RunFigures[])[],
  noise: number,
  test?: ChanceTest,
): Comparison[][] {
  const open = groups.map((next) =>
    comparedOf([...base, ...next]).flatMap((one) => compareFigure(one, { base, next, noise })),
  );
  const sets = open.flat().flatMap((one) => ("sets" in one ? [one.sets] : []));
  const verdicts = new Map(judgeSets(sets, noise, test).map((verdict, i) => [sets[i]!, verdict]));
  return groups.map((next, i) => [
    ...compareEnds(base, next),
    ...withVerdicts(open[i]!, verdicts),
    ...comparePhases({ base, next, noise }),
  ]);
}

/** Returns what each run has of a compared figure, by its name for a person; undefined: not all have it, or it is none. */
export function comparedValues(what: string, runs: readonly RunFigures[]): readonly number[] | undefined {
  const compared = COMPARED.find((one) => one.what === what);
  return compared && valuesOf(runs, compared.figures);
}

/** How far a figure of several runs of the same command is spread; undefined where it is not known of all of them. */
export interface Spread {
  readonly what: string;
  readonly unit: ComparisonUnit;
  readonly spread?: { readonly lowest: number; readonly median: number; readonly highest: number };
  /** Why the runs cannot be compared by it. */
  readonly reason?: string;
}

/** Returns the spread of the figures that at least one of these runs has. */
export function spreadOf(runs: readonly RunFigures[]): Spread[] {
  return comparedOf(runs).flatMap(({ what, unit, figures, resource }): Spread[] => {
    if (runs.every((run) => valuesOf([run], figures) === undefined)) return [];
    const values = valuesOf(runs, figures);
    if (!values) return [{ what, unit, reason: "not known of all runs" }];
    const reason = resource && incomparable(resource, runs.slice(0, 1), runs.slice(1));
    const spread = { lowest: Math.min(...values), median: median(values), highest: Math.max(...values) };
    return [{ what, unit, spread, ...(reason === undefined ? {} : { reason }) }];
  });
}

/** A comparison of which the verdict is yet to come: that of groups rests on all their figures. */
interface OpenComparison extends Omit<Comparison, "verdict"> {
  readonly sets: FigureOfSets;
}

/** The figures to compare: the machine's only where the command's own are not known of all runs. */
function comparedOf(runs: readonly RunFigures[]): ComparedFigure[] {
  const isKnown = (name: FigureName) => runs.every((figures) => figures[name] !== undefined);
  return COMPARED.filter(({ insteadOf }) => insteadOf === undefined || !isKnown(insteadOf));
}

function withVerdicts(
  comparisons: readonly (Comparison | OpenComparison)[],
  verdicts: ReadonlyMap<FigureOfSets, SetVerdict>,
): Comparison[] {
  return comparisons.map((one) => {
    if (!("sets" in one)) return one;
    const { sets: own, ...rest } = one;
    return { ...rest, ...verdicts.get(own)! };
  });
}

const PHASES_COMPARED = [
  { figure: "wall", what: "wall time", unit: "seconds", least: 0.01 },
  { figure: "cpu", what: "CPU time", unit: "seconds", least: SEVERAL_TICKS },
  { figure: "memory", what: "peak memory", unit: "bytes", least: SOME_PAGES },
] as const;

/** Compares the phases that all runs have. */
function comparePhases({ base, next, noise }: Sides): Comparison[] {
  const runs = [...base, ...next];
  const names = runs[0]?.phases?.map(({ phase }) => phase) ?? [];
  return names.flatMap((phase) =>
    PHASES_COMPARED.flatMap(({ figure, what, unit, least }) => {
      const used = (side: readonly RunFigures[]) =>
        side.map(({ phases = [] }) => phases.find((one) => one.phase === phase)?.[figure]);
      const [old, now] = [used(base), used(next)].map((side) => side.filter((one) => one !== undefined));
      if (!old || !now || old.length + now.length < runs.length) return [];
      const sides = { what: `${phase}: ${what}`, unit, base: middleOf(old), next: middleOf(now) };
      const [a, b] = [boundsOf(old), boundsOf(now)];
      const isSame = a.lowest <= b.highest && b.lowest <= a.highest;
      const difference = sides.next - sides.base;
      if (Math.abs(difference) < least || isWithinNoise(sides.base, sides.next, noise))
        return [{ ...sides, verdict: "same" as const }];
      // Where samples are too far apart to tell, they do not differ: so it is for the same phase of several runs, too.
      return [{ ...sides, verdict: isSame ? ("same" as const) : difference > 0 ? "worse" : "better" }];
    }),
  );
}

function middleOf(all: readonly Between[]): number {
  return median(all.map(({ value }) => value));
}

/** The span of what some runs may have used; of memory, where only a lower bound is known, what was seen. */
function boundsOf(all: readonly Between[]): { readonly lowest: number; readonly highest: number } {
  const highest = all.map((one) => (Number.isFinite(one.highest) ? one.highest : one.value));
  return { lowest: Math.min(...all.map(({ lowest }) => lowest)), highest: Math.max(...highest) };
}

interface Sides {
  readonly base: readonly RunFigures[];
  readonly next: readonly RunFigures[];
  readonly noise: number;
}

function compareFigure(compared: ComparedFigure, { base, next, noise }: Sides): (Comparison | OpenComparison)[] {
  const { what, unit, figures, least, resource } = compared;
  const [old, now] = [valuesOf(base, figures), valuesOf(next, figures)];
  if (!old && !now) return [];
  const sides = { what, unit, base: old && median(old), next: now && median(now) };
  if (!old || !now)
    return [{ ...sides, verdict: "not comparable", reason: `not known ${old ? "now" : "of the base"}` }];
  const reason = resource && incomparable(resource, base, next);
  if (reason !== undefined) return [{ ...sides, verdict: "not comparable", reason }];
  const [baseMedian, nextMedian] = [median(old), median(now)];
  if (old.length > 1 && now.length > 1)
    return [{ ...sides, sets: { base: old, next: now, baseMedian, nextMedian, least } }];
  const difference = nextMedian - baseMedian;
  const isSame = isWithinNoise(baseMedian, nextMedian, noise) || Math.abs(difference) < least;
  return [{ ...sides, verdict: isSame ? "same" : difference > 0 ? "worse" : "better" }];
}

/** The sum of some figures in each run; undefined where a run lacks one of them. */
function valuesOf(runs: readonly RunFigures[], names: readonly FigureName[]): readonly number[] | undefined {
  const values = runs.map((figures) => names.reduce((sum, name) => sum + (figures[name] ?? Number.NaN), 0));
  return values.some(Number.isNaN) ? undefined : values;
}

/** Compares exit statuses. 0 is better than any other; two others cannot be compared. */
function compareEnds(base: readonly RunFigures[], next: readonly RunFigures[]): Comparison[] {
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

/** The exit status as a shell gives it: 128 + n after signal n. */
function statusOf({ exitStatus, exitSignal }: RunFigures): number | undefined {
  return exitSignal === undefined ? exitStatus : 128 + exitSignal;
}

/** The highest status; undefined where one is not known. */
function worst(statuses: readonly (number | undefined)[]): number | undefined {
  const known = statuses.filter((status) => status !== undefined);
  return known.length < statuses.length ? undefined : Math.max(...known);
}

function isWithinNoise(old: number, now: number, noise: number): boolean {
  return Math.abs(now - old) <= noise * Math.abs(old);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half]!;
  return sorted.length % 2 === 1 ? upper : (upper + sorted[half - 1]!) / 2;
}

/** The commands of all runs, each once. */
export function commandsOf(runs: readonly Pick<RunFigures, "command">[]): string[] {
  return [...new Set(runs.map(({ command }) => command))];
}

/** The figures of a run as JSON holds them: infinity is null, and the sources are pairs. */
export interface PlainFigures {
  readonly sources: readonly (readonly [resource: string, source: string])[];
  readonly others: Readonly<Record<string, unknown>>;
}

/** Returns figures for JSON. */
export function plainFigures({ sources, ...others }: RunFigures): PlainFigures {
  return { sources: [...sources], others };
}

/** Returns figures that were JSON in between. No figure is NaN, so that each null was infinity. */
export function figuresFrom({ sources, others }: PlainFigures): RunFigures {
  const isNull = (_: string, value: unknown) => (value === null ? Number.POSITIVE_INFINITY : value);
  return { ...(JSON.parse(JSON.stringify(others), isNull) as RunFigures), sources: new Map(sources) };
}
