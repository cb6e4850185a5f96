import type { Budget } from "../catalog/choices.ts";
import { OutputError, UsageError } from "../errors.ts";
import { findingOfPhase, type Limit } from "../recording/budget-results.ts";
import { findingOf } from "../recording/evidence.ts";
import type { RunFigures } from "../recording/run-figures.ts";

/**
 * Works out the limits of budgets as numbers. A relative limit is relative to the highest of the baselines, since runs
 * differ by noise.
 * @param warn gets what could not be read of the baselines
 * @throws OutputError where a baseline holds no run; UsageError where it lacks the figure
 */
export async function limitsOf(
  budgets: readonly Budget[],
  baselines: readonly string[],
  warn: (message: string) => void,
): Promise<Limit[]> {
  const isRelative = budgets.some(({ limit }) => "overBaseline" in limit);
  const runs = isRelative ? await loadBaselines(baselines, warn) : [];
  return budgets.map(({ limit, ...budget }) => {
    if ("value" in limit) return { ...budget, value: limit.value };
    // The history is read when the run has ended: nothing waits for it before.
    if ("overHistory" in limit) return { ...budget, value: Number.NaN, overHistory: limit.overHistory };
    const used = runs.map(({ path, figures }) => usedIn(figures, budget, path));
    const value = Math.max(...used) * (1 + limit.overBaseline);
    return { ...budget, value, baselines: runs.map(({ figures }) => figures) };
  });
}

interface Baseline {
  readonly path: string;
  readonly figures: RunFigures;
}

async function loadBaselines(paths: readonly string[], warn: (message: string) => void): Promise<Baseline[]> {
  // Loaded here, since a command whose budgets need no baseline starts without it.
  const { loadFigures } = await import("../load/load-recordings.ts");
  const all: Baseline[] = [];
  for (const path of paths) {
    const { runs, problems, isLive } = await loadFigures(path).catch(refuse);
    for (const problem of problems) warn(`--baseline: ${problem}`);
    if (isLive) warn(`--baseline: ${path}: its run is still going; the budget counts what it has so far`);
    for (const figures of runs) all.push({ path, figures });
  }
  return all;
}

function refuse(error: unknown): never {
  throw error instanceof OutputError ? new OutputError(`--baseline: ${error.message}`) : error;
}

function usedIn(figures: RunFigures, { name, phase }: Pick<Budget, "name" | "phase">, path: string): number {
  const { value } = phase === undefined ? findingOf(name, figures) : findingOfPhase(phase, name, figures.phases);
  if (value !== undefined) return value;
  if (phase !== undefined)
    throw new UsageError(`--baseline: ${path} does not say how much ${name} its phase ${phase} used`);
  throw new UsageError(`--baseline: ${path} does not say how much ${name} its run used; record it with this version`);
}
