import { isLowerBound } from "./evidence.ts";
import type { RunFigures } from "./run-figures.ts";

/** What is known of the command's processes that nothing saw. */
export interface MissedProcesses {
  /** There are no more: the machine started no more processes and threads, those of others included; undefined: not known. */
  readonly most: number | undefined;
  /** Why some may be missing. */
  readonly reason: string;
}

/**
 * Returns what is missing where `seen` processes of the command were counted; undefined: none is. `source` is that of their
 * number, as the accounting names it.
 */
export function missedProcesses(
  seen: number,
  source: string | undefined,
  { forks = Number.NaN }: Pick<RunFigures, "forks">,
): MissedProcesses | undefined {
  if (source !== undefined && !isLowerBound(source)) return undefined;
  const isPerf = source?.startsWith("perf") ?? false;
  const reason = isPerf ? "the kernel did not tell of all" : "samples do not see what lives between them";
  // A kernel that counted fewer than there were counts something else.
  const most = forks >= Math.max(seen, 1) ? forks - seen : undefined;
  return most === 0 ? undefined : { most, reason };
}

/** `at most 12 more, with those of other programs and threads`: how many are missing, as a clause. */
export function missedText({ most }: MissedProcesses): string {
  if (most === undefined) return "how many more there were is not known";
  return `at most ${most.toLocaleString("en-US")} more, threads and other programs' processes included`;
}
