import { isTerminal } from "../os/process.ts";

/** What a run is to tell at its end, and where. */
export interface ResultsWanted {
  readonly summary: "always" | "never" | "on a terminal";
  readonly summaryJson: string | undefined;
  readonly summaryMarkdown: string | undefined;
  readonly budgets: readonly unknown[];
}

const STDERR = 2;

/** Whether a summary is printed. */
export function isPrinted({ summary }: ResultsWanted): boolean {
  return summary === "always" || (summary === "on a terminal" && isTerminal(STDERR));
}

/** Whether anything is to be told. A run that tells nothing loads nothing for it. */
export function areResultsWanted(wanted: ResultsWanted): boolean {
  const { summaryJson, summaryMarkdown, budgets } = wanted;
  return isPrinted(wanted) || summaryJson !== undefined || summaryMarkdown !== undefined || budgets.length > 0;
}
