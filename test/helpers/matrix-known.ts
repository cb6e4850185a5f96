import type { Resource } from "../../src/recording/evidence.ts";
import type { Outcome } from "./matrix.ts";

/** What is known to be claimed wrongly, and is still to be mended. */
export interface Known {
  readonly reason: string;
  /** undefined: all. */
  readonly environments?: readonly string[];
  /** Part of the names of its loads; undefined: all. */
  readonly load?: string;
  readonly resources: readonly Resource[];
}

export const KNOWN: readonly Known[] = [
  {
    reason: "a group's bounds hold although the command has left the group, where it used too little CPU time to tell",
    environments: ["leaves its group"],
    resources: ["memory", "memory-with-cache", "processes", "threads"],
  },
  {
    reason: "the same, of the CPU time of children that nobody waits for, which wait4 does not have either",
    environments: ["leaves its group"],
    load: "SA_NOCLDWAIT",
    resources: ["cpu"],
  },
];

/** Whether an entry is about what a cell says. */
export function isAbout({ environments, load = "" }: Known, { cell }: Outcome): boolean {
  return (environments?.includes(cell.environment.name) ?? true) && cell.load.name.includes(load);
}

/** Returns the faults of a run that no entry has; a fault begins with its resource. */
export function unknownFaults(outcome: Outcome): readonly string[] {
  const known = KNOWN.filter((entry) => isAbout(entry, outcome)).flatMap(({ resources }) => resources);
  return outcome.faults.filter((fault) => !known.some((resource) => fault.startsWith(`${resource} was `)));
}
