import { OutputError, UsageError } from "../errors.ts";
import { parse } from "../openmetrics/strict-reader.ts";
import { unpacked } from "../openmetrics/unpack.ts";
import { readWhole, SystemError } from "../os/files.ts";
import { type BudgetedFigure, type Limit, measured } from "../recording/budget-results.ts";
import { figuresOf, type RunFigures } from "../recording/run-figures.ts";

/** A budget as it is given: its limit may be relative to earlier runs. */
interface GivenBudget extends Omit<Limit, "value"> {
  readonly limit: { readonly value: number } | { readonly overBaseline: number };
}

/**
 * What budgets allow, in numbers: over several baselines what the highest of them used may be exceeded by so much, since
 * they differ by what is noise. Throws UsageError where a baseline cannot be read or does not have the figure.
 */
export function limitsOf(budgets: readonly GivenBudget[], baselines: readonly string[]): Limit[] {
  const runs = budgets.some(({ limit }) => "overBaseline" in limit) ? baselines.map(readFigures) : [];
  return budgets.map(({ limit, ...budget }) => {
    if ("value" in limit) return { ...budget, value: limit.value };
    const used = runs.map((figures, index) => usedIn(figures, budget.name, baselines[index]!));
    return { ...budget, value: Math.max(...used) * (1 + limit.overBaseline) };
  });
}

function usedIn(figures: RunFigures, name: BudgetedFigure, path: string): number {
  const { value } = measured(name, figures);
  if (value !== undefined) return value;
  throw new UsageError(`--baseline: ${path} does not say how much ${name} its run used; record it with this version`);
}

function readFigures(path: string): RunFigures {
  try {
    return figuresOf(parse(unpacked(readWhole(path), path), path));
  } catch (error) {
    if (error instanceof SystemError) throw new UsageError(`--baseline: ${error.message}`);
    throw error instanceof Error ? new OutputError(`--baseline: ${error.message}`) : error;
  }
}
