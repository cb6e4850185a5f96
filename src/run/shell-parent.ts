import { linkTarget, readText, SystemError } from "../os/files.ts";
import { signalsIn } from "./process-status.ts";

/** Programs that start others with just those signals ignored that they ignore: `trap ''` is the way to do so. */
const SHELLS = new Set(["ash", "bash", "busybox", "dash", "ksh", "ksh93", "mksh", "sh", "yash", "zsh"]);

/**
 * The signals that a shell which called us ignores, and so did we at our start. Nothing where another program did: Python
 * and this runtime ignore SIGPIPE in themselves, and not in what they start.
 */
export function ignoredByShell(): number[] {
  const parent = `/proc/${process.ppid}`;
  const program = linkTarget(`${parent}/exe`)?.split("/").pop();
  if (program === undefined || !SHELLS.has(program)) return [];
  try {
    return signalsIn(readText(`${parent}/status`), "SigIgn");
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}
