import { OutputError } from "../errors.ts";
import { loadFigures } from "../load/load-recordings.ts";
import { type Comparison, commandsOf, compareRuns } from "../recording/comparison.ts";
import type { RunFigures } from "../recording/run-figures.ts";
import { comparisonTable } from "./comparison-table.ts";

/** What is compared with what. */
export interface CompareRequest {
  /** Paths of files, at least one a side. */
  readonly base: readonly string[];
  readonly next: readonly string[];
  /** What is no difference: 0.05 is 5 %. */
  readonly noise: number;
  /** Whether the commands may differ. */
  readonly anyCommand: boolean;
}

export interface CompareAnswer {
  readonly table: string;
  /** What could not be read of the files, a line each. */
  readonly warnings: readonly string[];
  readonly isWorse: boolean;
}

/** Compares the runs of files. Throws OutputError where a file holds none, or where the commands differ. */
export async function compareFiles(request: CompareRequest, colour: boolean): Promise<CompareAnswer> {
  const warnings: string[] = [];
  const base = await figuresIn(request.base, warnings);
  const next = await figuresIn(request.next, warnings);
  const commands = commandsOf([...base, ...next]);
  if (commands.length > 1 && !request.anyCommand)
    throw new OutputError(
      `these are runs of different commands: ${commands.map((command) => JSON.stringify(command)).join(", ")}; --any-command compares them all the same`,
    );
  const comparisons = compareRuns(base, next, request.noise);
  if (comparisons.length === 0) throw new OutputError("nothing to compare: the files have no figures of a command");
  const table = comparisonTable(comparisons, { baseRuns: base.length, nextRuns: next.length, colour });
  return { table, warnings, isWorse: comparisons.some(({ verdict }: Comparison) => verdict === "worse") };
}

async function figuresIn(paths: readonly string[], warnings: string[]): Promise<RunFigures[]> {
  const all: RunFigures[] = [];
  for (const path of paths) {
    const { runs, problems, isLive } = await loadFigures(path);
    warnings.push(...problems);
    if (isLive) warnings.push(`${path}: its run is still going; compared is what it has so far`);
    all.push(...runs);
  }
  return all;
}
