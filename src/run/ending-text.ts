import type { Ending } from "./child.ts";
import { signalName } from "./signal-names.ts";

/** `Command done with status 3`, or the signal that ended it. */
export function describeEnding(ending: Ending): string {
  if (ending.kind === "exited") return `Command done with status ${ending.code}`;
  if (ending.kind === "unknown") return "Command ended, its status could not be read";
  return `Command ended by ${signalName(ending.signal)}`;
}
