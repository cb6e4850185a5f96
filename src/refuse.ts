import { CFunction, type Pointer } from "bun:ffi";
import { safeLine } from "./safe-text.ts";

/* What ends statexec with one line before the C library is there, by which everything else prints and ends. */

/** The status of a failure of our own. */
const FAILED = 125;

/** It is never called. */
const NO_FUNCTION = 1 as Pointer;

export function refuse(why: string): never {
  console.error(`statexec: ${safeLine(why)}`);
  process.exit(FAILED);
}

/** For where the C library cannot be loaded; `error` says why. */
export function refuseLibrary(error: unknown): never {
  if (hasCompiler()) refuse(error instanceof Error ? error.message : String(error));
  refuse(
    "the kernel lets this process make no code, and calls of the C library need a few lines of it; " +
      "allow that (in a unit of systemd: MemoryDenyWriteExecute=no)",
  );
}

/** Whether the runtime can make code, without which it calls no function of the C library. */
export function hasCompiler(): boolean {
  try {
    CFunction({ ptr: NO_FUNCTION, args: [], returns: "void" });
    return true;
  } catch {
    return false;
  }
}
