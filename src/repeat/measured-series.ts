import { DEFAULT_NOISE } from "../catalog/choices.ts";
import type { Config } from "../cli/config.ts";
import { type ChangeInterval, intervalOf } from "../recording/change-interval.ts";
import { type Comparison, compareEach } from "../recording/comparison.ts";
import { TURN_TEST } from "../recording/turn-test.ts";
import { type DoneRun, type MeasuredRun, measuredRuns } from "./done-runs.ts";
import type { Variant } from "./variants.ts";

/** A change from the first variant, and how far it is known; undefined: too few runs tell. */
export interface VariantChange extends Comparison {
  readonly interval: ChangeInterval | undefined;
}

/** The runs of a variant. */
export interface MeasuredVariant {
  readonly variant: Variant;
  /** Those that ended, in their order. */
  readonly done: readonly DoneRun[];
  /** Those of them whose recording was found. */
  readonly runs: readonly MeasuredRun[];
  /** What changed from the first variant; empty: it is that, or one of them has no runs. */
  readonly changes: readonly VariantChange[];
}

/** What is known of a series when it has ended. */
export interface MeasuredSeries {
  /** How many runs of each variant were asked for. */
  readonly runsAsked: number;
  readonly noise: number;
  readonly variants: readonly MeasuredVariant[];
  /** What is missing, a line each. */
  readonly warnings: readonly string[];
}

/** Works out the figures of all runs of a series, and what changed between its variants. */
export async function measuredSeries(
  { runs: runsAsked }: Pick<Config, "runs">,
  variants: readonly Variant[],
  done: readonly (readonly DoneRun[])[],
): Promise<MeasuredSeries> {
  const warnings: string[] = [];
  const found: Omit<MeasuredVariant, "changes">[] = [];
  for (const [i, variant] of variants.entries()) {
    const own = await measuredRuns(done[i]!);
    warnings.push(...own.warnings.map((text) => (variant.name === "" ? text : `${variant.name}: ${text}`)));
    found.push({ variant, done: done[i]!, runs: own.runs });
  }
  const changes = changesOf(found.map(({ runs }) => runs));
  const measured = found.map((one, i) => ({ ...one, changes: changes[i]! }));
  return { runsAsked, noise: DEFAULT_NOISE, variants: measured, warnings };
}

/** What changed in each group of runs from the first one. */
export function changesOf(groups: readonly (readonly MeasuredRun[])[]): readonly (readonly VariantChange[])[] {
  const figures = groups.map((runs) => runs.map((run) => run.figures));
  const [base = [], ...others] = figures;
  if (base.length === 0) return groups.map(() => []);
  const filled = others.filter((runs) => runs.length > 0);
  const inTurns = areInTurns(groups.filter((runs) => runs.length > 0));
  const compared = compareEach(base, filled, DEFAULT_NOISE, inTurns ? TURN_TEST : undefined);
  return figures.map((next) =>
    (compared[filled.indexOf(next)] ?? []).map((change) => {
      return { ...change, interval: intervalOf(change, { base, next, inTurns }) };
    }),
  );
}

/** Whether the runs at the same place in their groups are those of the same turn: no recording is missing. */
function areInTurns(groups: readonly (readonly MeasuredRun[])[]): boolean {
  const [first = [], ...others] = groups;
  return others.every((runs) => runs.length === first.length && runs.every(({ run }, i) => run === first[i]!.run));
}
