import type { RunInfo } from "../data/model.ts";

/** The command line as it was typed, or what there is of it. */
export function commandText(run: RunInfo | undefined): string {
  const fact = (name: string) => run?.facts.find(([known]) => known === name)?.[1];
  const command = [fact("command"), fact("arguments")].filter(Boolean).join(" ");
  return command || run?.instance || run?.name || "";
}
