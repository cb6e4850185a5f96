import { BUDGET_UNITS } from "../../src/catalog/choices.ts";
import { type Resource, unitOf } from "../../src/recording/evidence.ts";

/*
 * What must hold of every run of a command whose use is known: its figures claim nothing that is not so, and no budget is
 * judged wrongly. Nothing else judges a run of known truth.
 */

/** What a command used, in the resource's unit: between the two, by how it is made. */
export interface Truth {
  readonly least: number;
  /** Infinite: it is known only that it was so much or more. */
  readonly most: number;
}

export type Truths = Readonly<Partial<Record<Resource, Truth>>>;

/** What a run says of a resource: an entry of `evidence` in its `--summary-json`. */
export interface Evidence {
  readonly value: number | undefined;
  readonly lowest: number;
  /** Infinite: not known. */
  readonly highest: number;
  readonly source: string | undefined;
}

/** A budget of a run, and the verdict on it. */
export interface Judged {
  readonly name: Resource;
  readonly limit: number;
  readonly verdict: string;
}

/** How far off a figure may be: as a share, and by how much, in its unit. What is counted one by one is exact. */
const WITHIN: Readonly<Record<Resource, readonly [share: number, by: number]>> = {
  wall: [0.01, 0.01],
  // Two ticks of the kernel's clock.
  cpu: [0.01, 0.02],
  memory: [0.02, 0],
  "memory-with-cache": [0.02, 0],
  processes: [0, 0],
  threads: [0, 0],
  read: [0.01, 4096],
  written: [0.01, 4096],
  instructions: [0.01, 100_000],
  "read-calls": [0.01, 4096],
  "written-calls": [0.01, 4096],
};

/** Returns what a run says wrongly of a resource whose truth is known; empty: nothing. */
export function faultsOf(
  resource: Resource,
  truth: Truth,
  evidence: Evidence,
  budgets: readonly Judged[],
): readonly string[] {
  const [share, by] = WITHIN[resource];
  const [least, most] = [truth.least * (1 - share) - by, truth.most * (1 + share) + by];
  const { lowest, highest } = evidence;
  const faults: string[] = [];
  const is = (fault: string) => faults.push(`${resource} was ${truth.least} to ${truth.most}, and ${fault}`);
  if (lowest > most) is(`said to be at least ${lowest} (${evidence.source})`);
  if (highest < least) is(`said to be at most ${highest} (${evidence.source})`);
  if (lowest > highest) is(`said to be at least ${lowest} and at most ${highest}`);
  if (evidence.source?.endsWith("_lower_bound") && highest === lowest)
    is(`${highest} is said to be exact by ${evidence.source}`);
  for (const { name, limit, verdict } of budgets) {
    if (name !== resource) continue;
    if (limit < least && verdict === "kept") is(`a budget of ${limit} is called kept`);
    if (limit > most && verdict === "exceeded") is(`a budget of ${limit} is called exceeded`);
  }
  return faults;
}

/** How far a budget is from what it would have to judge rightly even if the figure was off by as much as it may be. */
const APART = 0.1;

/** Returns budgets that a truth is above, and that it is below, as they are given to statexec; none for what has none. */
export function budgetsAround(resource: Resource, { least, most }: Truth): readonly string[] {
  if (!(resource in BUDGET_UNITS)) return [];
  const unit = unitOf(resource);
  const [share, by] = WITHIN[resource];
  const [below, above] =
    unit === "count"
      ? [least - 1, most + 1]
      : [least * (1 - share - APART) - 2 * by, most * (1 + share + APART) + 2 * by];
  const text = (limit: number) => (unit === "seconds" ? `${limit.toFixed(6)}s` : `${Math.round(limit)}`);
  return [below, above]
    .filter((limit) => limit > 0 && Number.isFinite(limit))
    .map((limit) => `${resource}<=${text(limit)}${unit === "bytes" ? "B" : ""}`);
}

/** How a figure is known, in words: `exact by wait4`, `at least by proc_sampled`, `at most`, `nothing`. */
export function claimOf(resource: Resource, { value, lowest, highest, source }: Evidence): string {
  const by = source === undefined ? "" : ` by ${source.replace(/_lower_bound$/, "")}`;
  if (value === undefined) return "nothing";
  if (lowest === highest) return `exact${by}`;
  // That no command uses more than all CPUs is no figure of it.
  return `${Number.isFinite(highest) && resource !== "cpu" ? "between" : "at least"}${by}`;
}
