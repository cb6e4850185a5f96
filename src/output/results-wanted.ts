import type { Config } from "../cli/config.ts";
import { SUMMARY_FILE_OPTIONS } from "../cli/options-run.ts";
import { isTerminal } from "../os/process.ts";

/*
 * What decides before the command starts whether its run has results besides the metrics file. A run without any loads
 * nothing that makes them.
 */

export type SummaryFileId = keyof typeof SUMMARY_FILE_OPTIONS;

export const SUMMARY_FILE_IDS = Object.keys(SUMMARY_FILE_OPTIONS) as readonly SummaryFileId[];

const STDERR = 2;

/** Whether a summary is printed: always with --summary, never with --quiet, by default on a terminal. */
export function isSummaryPrinted({ summary, quiet }: Pick<Config, "summary" | "quiet">): boolean {
  return !quiet && (summary || isTerminal(STDERR));
}

/** Whether a run has to work out its figures at its end. */
export function areResultsWanted(config: Config): boolean {
  if (config.budgets.length > 0 || config.remember || isSummaryPrinted(config)) return true;
  for (const id of SUMMARY_FILE_IDS) if (config[id] !== undefined) return true;
  return false;
}
