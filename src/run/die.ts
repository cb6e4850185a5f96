import { exitNow, forgoCore, sendSignal, setDefaultAction } from "../os/process.ts";
import type { Ending } from "./child.ts";

/** What a shell shows for a command that a signal ended: 128 and the signal. */
export const SIGNAL_STATUS = 128;

/** How long a signal to ourselves takes at most to end us. */
const LAST_MOMENT_MS = 50;

/** Ends us as the command ended, so that our caller sees what it would have seen without us. */
export function endLike(ending: Exclude<Ending, { kind: "unknown" }>): never {
  if (ending.kind === "exited") return exitNow(ending.code);
  const { signal } = ending;
  // The first process of a container gets no default action: the kernel would leave it running.
  // A core file is the command's: without that being sure, ours would be written over it.
  if (process.pid !== 1 && forgoCore()) {
    setDefaultAction(signal);
    sendSignal(process.pid, signal);
    Bun.sleepSync(LAST_MOMENT_MS);
  }
  return exitNow(SIGNAL_STATUS + signal);
}
