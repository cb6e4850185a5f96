import type { Clock } from "../clock.ts";
import { sendSignal } from "../os/process.ts";
import { signalNumber } from "./signal-names.ts";

/** How long processes have to end by themselves before they are killed. */
const GRACE_MS = 10_000;

/** Asks processes to end, and kills those that are left of them later; the answer calls that off. */
export function endTree(pids: () => readonly number[], clock: Clock): () => void {
  sendToAll(pids(), "SIGTERM");
  return clock.at(clock.now() + GRACE_MS, () => sendToAll(pids(), "SIGKILL"));
}

/** One that is gone, or that is another user's now, is left alone. */
function sendToAll(pids: readonly number[], signal: "SIGTERM" | "SIGKILL"): void {
  for (const pid of pids) {
    try {
      sendSignal(pid, signalNumber(signal));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
    }
  }
}
